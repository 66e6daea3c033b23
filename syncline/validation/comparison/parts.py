"""The figures of a part of the people: of the rows of one supplier, or of one subgroup.

A part is compared as the whole is, with the same trees and, for declared models, by one step from the
coefficients of all rows; the synthetic rows and those held out take the same step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Json
from syncline.questions.counts import Ints, Masks
from syncline.questions.growth import SCORE_BINS, Grouping, slices
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.rows import sliced
from syncline.validation.intervals import Floats
from syncline.validation.metric import Metric
from syncline.validation.utility.distinguish import Separation, separation_figures
from syncline.validation.utility.overlap import regression_figure
from syncline.validation.utility.regression import RegressionModel
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.tails import tails
from syncline.validation.utility.transfer import Prediction, ScoredRows, transfer_figure

CellT = TypeVar("CellT", np.int64, np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Rows by the scores of trees, int64 (n_told, 2, ``SCORE_BINS``), of which each kind is told apart.

    ``target`` is what is predicted, or "". ``chances`` (2, ``SCORE_BINS``) are what places mean of the first
    two kinds. Figures are computed from runs of scores with at least ``least`` people of each kind, by the
    ``buckets`` of the rows' persons, shaped as ``counts``; None where every row is a person. They are given
    in steps that ``moved`` rows move, which so many people have on average. ``share`` is that of the
    synthetic rows among all that the trees learnt from, None where these are the rows that are scored.
    ``few`` are the questions of the target that are left out.
    """

    counts: Ints
    target: str
    chances: Floats
    has_holdout: bool
    least: int = 0
    share: float | None = None
    few: frozenset[int] = frozenset()
    buckets: Masks | None = None
    moved: int | None = None

    def figures(self) -> list[Metric]:
        """Return what the trees tell apart, and what they predict."""
        people = self.counts if self.buckets is None else self.buckets
        floor = (
            Separation(self.counts[1, 0], self.counts[1, 1], self.chances[1], people[1])
            if self.has_holdout
            else None
        )
        found = Separation(self.counts[0, 0], self.counts[0, 1], self.chances[0], people[0], self.share)
        return [*separation_figures(found, floor, self.least, self.moved), *self._predicted(people)]

    @property
    def synthetic_share(self) -> float:
        """The share of the synthetic ones among synthetic and real rows."""
        made, real = self.counts[0].sum(axis=1).tolist()
        return float(made / max(made + real, 1))

    def _predicted(self, people: Ints | Masks) -> Iterator[Metric]:
        if not self.target:
            return
        told = [
            ScoredRows(scores, persons) for scores, persons in zip(self.counts[2:], people[2:], strict=True)
        ]
        pairs = [
            Prediction(made, own if self.has_holdout else None)
            for asked, (own, made) in enumerate(zip(told[::2], told[1::2], strict=True))
            if asked not in self.few
        ]
        yield transfer_figure(self.target, pairs, self.least, self.moved, has_holdout=self.has_holdout)


@dataclass(frozen=True, slots=True, eq=False)
class PartialModels:
    """Declared models, and their sums over the synthetic rows of every slice, (n_slices, n_sums).

    ``asked`` are the models' coefficients from which one step is taken.
    """

    models: Mapping[str, RegressionModel]
    asked: Sequence[Ints]
    made: Ints

    @classmethod
    def of(
        cls,
        models: Mapping[str, RegressionModel],
        asked: Sequence[Ints],
        cells: CellTable,
        groups: tuple[Grouping, ...],
    ) -> PartialModels:
        """Sum over the candidate's rows."""
        found = [
            np.concatenate(
                [model.sums(rows, each[0]) for model, each in zip(models.values(), asked, strict=True)]
            )
            for rows in sliced(cells, groups)
        ]
        return cls(models, asked, np.stack(found))

    def shaped(self, sums: Sequence[int] | Ints, groups: tuple[Grouping, ...]) -> Ints:
        """Return an answer's sums by slice and fold, (n_slices, 2, n_sums)."""
        return np.array(sums, np.int64).reshape(slices(groups), 2, self.made.shape[1])

    def figures(
        self,
        sums: Ints,
        place: int,
        few: Mapping[str, tuple[Set[str], Set[str]]],
        *,
        has_holdout: bool,
        min_cell: int,
    ) -> Iterator[Metric]:
        """Yield the overlap of each model's coefficients, of sums (2, n_sums) with the table's in a slice.

        ``few`` are by formula the coefficients that rest on too few persons, used ones and held-out ones.
        """
        start = 0
        for (text, model), each in zip(self.models.items(), self.asked, strict=True):
            at, own = each[0], slice(start, start + model.size)
            start += model.size
            train, held, made = (
                model.solve(part[own], at, settles=False) for part in (*sums, self.made[place])
            )
            name = f"regression:{model.formula.text}"
            yield regression_figure(name, train, made, held if has_holdout else None, min_cell, few[text])


@dataclass(frozen=True, slots=True, eq=False)
class PartCounts:
    """What is counted of a part: its marginals, its rows by score, and the overlap of declared models."""

    tables: Tables
    scored: Scored | None
    regressions: Sequence[Metric] = ()

    def figures(self, min_cell: int) -> list[Metric]:
        """Return all figures that the counts allow."""
        tables = self.tables
        return [
            *tables.figures(min_cell),
            *tails(tables, min_cell),
            *(self.scored.figures() if self.scored is not None else ()),
            *self.regressions,
        ]


def brief(metrics: Iterable[Metric]) -> dict[str, Json]:
    """Return figures as a part of a report has them: without detail, and with words where there is none."""
    return {
        metric.name: replace(
            metric, detail=None, words=metric.words if metric.value is None else ""
        ).to_json()
        for metric in metrics
    }


def by_slice(scored: npt.NDArray[CellT], groups: tuple[Grouping, ...]) -> npt.NDArray[CellT]:
    """Return rows by score, or their buckets, (size,) by slice, (n_slices, n_told, 2, ``SCORE_BINS``)."""
    return scored.reshape(slices(groups), -1, 2, SCORE_BINS)


def slice_of(groups: tuple[Grouping, ...], column: str, code: int) -> int | None:
    """Return the slice of the rows of one code of a column; None where it is not counted apart."""
    place = 1
    for group in groups:
        if group.column == column:
            return place + code
        place += group.n_codes
    return None
