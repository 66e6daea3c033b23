"""By how much one person can move an answer: what noise is scaled by.

Neighbouring are two tables of which one holds, beside all rows of the other, those of one person, ``rows`` at
most. Where nobody tells persons apart a row is a person. What is bounded is the answer's integers; person
buckets are sets, which no noise can be added to.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Bounds of the change of an answer between neighbouring tables.

    Attributes
    ----------
    row_l1, row_l2_squared : sum of the absolute changes that one row makes, and of their squares, at most
    person_l1, person_l2_squared : the same of what a person changes once, however many rows they have, in
        other cells
    persons : of how many persons the answer changes at most, where a hash sample takes all of them or nobody
    """

    row_l1: int
    row_l2_squared: int
    person_l1: int = 0
    person_l2_squared: int = 0
    persons: int = 1

    @classmethod
    def of_cells(cls, cells: int) -> Sensitivity:
        """Return the bounds where a row changes so many cells at most, each by one."""
        return cls(cells, cells)

    def l1(self, rows: int) -> int:
        """Return the most that the absolute changes of all integers add up to."""
        return self.persons * (rows * self.row_l1 + self.person_l1)

    def l2_squared(self, rows: int) -> int:
        """Return the most that their squares add up to: all rows of a person may be alike."""
        return self.persons**2 * (rows**2 * self.row_l2_squared + self.person_l2_squared)

    def l2(self, rows: int) -> float:
        """Return the longest change as a vector."""
        return sqrt(self.l2_squared(rows))
