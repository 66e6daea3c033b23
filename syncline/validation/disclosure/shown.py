"""What may be printed of counts of persons: nothing between none and ``min_cell``."""

from __future__ import annotations


def shown_count(count: int, min_cell: int) -> int | None:
    """Return a count that may be printed, None where it is of fewer than ``min_cell`` persons."""
    return None if 0 < count < min_cell else count


def shown_rate(persons: float, people: int, min_cell: int) -> float:
    """Return the share of ``people``; that of ``min_cell`` where some, but fewer, are concerned."""
    if not people:
        return 0.0
    return min(min_cell if 0 < persons < min_cell else persons, people) / people


def count_words(count: int, min_cell: int) -> str:
    """Return a count of persons as it is printed."""
    return f"fewer than {min_cell}" if shown_count(count, min_cell) is None else str(count)
