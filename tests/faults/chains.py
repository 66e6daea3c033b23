"""Several kills in one run of a study, one after another: each start of a process costs what a point costs.

An aim is the place of a point in the list of points that an undisturbed run passed, from 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MOST_KILLS = 10
"""In one run: what it leaves behind can still be read, and a run that fails is soon found."""


def chosen(points: Sequence[str], names: Iterable[str]) -> list[int]:
    """Return the first, middle and last place of each name, in order."""
    aims: set[int] = set()
    for name in names:
        places = [place for place, point in enumerate(points) if point == name]
        aims.update((places[0], places[(len(places) - 1) // 2], places[-1]) if places else ())
    return sorted(aims)


def middles(points: Sequence[str]) -> list[int]:
    """Return the middle place of each name, in order."""
    places = {name: [at for at, point in enumerate(points) if point == name] for name in set(points)}
    return sorted(found[(len(found) - 1) // 2] for found in places.values())


def chains(aims: Sequence[int], most: int = MOST_KILLS) -> Iterator[tuple[int, ...]]:
    """Deal aims to as few runs as have ``most`` kills each, so that each is killed all along its way."""
    runs = -(-len(aims) // most)
    yield from (tuple(aims[first::runs]) for first in range(runs))


def plans(points: Sequence[str], aims: Sequence[int]) -> tuple[str, ...]:
    """Return for each start of the process the point at which it is killed, counted from that start.

    A process that goes on repeats some points, so it meets a later aim a little earlier than it met it
    undisturbed, but never misses one for having been killed before.
    """
    starts = (0, *(aim + 1 for aim in aims))
    return tuple(
        f"{points[aim]}#{points[start : aim + 1].count(points[aim])}"
        for start, aim in zip(starts, aims, strict=False)
    )


def earlier(points: Sequence[str], aims: Sequence[int], times: int) -> tuple[int, ...]:
    """Return for each aim the place at which its point was passed so many times before, where it was.

    A run may pass a point less often than the undisturbed one did: how many writes share a commit is chance.
    """
    before = ([at for at in range(aim) if points[at] == points[aim]] for aim in aims)
    return tuple(sorted({places[-times] for places in before if len(places) >= times}))


def strike_all(
    points: Sequence[str], aims: Sequence[int], strike: Callable[[list[Mapping[str, str]]], int]
) -> list[str]:
    """Kill at all aims in as few runs as it takes; return the points that no run met.

    ``strike`` makes a run with an environment for each start and returns how many of them ended in a kill.
    """
    while aims:
        struck = strike([{"SYNCLINE_CRASH_AT": plan} for plan in plans(points, aims)])
        if not struck:
            return [points[aim] for aim in aims]
        aims = aims[struck:]
    return []
