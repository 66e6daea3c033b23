"""One column's distribution at each supplier, over intervals of keys that the search has found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.variable import Variable
from syncline.protocols.transition import PartyId

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CumulativeDistribution:
    """A cumulative distribution: straight between its knots ``value`` (k,), ``share`` (k,) from 0 to 1."""

    value: Floats
    share: Floats

    def at(self, points: Floats) -> Floats:
        """Return the share of rows at or below each point (n,)."""
        return np.interp(points, self.value, self.share, left=0.0, right=1.0)

    @np.errstate(over="ignore")  # what is too large for a float is infinite, and so equal to no value
    def scaled(self, factor: float, offset: float) -> CumulativeDistribution:
        """Return the distribution of ``factor * value + offset``; ``factor`` is positive."""
        return CumulativeDistribution(self.value * factor + offset, self.share)

    def median(self) -> float:
        """Return the value below which half of the rows lie."""
        return float(np.interp(0.5, self.share, self.value))


def distance(one: CumulativeDistribution, other: CumulativeDistribution) -> float:
    """Return the greatest difference of two cumulative distributions (Kolmogorov and Smirnov), 0 to 1."""
    points = np.concatenate([one.value, other.value])
    return float(np.abs(one.at(points) - other.at(points)).max(initial=0.0))


@dataclass(frozen=True, slots=True)
class Distributions:
    """Rows of one column at each supplier, missing ones left out.

    Attributes
    ----------
    variable : the column
    low, high : keys between which each interval (k,) lies, both inclusive; increasing
    rows : for each supplier its rows in each interval (k,)
    """

    variable: Variable
    low: Ints
    high: Ints
    rows: Mapping[PartyId, Ints]

    def total(self, party: PartyId) -> int:
        """Return the supplier's rows that hold a value."""
        return int(self.rows[party].sum())

    def others(self, party: PartyId) -> Ints:
        """Return the rows (k,) of all suppliers but one."""
        return self.together(name for name in self.rows if name != party)

    def together(self, parties: Iterable[PartyId]) -> Ints:
        """Return the rows (k,) of some suppliers."""
        return np.asarray(sum((self.rows[party] for party in parties), np.zeros(len(self.low), np.int64)))

    def line(self, rows: Ints) -> CumulativeDistribution:
        """Return rows (k,) of an ordered column as a cumulative distribution of its numbers."""
        grid = self.variable.grid
        assert grid is not None
        filled = rows > 0
        low, high = (grid.values(keys[filled]).astype(np.float64) for keys in (self.low, self.high))
        above = np.cumsum(rows[filled]) / max(int(rows.sum()), 1)
        below = np.concatenate([[0.0], above[:-1]])
        knots = np.stack([low, high], axis=1).ravel()
        return CumulativeDistribution(knots, np.stack([below, above], axis=1).ravel())
