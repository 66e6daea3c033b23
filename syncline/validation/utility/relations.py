"""How strongly two columns hang together: Cramer's V and rank correlations, from counts of pairs of codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Json
from syncline.validation.histograms import Ints
from syncline.validation.intervals import association_error, mean_error, mean_interval
from syncline.validation.metric import Goal, Metric

_WORST = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The cells of a pair of columns in the three tables, each (a, b); code 0 is missing."""

    columns: tuple[str, ...]
    synthetic: Ints
    train: Ints
    holdout: Ints | None


@dataclass(frozen=True, slots=True)
class Relation:
    """A statistic of a pair: its name, its value and standard error from counts, and what it is."""

    name: str
    value: Callable[[Ints], float]
    error: Callable[[Ints], float]
    words: str
    lacking: str


def cramers_v(counts: Ints) -> float:
    """Return Cramer's V (1946, eq. 21.9.4) of a table (a, b), from 0 for unrelated columns to 1."""
    table = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(table.shape) - 1
    if least < 1:
        return 0.0
    n = table.sum()
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    return float(np.sqrt(((table - expected) ** 2 / expected).sum() / n / least))


def rank_correlation(counts: Ints) -> float:
    """Return Spearman's correlation of two columns of bins in order (a, b), ties at their mid-ranks.

    Rows without either value are left out; where a column has one value only, it is 0.
    """
    first, second = _standard_ranks(counts)
    return float((_shares(counts) * np.outer(first, second)).sum())


def rank_correlation_error(counts: Ints) -> float:
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
)


def relation_figure(relation: Relation, pairs: Sequence[Counted]) -> Metric:
    """Return the mean difference of a statistic over all pairs; the floor is that of held-out rows."""
    if not pairs:
        return Metric(relation.name, None, words=f"not computed: {relation.lacking}")
    rows = [(found.columns, relation.value(found.synthetic), relation.value(found.train)) for found in pairs]
    errors = [
        float(np.hypot(relation.error(found.synthetic), relation.error(found.train))) for found in pairs
    ]
    off, interval = mean_interval([abs(made - real) for _, made, real in rows], errors)
    floor = None
    if all(found.holdout is not None for found in pairs):
        held = [relation.value(found.holdout) for found in pairs if found.holdout is not None]
        floor = float(np.mean([abs(h - real) for h, (_, _, real) in zip(held, rows, strict=True)]))
    worst = sorted(rows, key=lambda row: (-abs(row[1] - row[2]), row[0]))[:_WORST]
    detail: Json = {
        "worst": [
            {"columns": list(columns), "synthetic": round(made, 6), "real": round(real, 6)}
            for columns, made, real in worst
        ]
    }
    return Metric(relation.name, off, interval, floor, Goal.FLOOR, None, relation.words, detail)


def _standard_ranks(counts: Ints) -> tuple[Floats, Floats]:
    """Return the mid-ranks of both columns' codes but missing, with mean 0 and variance 1."""
    shares = _shares(counts)
    first, second = (_standard(margin) for margin in (shares.sum(axis=1), shares.sum(axis=0)))
    return first, second


def _standard(margin: Floats) -> Floats:
    ranks = np.cumsum(margin) - margin / 2
    centred = ranks - float((margin * ranks).sum())
    spread = float(np.sqrt((margin * centred**2).sum()))
    return centred / spread if spread > 1e-12 else np.zeros(len(margin))


def _shares(counts: Ints) -> Floats:
    known = counts[1:, 1:]
    shares: Floats = known / max(int(known.sum()), 1)
    return shares
