"""What may be printed of numbers of persons: nothing that tells of some, but fewer than ``min_cell``.

Three numbers tell of few persons: a small one; one that lacks few of all persons, whose number is printed;
and one near the number of a set that holds it or lies in it, since the persons between both are a set too.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, replace

from syncline.privacy.people_rule import apart, in_steps, outwards, step_of
from syncline.validation.intervals import Interval, wilson

CountPair = tuple[int, int]
"""How many used persons, and how many others."""

ShownPair = tuple[int | None, int | None]
"""The same as it is printed: None where it is not."""


@dataclass(frozen=True, slots=True)
class ShownRate:
    """A share of ``people``, ``at_most`` so great where it would tell of fewer than ``min_cell``, but some.

    A few persons are so many at most; where few are lacking, it is all. Where there is a ``step``, the share
    is given in such steps.
    """

    value: float
    people: int
    at_most: bool = False
    step: float = 0.0

    @classmethod
    def of(cls, persons: int, people: int, min_cell: int) -> ShownRate:
        """Return the share of ``people`` whom ``persons`` are, as it may be printed."""
        if not people:
            return cls(0.0, 0)
        if not apart(persons, 0, min_cell):
            return cls(min(min_cell, people) / people, people, at_most=True)
        if not apart(persons, people, min_cell):
            return cls(1.0, people, at_most=True)
        return cls(persons / people, people)

    @property
    def interval(self) -> Interval | None:
        """The interval of Wilson, None where the share itself is not shown."""
        if self.at_most:
            return None
        low, high = outwards(wilson(self.value * self.people, self.people), self.step)
        return max(low, 0.0), min(high, 1.0)

    def stepped(self, min_cell: int) -> ShownRate:
        """Return the share in steps of at least ``min_cell`` people."""
        step = step_of(self.people, min_cell)
        value = max(self.value, min(step, 1.0)) if self.at_most else min(in_steps(self.value, step), 1.0)
        return replace(self, value=value, step=step)


class NestedCounts:
    """Numbers of persons in sets that hold each other, as they may be printed beside each other.

    Nobody and everybody are printed from the start. A number is printed if it is :func:`apart` from all that
    are printed already, so what is asked for first is kept: ask in an order that does not follow the numbers
    that are hidden. Used persons and others are held against their own kind.
    """

    def __init__(self, people: CountPair, min_cell: int) -> None:
        self._min_cell = min_cell
        self._printed = tuple(sorted({0, whole}) for whole in people)

    def each(self, pair: CountPair) -> ShownPair:
        """Print each of both numbers that may be printed."""
        used, others = (
            _printed(count, printed) if self._fits(count, printed) else None
            for count, printed in zip(pair, self._printed, strict=True)
        )
        return used, others

    def both(self, pair: CountPair) -> ShownPair:
        """Print both numbers if both may be printed, else neither."""
        return self.each(pair) if self.fits(pair) else (None, None)

    def fits(self, pair: CountPair) -> bool:
        """Tell whether both numbers may be printed."""
        return all(self._fits(count, printed) for count, printed in zip(pair, self._printed, strict=True))

    def _fits(self, count: int, printed: list[int]) -> bool:
        place = bisect_left(printed, count)
        near = printed[max(place - 1, 0) : place + 1]
        return count in near or all(apart(count, other, self._min_cell) for other in near)


def _printed(count: int, printed: list[int]) -> int:
    insort(printed, count)
    return count


def count_words(shown: int | None, count: int, people: int, min_cell: int) -> str:
    """Return a number of ``people`` as it is printed: ``count``, of which ``shown`` may be said."""
    if shown is not None:
        return str(shown)
    if not apart(count, 0, min_cell):
        return f"fewer than {min_cell}"
    return f"all but fewer than {min_cell}" if not apart(count, people, min_cell) else "some (not shown)"
