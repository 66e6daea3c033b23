"""What may be printed of counts of persons: nothing between none and ``min_cell``."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.validation.intervals import Interval, wilson


def shown_count(count: int, min_cell: int) -> int | None:
    """Return a count that may be printed, None where it is of fewer than ``min_cell`` persons."""
    return None if 0 < count < min_cell else count


@dataclass(frozen=True, slots=True)
class ShownRate:
    """A share of ``people``, ``at_most`` so great where fewer than ``min_cell``, but some, are concerned."""

    value: float
    people: int
    at_most: bool = False

    @classmethod
    def of(cls, persons: float, people: int, min_cell: int) -> ShownRate:
        """Return the share of ``people`` whom ``persons`` are, as it may be printed."""
        if not people:
            return cls(0.0, 0)
        hidden = shown_count(int(persons), min_cell) is None
        return cls(min(min_cell if hidden else persons, people) / people, people, hidden)

    @property
    def interval(self) -> Interval | None:
        """The interval of Wilson, None where the share itself is not shown."""
        return None if self.at_most else wilson(self.value * self.people, self.people)


def count_words(count: int, min_cell: int) -> str:
    """Return a count of persons as it is printed."""
    return f"fewer than {min_cell}" if shown_count(count, min_cell) is None else str(count)
