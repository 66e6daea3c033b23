"""How strongly two columns hang together: Cramer's V and rank correlations, from counts of pairs of codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Json
from syncline.privacy.people_rule import TOO_FEW
from syncline.validation.histograms import Ints
from syncline.validation.intervals import association_error, mean_error, mean_interval
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.told import ToldCounts

_WORST = 10

Floats = npt.NDArray[np.float64]
AnyCounts = Ints | Floats
"""Rows of each cell; where cells are hidden, as what is told leaves them, not whole ones."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A statistic of a pair: its name, its value and standard error from counts, and what it is.

    One that is ``ordered`` is about the codes that are told of both columns, in their order, without the
    first one, that of missing values.
    """

    name: str
    value: Callable[[AnyCounts], float]
    error: Callable[[AnyCounts], float]
    words: str
    lacking: str
    ordered: bool = False


def cramers_v(counts: AnyCounts) -> float:
    """Return Cramer's V (1946, eq. 21.9.4) of a table (a, b), from 0 for unrelated columns to 1."""
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    n = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / n / least))


def rank_correlation(counts: AnyCounts) -> float:
    """Return Spearman's correlation of two columns of bins in order (a, b), ties at their mid-ranks.

    Rows without either value are left out; where a column has one value only, it is 0.
    """
    first, second = _standard_ranks(counts)
    return float((_shares(counts) * np.outer(first, second)).sum())


def rank_correlation_error(counts: AnyCounts) -> float:
    """Return the standard error of :func:`rank_correlation`: that of Pearson's, with the ranks held fixed."""
    first, second = _standard_ranks(counts)
    value = rank_correlation(counts)
    slope = np.outer(first, second) - value * np.add.outer(first**2, second**2) / 2
    return mean_error(slope, counts[1:, 1:])


CRAMERS_V = Relation(
    "association",
    cramers_v,
    association_error,
    "mean difference of Cramer's V between synthetic and real pairs",
    "there is one column only",
)
RANK_CORRELATION = Relation(
    "correlation",
    rank_correlation,
    rank_correlation_error,
    "mean difference of Spearman's rank correlation between synthetic and real pairs of numbers, in bins",
    "there are no two columns of numbers",
    ordered=True,
)


def relation_figure(relation: Relation, sets: Sequence[ToldCounts]) -> Metric:
    """Return the mean difference of a statistic over all pairs; the floor is that of held-out rows."""
    if not sets:
        return Metric(relation.name, None, words=f"not computed: {relation.lacking}")
    known = [found for found in sets if found.is_told]
    pairs = [found for found in known if found.has_floor] or known
    if not pairs:
        words = "not shown: too few people stand behind pairs of columns"
        return Metric(relation.name, None, goal=Goal.FLOOR, words=words, reason=TOO_FEW)
    rows = [_compared(relation, found) for found in pairs]
    off, interval = mean_interval([abs(row.made - row.real) for row in rows], [row.error for row in rows])
    floors = [abs(row.held - row.real) for row in rows if row.held is not None]
    floor = float(np.mean(floors)) if len(floors) == len(rows) else None
    worst = sorted(rows, key=lambda row: (-abs(row.made - row.real), row.columns))[:_WORST]
    detail: Json = {
        "worst": [
            {"columns": list(row.columns), "synthetic": round(row.made, 6), "real": round(row.real, 6)}
            for row in worst
        ]
    }
    return Metric(relation.name, off, interval, floor, Goal.FLOOR, None, relation.words, detail)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A pair's statistic in synthetic, used and held-out rows, and the error of the first two's distance."""

    columns: tuple[str, ...]
    made: float
    real: float
    held: float | None
    error: float


def _compared(relation: Relation, found: ToldCounts) -> _Compared:
    def counted(counts: Ints) -> AnyCounts:
        table, codes = found.smoothed(counts)
        if not relation.ordered:
            return table
        kept = [np.flatnonzero(own > 0) for own in codes]
        return np.pad(table[np.ix_(*kept)], ((1, 0), (1, 0)))

    made, real = counted(found.synthetic), counted(found.train)
    held = None if found.holdout is None or not found.has_floor else relation.value(counted(found.holdout))
    error = float(np.hypot(relation.error(made), relation.error(real)))
    return _Compared(found.columns, relation.value(made), relation.value(real), held, error)


def _standard_ranks(counts: AnyCounts) -> tuple[Floats, Floats]:
    """Return the mid-ranks of both columns' codes but missing, with mean 0 and variance 1."""
    shares = _shares(counts)
    first, second = (_standard(margin) for margin in (shares.sum(axis=1), shares.sum(axis=0)))
    return first, second


def _standard(margin: Floats) -> Floats:
    ranks = np.cumsum(margin) - margin / 2
    centred = ranks - float((margin * ranks).sum())
    spread = float(np.sqrt((margin * centred**2).sum()))
    return centred / spread if spread > 1e-12 else np.zeros(len(margin))


def _shares(counts: AnyCounts) -> Floats:
    known = counts[1:, 1:]
    shares: Floats = known / max(float(known.sum()), 1.0)
    return shares
