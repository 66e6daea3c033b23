"""Pair raking: factors with which the columns of a model have the tables of two that were counted.

The model draws rows of its own, column by column. Before a column is drawn, the shares that its tree gives
each row are raked in turn to the table of the column with each one before it: rows of a group ``a`` have the
class ``c`` as often as it was counted among them (iterative proportional fitting; Deming and Stephan 1940,
doi:10.1214/aoms/1177731829). With ``S`` the expected rows of a cell and ``T`` those that are wanted, the
shares change by the square root of ``(T + prior) / (S + prior)``: a cell of few rows hardly moves, and no
sweep goes the whole way. A quarter of a standard error of a cell is taken for chance. The prior is a 200th of
the rows, 20 to 60. What a sweep does to a class beside a group is the same for all rows, so the product of
all sweeps is a table of factors, and any row of any release is drawn by it.

Everything is added, multiplied, divided and rooted in one order, with results that IEEE 754 rounds correctly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.cart.pair_tables import PairTable
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.pair_factors import FACTOR_BITS, MOST_FACTOR, MOST_FACTORS, Floats, PairFactors
from syncline.synthesizers.raked_draw import RakedDraw, row_sums
from syncline.synthesizers.row_drawing import RowDrawing

SWEEPS = 3
LEAST_PRIOR, MOST_PRIOR = 20.0, 60.0
NOISE = 0.25
"""Standard errors of a count that a cell may differ from what is expected of it, and is left."""
SLIGHT = 0.005
"""Share of the rows that shares put into other cells than they are in, from which on a pair is raked."""


class Raking:
    """The shares of one column's classes in rows that are drawn up to it.

    Attributes
    ----------
    shares : of each row (n, classes)
    bins : of the columns that are there (n, columns)
    weight : real rows for which one drawn row stands
    prior : rows that are added to what is expected and to what is wanted
    """

    def __init__(self, shares: Floats, bins: npt.NDArray[np.uint8], rows: int) -> None:
        self.shares, self.bins, self.weight = shares, bins, rows / len(bins)
        self.prior = min(max(rows / 200, LEAST_PRIOR), MOST_PRIOR)

    @classmethod
    def of(cls, draw: ColumnDraw, classes: npt.NDArray[np.uint16], drawing: RowDrawing, rows: int) -> Raking:
        """Return the shares that a column's states give to rows of a table that stands for ``rows`` rows."""
        weights = RakedDraw.of(draw, classes).class_weights()
        leaves = weights / row_sums(weights)[:, None]
        return cls(leaves[drawing.states(draw)], drawing.bins, rows)

    def factors(self, pairs: Sequence[PairTable]) -> tuple[PairFactors, ...]:
        """Return the factors of the columns before it after all sweeps, without those that change nothing."""
        chosen = self._furthest(pairs)
        groups = [self._group(pair) for pair in chosen]
        product = [np.ones(pair.rows.shape) for pair in chosen]
        for _ in range(SWEEPS):
            for number, (pair, group) in enumerate(zip(chosen, groups, strict=True)):
                step = self._step(pair, group)
                product[number] = np.clip(product[number] * step, 1 / MOST_FACTOR, MOST_FACTOR)
                self.shares *= np.take(step, group, axis=0)
            self.shares /= row_sums(self.shares)[:, None]
        found = (
            PairFactors(pair.place, pair.group, np.rint(factor * 2.0**FACTOR_BITS).astype(np.uint32))
            for pair, factor in zip(chosen, product, strict=True)
        )
        return tuple(one for one in found if (one.factor != 1 << FACTOR_BITS).any())

    def _furthest(self, pairs: Sequence[PairTable]) -> Sequence[PairTable]:
        """Return the pairs whose tables the shares miss, if there are many those that they miss most."""
        off = np.zeros(len(pairs))
        for place, pair in enumerate(pairs):
            if pair.shown.any():
                expected, wanted = self._tables(pair, self._group(pair))
                off[place] = np.cumsum(np.abs(wanted - expected)[pair.shown])[-1] / (
                    self.weight * len(self.bins)
                )
        best = np.argsort(-off, kind="stable")[:MOST_FACTORS]
        return [pairs[place] for place in np.sort(best[off[best] >= SLIGHT]).tolist()]

    def _group(self, pair: PairTable) -> npt.NDArray[np.intp]:
        """Return the group of each row (n,) in the earlier column of a pair."""
        return pair.group.astype(np.intp)[self.bins[:, pair.place]]

    def _step(self, pair: PairTable, group: npt.NDArray[np.intp]) -> Floats:
        expected, wanted = self._tables(pair, group)
        few = ~pair.shown
        together = self._towards(row_sums(np.where(few, expected, 0.0)), row_sums(np.where(few, wanted, 0.0)))
        each = self._towards(expected, wanted)
        return np.where(few, np.where(pair.pooled, together, 1.0)[:, None], each)

    def _towards(self, expected: Floats, wanted: Floats) -> Floats:
        """Return the factors of cells half way to the rows that are wanted, less what may be chance."""
        away = wanted - expected
        beyond = np.maximum(np.abs(away) - NOISE * np.sqrt(expected), 0.0)
        wanted = expected + np.where(away > 0, beyond, -beyond)
        return np.asarray(np.sqrt((wanted + self.prior) / (expected + self.prior)), np.float64)

    def _tables(self, pair: PairTable, group: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Return the rows of each group and class (groups, classes): as expected, and as they are wanted."""
        counted = [np.bincount(group, column, len(pair.rows)) for column in self.shares.T]
        expected = np.asarray(np.stack(counted, axis=1) * self.weight, np.float64)
        held = pair.rows.sum(axis=1)
        share = pair.rows / np.maximum(held, 1)[:, None]
        return expected, share * row_sums(expected)[:, None]
