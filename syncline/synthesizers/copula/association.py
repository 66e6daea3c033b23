"""Correlations of latents from counted tables: what a pair of columns would show is what it does show.

The groups of a column are runs on its latent, cut at the quantiles of their shares. Each is scored by the
middle of its ranks. The covariance of the scores of two columns is a series in the correlation of their
latents, ``sum of a[n] * b[n] * r**n``, with factors that follow from the cuts (Pearson 1900, by Mehler's
formula of 1866; doi:10.1098/rsta.1900.0022). It grows with the correlation, which is thus found by
halving. For two groups each it is Pearson's tetrachoric correlation, for more a polychoric one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from syncline.data.gaussian import densities, hermite, quantiles
from syncline.synthesizers.copula.latents import Latents

Ints = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
CellT = TypeVar("CellT", np.int64, np.uint64)

MOST = 0.985
"""A correlation at most, and one below zero at least."""

_TERMS = 128
_HALVINGS = 24
_SCORE_BITS = 16
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class DividedTable:
    """The rows of two columns that two latents divide, in the groups of each; the last may be the rest.

    Attributes
    ----------
    first, second : the places of both latents among those of their columns
    rows : rows of each two groups (groups, groups)
    people : people in them, persons at least where rows belong to persons (groups, groups)
    fewest : people outside of the group of one latent that holds most rows, the fewer of both latents
    """

    first: int
    second: int
    rows: Ints
    people: Ints
    fewest: int

    def covariance(self, min_cell: int) -> float:
        """Return the covariance of the scores of both, without what chance alone gives.

        It is 0.0 where fewer than ``min_cell`` people are outside a latent's largest group. Where both
        cut in two, a quarter of fewer people counts as half of ``min_cell``, or as many as chance puts there.
        """
        n = int(self.rows.sum())
        if n == 0 or self.fewest < min_cell:
            return 0.0
        margins = [self.rows.sum(axis=1), self.rows.sum(axis=0)]
        if self.rows.shape == (2, 2):
            found = _of_quarters(self.rows, self.people, margins, min_cell)
        else:
            scores = [_scores(margin, n) for margin in margins]
            means = [int((margin * score).sum()) for margin, score in zip(margins, scores, strict=True)]
            total = int((self.rows * (scores[0][:, None] * scores[1][None, :])).sum())
            found = (total * n - means[0] * means[1]) / (n << _SCORE_BITS) ** 2
        spreads = [_spread(margin, n) for margin in margins]
        evidence = n * found * found / max(spreads[0] * spreads[1], 1e-300)
        return found * max(1.0 - 1.0 / evidence, 0.0) if evidence > 0.0 else 0.0


def divided(a: Latents, b: Latents, rows: Ints, masks: Masks | None) -> Iterator[DividedTable]:
    """Yield what two latents divide, of each two of two columns whose groups were counted together."""
    lines = rows[np.ix_(a.order, b.order)]
    seen = None if masks is None else masks[np.ix_(a.order, b.order)]
    for i in range(a.related):
        for j in range(b.related):
            first, second = a.starts(i), b.starts(j)
            own = _united(lines, first, second, np.add)
            held = None if seen is None else _united(seen, first, second, np.bitwise_or)
            people = own if held is None else np.bitwise_count(held).astype(np.int64)
            fewest = min(_outside(own, held, axis) for axis in (0, 1))
            yield DividedTable(i, j, own, people, fewest)


def correlations(tables: list[DividedTable], min_cell: int) -> Floats:
    """Return the correlation of the latents of each table (t,), in units of ``2**-24``."""
    found = np.zeros(len(tables))
    aims = np.array([table.covariance(min_cell) for table in tables], np.float64)
    related = np.flatnonzero(aims != 0.0)
    for start in range(0, len(related), _AT_ONCE):
        some = related[start : start + _AT_ONCE]
        rows = [tables[at].rows for at in some.tolist()]
        factors = _factors([own.sum(axis=1) for own in rows]) * _factors([own.sum(axis=0) for own in rows])
        found[some] = _solved(factors, aims[some])
    return found


def _solved(factors: Floats, aims: Floats) -> Floats:
    """Return for which correlations (t,) series of ``factors`` (terms, t) give ``aims`` (t,)."""
    low, high = np.full(len(aims), -MOST), np.full(len(aims), MOST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        value = np.zeros(len(aims))
        for own in factors[::-1]:
            value = (value + own) * middle
        low, high = np.where(value < aims, middle, low), np.where(value < aims, high, middle)
    return np.asarray(np.ldexp(np.rint(np.ldexp((low + high) / 2.0, 24)), -24))


def _factors(margins: list[Ints]) -> Floats:
    """Return the factors (terms, t) of the scores of groups with so many rows, for each of t columns.

    A score is a sum of steps at cuts; one at x has the factors ``density(x) * hermite(n - 1, x) / sqrt(n)``.
    """
    most = max(len(margin) for margin in margins)
    cuts, steps = np.zeros((len(margins), most - 1)), np.zeros((len(margins), most - 1))
    for at, margin in enumerate(margins):
        n, k = int(margin.sum()), len(margin) - 1
        cuts[at, :k] = np.cumsum(margin)[:-1] / n
        steps[at, :k] = np.diff(_scores(margin, n)) * 2.0**-_SCORE_BITS
    places = quantiles(cuts)
    weighted = hermite(places, _TERMS) * (steps * densities(places))
    total = np.zeros((_TERMS, len(margins)))
    for cut in range(most - 1):
        total = total + weighted[:, :, cut]
    return np.asarray(total / np.sqrt(np.arange(1.0, _TERMS + 1.0))[:, None])


def _scores(margin: Ints, n: int) -> Ints:
    """Return the middle of the ranks of each group (groups,), in units of ``2**-16`` of all rows."""
    twice = 2 * np.cumsum(margin) - margin
    return np.asarray((twice << (_SCORE_BITS - 1)) // n, np.int64)


def _spread(margin: Ints, n: int) -> float:
    """Return the variance of the scores of groups with so many rows."""
    scores = _scores(margin, n)
    mean, square = int((margin * scores).sum()), int((margin * scores * scores).sum())
    return (square * n - mean * mean) / (n << _SCORE_BITS) ** 2


def _of_quarters(rows: Ints, people: Ints, margins: list[Ints], min_cell: int) -> float:
    """Return the covariance of the scores of two cuts in two, of which a small quarter is not told."""
    n, (left, top) = int(rows.sum()), (int(margin[0]) for margin in margins)
    corner = float(rows[0, 0])
    few = np.argwhere(people < min_cell)
    if len(few):
        i, j = few[0].tolist()
        by_chance = int(margins[0][i]) * int(margins[1][j]) / n
        told = min(by_chance, min_cell / 2.0)
        corner += (told - float(rows[i, j])) * (1.0 if i == j else -1.0)
    return (corner * n - left * top) / (4.0 * n * n)


def _outside(rows: Ints, held: Masks | None, axis: int) -> int:
    """Return the people outside of the group of one latent that holds most rows."""
    others = np.delete(np.arange(rows.shape[axis]), int(rows.sum(axis=1 - axis).argmax()))
    if held is None:
        return int(np.take(rows, others, axis=axis).sum())
    return int(
        np.bitwise_or.reduce(np.take(held, others, axis=axis), axis=None, initial=np.uint64(0))
    ).bit_count()


def _united(table: npt.NDArray[CellT], first: Ints, second: Ints, unite: np.ufunc) -> npt.NDArray[CellT]:
    return np.asarray(unite.reduceat(unite.reduceat(table, first, axis=0), second, axis=1))
