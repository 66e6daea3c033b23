"""How far the marginals of a synthetic table are from those of the real one, from counts of cells alone.

The distance of a set of columns is the total variation: half the sum of the absolute differences of the
cells' shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from syncline.data.batch import Mask
from syncline.data.blob import Json
from syncline.questions.counts import Masks
from syncline.validation.column_bins import TableBins
from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_interval, variation_error, wilson
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.relations import CRAMERS_V, RANK_CORRELATION, Counted, relation_figure

MAX_CODES = 32
SHARED_VALUE = 0.05
"""A number that so large a part of the synthetic rows holds is a bin of its own."""

MOST_SETS = 5000
"""Columns or pairs that are compared; of more, so many that are evenly spaced in their order."""

MOST_TRIPLES = 200
RARE = 0.01
_WORST = 10
_MOST_LISTED = 5000


@dataclass(frozen=True, slots=True, eq=False)
class SetCounts:
    """The cells of one set of columns in the three tables, each shaped by the columns' codes.

    ``buckets`` are the person buckets of the cells of one column, of training rows and of held-out ones; None
    where every row is a person.
    """

    columns: tuple[str, ...]
    synthetic: Ints
    train: Ints
    holdout: Ints | None
    buckets: tuple[Masks, Masks] | None = None

    def people(self, cells: slice | Cells = slice(None)) -> int:
        """Return how many persons at least have a training row in some cells of one column."""
        return _people(self.train[cells], None if self.buckets is None else self.buckets[0][cells])

    def held_people(self, cells: slice | Cells = slice(None)) -> int:
        """Return how many persons at least have a held-out row in some cells of one column."""
        if self.holdout is None:
            return 0
        return _people(self.holdout[cells], None if self.buckets is None else self.buckets[1][cells])

    def people_each(self) -> Ints:
        """Return how many persons at least have a training row in each cell of one column."""
        return self.train if self.buckets is None else np.bitwise_count(self.buckets[0]).astype(np.int64)

    def hidden(self, min_cell: int) -> Mask:
        """Tell which cells of one column must not be shown (n_cells,).

        Those are the cells of fewer than ``min_cell`` persons, but some. What all others leave is their sum:
        while that is of fewer persons, or narrows down how many are in one of them, the smallest cell that is
        shown is hidden as well.
        """
        each, used = self.people_each(), self.train > 0
        few: Mask = used & (each < min_cell)
        hidden = few.copy()
        while few.any() and used[~hidden].any() and not self._is_vague(few, hidden, min_cell):
            hidden[np.where(hidden | ~used, np.iinfo(np.int64).max, each).argmin()] = True
        return hidden

    def _is_vague(self, few: Mask, hidden: Mask, min_cell: int) -> bool:
        """Tell whether the sum of the hidden cells lets a cell of few persons have any number of them.

        Known of the others are then that the ``few`` have one to ``min_cell`` - 1 persons each, and the rest
        at least ``min_cell``, but no more than the smallest cell that is shown.
        """
        each, n_few = self.people_each(), int(few.sum())
        total, more = int(each[hidden].sum()), int(hidden.sum()) - n_few
        most = int(each[~hidden & (self.train > 0)].min())
        least_of_one = total - more * most - (n_few - 1) * (min_cell - 1)
        most_of_one = total - more * min_cell - (n_few - 1)
        return self.people(hidden) >= min_cell and least_of_one <= 1 and most_of_one >= min_cell - 1

    def may_be_shown(self, cells: Cells, min_cell: int) -> bool:
        """Tell whether the sum of some cells of one column may be shown, beside the shown ones.

        It may where enough persons stand behind it, or nobody, and it takes hidden cells all or none.
        """
        hidden = self.hidden(min_cell)
        some = 0 < self.people(cells) < min_cell
        return not some and hidden[cells].sum() in (0, hidden.sum())

    def told(self, min_cell: int) -> SetCounts:
        """Return the cells of one column with the hidden ones taken together, as the last."""
        hidden = self.hidden(min_cell)
        if not hidden.any():
            return self
        parts = [
            None if counts is None else np.append(counts[~hidden], counts[hidden].sum())
            for counts in (self.synthetic, self.train, self.holdout)
        ]
        return SetCounts(self.columns, parts[0], parts[1], parts[2])  # type: ignore[arg-type]

    @property
    def distance(self) -> float:
        """Total variation between synthetic and real rows."""
        return total_variation(self.synthetic, self.train)

    @property
    def floor(self) -> float | None:
        """Total variation between held-out and used rows."""
        return None if self.holdout is None else total_variation(self.holdout, self.train)


Cells = Sequence[int] | Ints | Mask


def _people(rows: Ints, buckets: Masks | None) -> int:
    if buckets is None:
        return int(rows.sum())
    return int(np.bitwise_or.reduce(buckets, initial=np.uint64(0))).bit_count()


def total_variation(first: Ints, second: Ints) -> float:
    """Return half the sum of absolute differences of the cells' shares."""
    shares = [counts / max(int(counts.sum()), 1) for counts in (first, second)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The counts of single columns, pairs and sets of three, in the codes of ``bins``."""

    bins: TableBins
    singles: tuple[SetCounts, ...]
    pairs: tuple[SetCounts, ...]
    triples: tuple[SetCounts, ...]

    def without_holdout(self) -> Tables:
        """Return the counts as if nobody were held out."""
        parts = (self.singles, self.pairs, self.triples)
        return Tables(self.bins, *(tuple(replace(found, holdout=None) for found in part) for part in parts))

    def variations(self, min_cell: int) -> list[Metric]:
        """Return total variations of single columns, whose hidden cells count as one, and of pairs."""
        return [
            _variation("tv_1way", [found.told(min_cell) for found in self.singles], "single columns"),
            _variation("tv_2way", self.pairs, "pairs of columns"),
        ]

    def association(self) -> Metric:
        """Return the mean difference of Cramer's V of pairs."""
        return relation_figure(CRAMERS_V, [_three(pair) for pair in self.pairs])

    def correlation(self) -> Metric:
        """Return the mean difference of the rank correlations of pairs of numbers."""
        numbers = {column.name for column in self.bins.columns if not len(column.code)}
        pairs = [pair for pair in self.pairs if numbers.issuperset(pair.columns)]
        return relation_figure(RANK_CORRELATION, [_three(pair) for pair in pairs])

    def figures(self, min_cell: int) -> list[Metric]:
        """Return total variations, associations, and what is rare."""
        return [
            *self.variations(min_cell),
            _variation("tv_3way", self.triples, f"sets of three columns ({len(self.triples)} of them)"),
            self.association(),
            self.correlation(),
            _rare(self.singles, self.bins, min_cell),
        ]


def _three(pair: SetCounts) -> Counted:
    return Counted(pair.columns, pair.synthetic, pair.train, pair.holdout)


def _variation(name: str, sets: Sequence[SetCounts], words: str) -> Metric:
    if not sets:
        return Metric(name, None, words=f"not computed: there are no {words}")
    floors = [found.floor for found in sets]
    floor = None if None in floors else float(np.mean([f for f in floors if f is not None]))
    worst = sorted(sets, key=lambda found: (-found.distance, found.columns))[:_WORST]
    detail: Json = {
        "worst": [
            {
                "columns": list(found.columns),
                "value": round(found.distance, 6),
                "floor": None if found.floor is None else round(found.floor, 6),
            }
            for found in worst
        ],
        "all": [
            {"columns": list(found.columns), "value": round(found.distance, 6)}
            for found in sets[:_MOST_LISTED]
        ],
        "sets": len(sets),
    }
    errors = [variation_error(found.synthetic, found.train) for found in sets]
    value, interval = mean_interval([found.distance for found in sets], errors)
    return Metric(name, value, interval, floor, Goal.FLOOR, None, f"mean total variation of {words}", detail)


def _rare(singles: Sequence[SetCounts], bins: TableBins, min_cell: int) -> Metric:
    """Return the part of the rare real categories, of ``min_cell`` persons or more, that the table holds.

    The floor is the part that as many real rows would hold: a category of share p is among m rows with
    probability 1 - (1 - p)^m. The interval is Wilson's, as if each category were held or not by itself.
    """
    expected: list[float] = []
    held = 0
    missing: list[Json] = []
    for found, column in zip(singles, bins.columns, strict=True):
        if not len(column.code):
            continue
        counts, n, m = found.train[1:], int(found.train.sum()), int(found.synthetic.sum())
        rare = (found.people_each()[1:] >= max(min_cell, 1)) & (counts < RARE * n)
        expected += [1 - (1 - count / n) ** m for count in counts[rare].tolist()]
        kept = int((rare & (found.synthetic[1:] > 0)).sum())
        held += kept
        if kept < rare.sum():
            missing.append(
                {"column": column.name, "categories": int(rare.sum()) - kept, "of": int(rare.sum())}
            )
    if not expected:
        return Metric("rare_categories", None, words="not computed: no category is rare")
    words = (
        f"part of the categories of at least {min_cell} people and under {RARE:.0%} of the rows that the"
        " table has"
    )
    floor = float(np.mean(expected))
    value = held / len(expected)
    interval = wilson(held, len(expected))
    return Metric("rare_categories", value, interval, floor, Goal.MAXIMIZE, None, words, {"missing": missing})
