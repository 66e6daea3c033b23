"""Whether a classifier can tell synthetic rows from real ones that nobody used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from syncline.validation.boosting import MAX_BINS, SCALE_BITS, BoostSettings, fit
from syncline.validation.cell_table import CellTable
from syncline.validation.column_bins import TableBins, bins_of
from syncline.validation.histograms import Ints, superiority
from syncline.validation.metric import Goal, Metric
from syncline.validation.sampling import row_lots

FOLDS = 5
MOST_ROWS = 10_000
"""Rows of either kind; of more a lottery takes so many."""

SHARED_VALUE = 0.02
"""A number that so large a part of the synthetic rows holds is a bin of its own."""

N_BINS = 1025
"""Scores are log-odds from -8 to 8 in steps of 1/64."""

_STEPS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Out-of-fold scores of two kinds of rows, as histograms (``N_BINS``,)."""

    synthetic: Ints
    real: Ints

    @property
    def pmse(self) -> float:
        """The propensity score's mean squared distance from the share of synthetic rows.

        Snoke et al. (2018, doi:10.1111/rssa.12358), equation 1, from scores out of fold.
        """
        counts = self.synthetic + self.real
        share = int(self.synthetic.sum()) / int(counts.sum())
        odds = (np.arange(N_BINS) - N_BINS // 2) / _STEPS
        return float((counts * (1 / (1 + np.exp(-odds)) - share) ** 2).sum()) / int(counts.sum())


def distinguish(
    train: CellTable, synthetic: CellTable, holdout: CellTable | None, lottery: bytes
) -> list[Metric]:
    """Return ``auc_holdout`` and ``pmse`` of synthetic rows against held-out ones.

    Without a holdout the rows that were used stand in its place, and then a copy of them cannot be told from
    them; the words say so. The floor is the same between used and held-out rows.
    """
    bins = bins_of(synthetic, MAX_BINS, SHARED_VALUE)
    found = separate(bins, synthetic, train if holdout is None else holdout, lottery)
    floor = None if holdout is None else separate(bins, train, holdout, lottery)
    area, interval = superiority(found.synthetic, found.real)
    against = (
        "held-out rows" if holdout is not None else "the rows that it was made from (nobody was held out)"
    )
    floors = (None, None) if floor is None else (superiority(floor.synthetic, floor.real)[0], floor.pmse)
    return [
        Metric(
            "auc_holdout",
            area,
            interval,
            floors[0],
            Goal.FLOOR,
            None,
            f"area under the curve of a boosted classifier that tells synthetic rows from {against}",
        ),
        Metric(
            "pmse", found.pmse, None, floors[1], Goal.FLOOR, None, "mean squared error of that propensity"
        ),
    ]


def separate(bins: TableBins, first: CellTable, second: CellTable, lottery: bytes) -> Separation:
    """Learn to tell the rows of ``first`` from those of ``second``, five times, each fifth being left out."""
    tables = [_drawn(table, lottery) for table in (first, second)]
    codes = np.concatenate([bins.encode(table) for table in tables]).astype(np.uint8)
    labels = np.repeat([True, False], [table.n_rows for table in tables])
    fold = np.concatenate([row_lots(table, b"fold") % FOLDS for table in tables])
    categorical = np.array([not column.ordered for column in bins.columns])
    found = np.zeros((2, N_BINS), np.int64)
    for out in range(FOLDS):
        inside, outside = fold != out, fold == out
        booster = fit(codes[inside], labels[inside], categorical, BoostSettings())
        scores = score_bins(booster.margins(codes[outside]))
        for kind in (0, 1):
            found[kind] += np.bincount(scores[labels[outside] == bool(kind)], minlength=N_BINS)
    return Separation(found[1], found[0])


def score_bins(margins: Ints) -> Ints:
    """Return the bin (n,) of each fixed-point margin (n,)."""
    bins: Ints = np.clip((margins * _STEPS >> SCALE_BITS) + N_BINS // 2, 0, N_BINS - 1)
    return bins


def _drawn(table: CellTable, lottery: bytes) -> CellTable:
    if table.n_rows <= MOST_ROWS:
        return table
    limit = MOST_ROWS * 2**64 // table.n_rows
    return table.take(row_lots(table, lottery) < np.uint64(limit))
