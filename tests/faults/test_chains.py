"""A chain of kills strikes each of its points: on a process that goes on where it was killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.faults.chains import chains, chosen, earlier, middles, plans, strike_all

POINTS = st.lists(st.sampled_from("abcd"), min_size=1, max_size=40)


def struck(points: Sequence[str], crashes: Sequence[str], begin: int = 0) -> list[int]:
    """Return where a process is killed, start by start, that passes its points once over all starts."""
    places: list[int] = []
    for crash in crashes:
        name, _, count = crash.partition("#")
        seen = 0
        for place in range(begin, len(points)):
            seen += points[place] == name
            if points[place] == name and seen == int(count):
                places.append(place)
                begin = place + 1
                break
        else:
            return places
    return places


@given(POINTS, st.data())
def test_each_start_is_killed_at_its_aim(points: list[str], data: st.DataObject) -> None:
    aims = sorted(data.draw(st.sets(st.sampled_from(range(len(points))))))
    assert struck(points, plans(points, aims)) == aims


@given(POINTS, st.integers(1, 5))
def test_first_middle_and_last_of_each_name_are_dealt_once(points: list[str], most: int) -> None:
    aims = chosen(points, set(points))
    counts = Counter(points[aim] for aim in aims)
    assert counts == {name: min(count, 3) for name, count in Counter(points).items()}
    dealt = list(chains(aims, most))
    assert sorted(aim for chain in dealt for aim in chain) == aims
    assert all(len(chain) <= most and list(chain) == sorted(chain) for chain in dealt)
    assert {points[aim] for aim in middles(points)} == set(points)


@given(POINTS, st.integers(0, 3))
def test_aims_that_a_run_ends_without_are_met_in_the_next(points: list[str], most: int) -> None:
    aims, met = list(range(len(points))), list[int]()

    def strike(crashes: list[Mapping[str, str]]) -> int:
        found = struck(points, [crash["SYNCLINE_CRASH_AT"] for crash in crashes])[:most]
        met.extend(found)
        return len(found)

    unmet = strike_all(points, aims, strike)
    assert met == (aims if most else [])
    assert unmet == ([] if most else points)


def test_a_point_is_looked_for_as_many_times_earlier_as_is_asked() -> None:
    points = ["a", "b", "a", "b", "a", "b"]
    assert earlier(points, (4, 5), 1) == (2, 3)
    assert earlier(points, (4, 5), 2) == (0, 1)
    assert earlier(points, (1, 4), 2) == (0,)
    assert earlier(points, (1,), 1) == ()
