"""Sums: a vector of integers of any size, the answer to every question that adds values up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sums:
    """A vector of integers of any size; merges by addition."""

    values: tuple[int, ...]

    @classmethod
    def empty(cls, size: int) -> Sums:
        """Return the identity of ``merge``."""
        return cls((0,) * size)

    @property
    def size(self) -> int:
        """The number of integers."""
        return len(self.values)

    def merge(self, other: Sums) -> Sums:
        """Return the sums over both tables together."""
        if len(self.values) != len(other.values):
            raise ValueError("sums of different length cannot be merged")
        return Sums(tuple(a + b for a, b in zip(self.values, other.values, strict=True)))
