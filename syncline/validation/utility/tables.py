"""How far the marginals of a synthetic table are from those of the real one, from counts of cells alone.

The distance of a set of columns is the total variation: half the sum of the absolute differences of the
cells' shares, of the cells that may be told and of all others together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from syncline.data.blob import Json
from syncline.privacy.people_rule import TOO_FEW
from syncline.validation.column_bins import TableBins
from syncline.validation.histograms import Ints
from syncline.validation.intervals import mean_interval, wilson
from syncline.validation.metric import Goal, Metric
from syncline.validation.utility.relations import CRAMERS_V, RANK_CORRELATION, relation_figure
from syncline.validation.utility.told import ToldCounts

MAX_CODES = 32
SHARED_VALUE = 0.05
"""A number that so large a part of the synthetic rows holds is a bin of its own."""

MOST_SETS = 5000
"""Columns or pairs that are compared; of more, so many that are evenly spaced in their order."""

MOST_TRIPLES = 200
RARE = 0.01
_WORST = 10
_MOST_LISTED = 5000


@dataclass(frozen=True, slots=True)
class Beyond:
    """Training rows of a column of numbers beyond all synthetic values, and whether they may be told.

    They may where enough people are there, and nobody or enough in the first and the last bin, whose sums
    take in those beyond. Of nobody as little is told as of few: else one person there would be seen, whom the
    release does not show.
    """

    rows: int
    is_told: bool


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What is told of single columns, pairs and sets of three.

    ``bins`` are the codes of single columns, in which bins of numbers at the ends take in what lies beyond;
    ``beyond`` is what lies there. ``told`` is the code (n_codes,) with which each of a column is told, and
    ``few_missing`` are the columns that some, but too few people lack.
    """

    bins: TableBins
    singles: tuple[ToldCounts, ...]
    pairs: tuple[ToldCounts, ...] = ()
    triples: tuple[ToldCounts, ...] = ()
    beyond: Mapping[str, Beyond] | None = None
    told: Mapping[str, Ints] = field(default_factory=dict)
    few_missing: frozenset[str] = frozenset()

    def without_holdout(self) -> Tables:
        """Return the counts as if nobody were held out."""
        singles, pairs, triples = (
            tuple(found.without_holdout() for found in part)
            for part in (self.singles, self.pairs, self.triples)
        )
        return replace(self, singles=singles, pairs=pairs, triples=triples)

    def variations(self) -> list[Metric]:
        """Return total variations of single columns and of pairs."""
        return [
            _variation("tv_1way", self.singles, "single columns"),
            _variation("tv_2way", self.pairs, "pairs of columns"),
        ]

    def association(self) -> Metric:
        """Return the mean difference of Cramer's V of pairs."""
        return relation_figure(CRAMERS_V, self.pairs)

    def correlation(self) -> Metric:
        """Return the mean difference of the rank correlations of pairs of numbers."""
        numbers = {column.name for column in self.bins.columns if not len(column.code)}
        pairs = [pair for pair in self.pairs if numbers.issuperset(pair.columns)]
        return relation_figure(RANK_CORRELATION, pairs)

    def figures(self, min_cell: int) -> list[Metric]:
        """Return total variations, associations, and what is rare."""
        return [
            *self.variations(),
            _variation("tv_3way", self.triples, f"sets of three columns ({len(self.triples)} of them)"),
            self.association(),
            self.correlation(),
            _rare(self.singles, self.bins, min_cell),
        ]


def not_told(name: str, what: str, goal: Goal = Goal.MINIMIZE) -> Metric:
    """Return a figure that is not shown, because nothing that may be told supports it."""
    words = f"not shown: too few people stand behind {what}"
    return Metric(name, None, goal=goal, words=words, reason=TOO_FEW)


def told_of(sets: Iterable[ToldCounts]) -> list[ToldCounts]:
    """Return the sets that a figure is about: those with a floor, or all that are told where none has one."""
    known = [found for found in sets if found.is_told]
    return [found for found in known if found.has_floor] or known


def _variation(name: str, sets: Sequence[ToldCounts], words: str) -> Metric:
    if not sets:
        return Metric(name, None, words=f"not computed: there are no {words}")
    told = told_of(sets)
    if not told:
        return not_told(name, words, Goal.FLOOR)
    floors = [found.floor for found in told]
    floor = None if None in floors else float(np.mean([f for f in floors if f is not None]))
    worst = sorted(told, key=lambda found: (-found.distance, found.columns))[:_WORST]
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
            for found in told[:_MOST_LISTED]
        ],
        "sets": len(told),
        "not_shown": cast("list[Json]", _left_out(sets, told)),
    }
    value, interval = mean_interval([found.distance for found in told], [found.error for found in told])
    said = f"mean total variation of {words}"
    if len(told) < len(sets):
        said += f"; of {len(sets) - len(told)} it is not shown, for too few people stand behind it"
    return Metric(name, value, interval, floor, Goal.FLOOR, None, said, detail)


def _left_out(sets: Sequence[ToldCounts], told: Sequence[ToldCounts]) -> list[list[str]]:
    known = {found.columns for found in told}
    return [list(found.columns) for found in sets if found.columns not in known][:_MOST_LISTED]


def _rare(singles: Sequence[ToldCounts], bins: TableBins, min_cell: int) -> Metric:
    """Return the part of the rare real categories, of those that are told, that the table holds.

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
        rare = ~found.hidden[1:] & (counts > 0) & (counts < RARE * n)
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
