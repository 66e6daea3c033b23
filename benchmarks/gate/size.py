"""Whether the smallest leak that the report prints is honest: leaks of that size and of multiples of it."""

from __future__ import annotations

from benchmarks.gate import people
from benchmarks.gate.leaks import fresh, some
from benchmarks.gate.people import People
from benchmarks.gate.verdicts import HEADER, planted, repeats, show

SPLITS = 10


def run() -> None:
    """Print how often verbatim leaks of each size are caught."""
    print(HEADER)
    splits = repeats(SPLITS)
    for everyone, used, held in (
        (people.heart(), 306, 306),
        (people.heart(), 490, 123),
        (people.rand_hie(), 600, 600),
        (people.rand_hie(), 600, 150),
        (people.adult(), 10_000, 10_000),
        (people.adult(), 10_000, 2_500),
    ):
        _print(everyone, used, held, splits)


def _print(everyone: People, used: int, held: int, splits: int) -> None:
    sizes = [used, held, min(used, everyone.cells.n_persons - used - held)]
    clean = [planted(everyone, sizes, fresh, [seed])[0].gate for seed in range(splits)]
    smallest = [round(gate.smallest_leak * used) for gate in clean]
    said = f"{min(smallest)}" if len(set(smallest)) == 1 else f"{min(smallest)} to {max(smallest)}"
    for times in (0.5, 1, 2):
        verdicts = [
            planted(everyone, sizes, some(round(times * leak)), [seed])[0]
            for seed, leak in enumerate(smallest)
        ]
        show(f"{everyone.title}, {used:,} used, {held:,} held out: {times:g} x {said}", verdicts)
