"""How clearly one synthetic row stands out as a person's own, and whether it is that row exactly.

A person is recognised in a synthetic table where one of its rows is much closer to them than all others are.
The *isolation* of a person's row is the difference in bits between the closest synthetic row and the tenth
closest; a person with several rows counts with the largest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import UNITS, Closeness, Ints, RowPlaces, UnsignedInts
from syncline.validation.sampling import contents

NEIGHBOUR = 10
"""The synthetic row, counted from the closest, that the closest is compared with."""

MOST_BITS = 64
"""Isolation is counted up to so many bits."""

N_BINS = MOST_BITS * UNITS + 1
_BLOCK = 32
_SLABS = 64


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourScores:
    """What the synthetic table holds near each of n rows, in 1/64 bit; int64 (n,) each.

    Attributes
    ----------
    best, second, tenth : bits of the closest, second and tenth closest synthetic row
    own : bits that a synthetic row equal to this one would have
    equal : columns in which the closest synthetic row is equal
    """

    best: Ints
    second: Ints
    tenth: Ints
    own: Ints
    equal: Ints

    @property
    def isolation(self) -> Ints:
        """The closest row's bits beyond the tenth closest's (n,), ``MOST_BITS`` at most."""
        isolation: Ints = np.minimum(self.best - self.tenth, N_BINS - 1)
        return isolation

    def take(self, rows: Ints) -> NeighbourScores:
        """Return the neighbours of the rows at some positions."""
        fields = (self.best, self.second, self.tenth, self.own, self.equal)
        return NeighbourScores(*(field[rows] for field in fields))


class Recognizer:
    """Compare rows with one synthetic table of at least one row."""

    def __init__(self, synthetic: CellTable) -> None:
        self._closeness = Closeness(synthetic)
        self._contents = set(contents(synthetic))

    def neighbours(self, real: CellTable) -> NeighbourScores:
        """Return what is near each row of ``real``; rows of equal cells are compared once."""
        places = self._closeness.places(real)
        distinct, first, inverse = np.unique(places, axis=0, return_index=True, return_inverse=True)
        # a person's rows share values, so they are compared together
        order = np.argsort(real.owner[first], kind="stable")
        distinct, inverse = distinct[order], np.argsort(order)[inverse.reshape(-1)]
        starts = range(0, len(distinct), _BLOCK)
        found = [self._nearest(distinct[start : start + _BLOCK]) for start in starts]
        best, second, tenth, row = np.concatenate(found, axis=1)
        near = NeighbourScores(
            best, second, tenth, self._closeness.own(distinct), self._closeness.equal(distinct, row)
        )
        return near.take(inverse)

    def matched(self, real: CellTable) -> npt.NDArray[np.bool_]:
        """Tell for each row (n_rows,) of ``real`` whether the synthetic table holds the same one."""
        return np.fromiter((row in self._contents for row in contents(real)), np.bool_, real.n_rows)

    def _nearest(self, places: RowPlaces) -> Ints:
        """Return best, second and tenth bits and the closest row's position, (4, n)."""
        bits = self._closeness.bits(places)
        bound = _lower_bound(bits)
        found = np.empty((4, len(places)), np.int64)
        for person, (column, least) in enumerate(zip(np.ascontiguousarray(bits.T), bound, strict=True)):
            near = np.sort(column[column >= least])
            ranked = [int(near[-min(rank, len(near))]) for rank in (1, 2, NEIGHBOUR)]
            found[:, person] = (*ranked, int(column.argmax()))
        return found


def by_person(values: Ints, table: CellTable) -> Ints:
    """Return the largest value (n_persons,) of each person's rows (n_rows,)."""
    found = np.full(table.n_persons, np.iinfo(np.int64).min)
    np.maximum.at(found, table.owner, values)
    return found


def _lower_bound(bits: UnsignedInts) -> UnsignedInts:
    """Return bits (n,) that the tenth best reaches at least: the tenth best of the maxima of many parts."""
    height = bits.shape[0] // _SLABS
    if height < NEIGHBOUR:
        return np.zeros(bits.shape[1], bits.dtype)
    parts = bits[: height * _SLABS].reshape(_SLABS, height, -1).max(axis=0)
    bound: UnsignedInts = np.partition(parts, height - NEIGHBOUR, axis=0)[height - NEIGHBOUR]
    return bound
