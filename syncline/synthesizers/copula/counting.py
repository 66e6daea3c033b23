"""The round that counts pairs of columns, and the model that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.note import Deed, Note
from syncline.protocols.round_answers import Answers
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.synthesizers.copula.association import DividedTable, correlations, divided
from syncline.synthesizers.copula.latents import Latents, latents_of_columns
from syncline.synthesizers.dependencies import tables
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.latent_draw import LatentDraw
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.positive_definite import Correlations, cholesky
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CountPairs(OwnPhase):
    """Count each two columns that follow from no other.

    No gap is drawn: beside another column it would be three, and alone it would leave its column unrelated.
    """

    plan: Plan
    name: ClassVar[str] = "pairs"

    def latents(self) -> tuple[Latents, ...]:
        """Return the latents of the columns that have such, in visit order."""
        names = [self.plan.order[place] for place in self.plan.targets()]
        return latents_of_columns([self.plan.book.column(name) for name in names])

    def pairs(self, settings: FitSettings) -> Marginals:
        """Return the question."""
        both = combinations(self.latents(), 2)
        sets = tuple((Axis(a.name, a.coding), Axis(b.name, b.coding)) for a, b in both)
        return Marginals(sets, holdout=False, persons=settings.persons)

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for their tables."""
        return (self.pairs(settings),)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Return the model."""
        latents, pairs, counts = self.latents(), self.pairs(settings), answers.counts(0)
        book, masks = self.plan.book.codebook(), counts.dense_masks()
        rows = tables(book, pairs, counts.dense())
        seen = {} if masks is None else tables(book, pairs, masks)
        by_name = {own.name: own for own in latents}
        found = {
            (a, b): list(divided(by_name[a], by_name[b], table, seen.get((a, b))))
            for (a, b), table in rows.items()
        }
        weights = np.concatenate([own.reached() for own in latents])
        agreed = Correlations.nearest(_matrix(latents, found, settings.min_cell), weights)
        draws, told = self._draws(latents, agreed), _notes(agreed)
        return Fitted(
            self.plan.model(settings, draws, told), self.plan.book.n_train, self.plan.book.n_holdout
        )

    def _draws(self, latents: tuple[Latents, ...], agreed: Correlations) -> tuple[ColumnDraw, ...]:
        root = cholesky(agreed.matrix)
        assert root is not None
        root = np.ldexp(np.rint(np.ldexp(root, 24)), -24)
        drawn, before = dict[str, LatentDraw](), 0
        for own in latents:
            after = before + len(own)
            drawn[own.name] = LatentDraw(*own.codes(), root[before:after, :after].copy())
            before = after
        return tuple(self._draw(name, drawn.get(name)) for name in self.plan.order)

    def _draw(self, name: str, latent: LatentDraw | None) -> ColumnDraw:
        alone = ColumnDraw.alone(name, self.plan.book.column(name).values.rows)
        return self.plan.dependent_draw(name) or alone.cut_from(latent)


def _matrix(
    latents: tuple[Latents, ...], found: Mapping[tuple[str, str], list[DividedTable]], min_cell: int
) -> Floats:
    """Return the correlations of all latents (m, m); those of one column are not related to each other."""
    firsts = np.cumsum([0, *(len(own) for own in latents)]).tolist()
    first = {own.name: at for own, at in zip(latents, firsts, strict=False)}
    matrix = np.eye(firsts[-1])
    every = [
        (first[a] + table.first, first[b] + table.second, table)
        for (a, b), own in found.items()
        for table in own
    ]
    for (i, j, _), value in zip(every, correlations([table for *_, table in every], min_cell), strict=True):
        matrix[i, j] = matrix[j, i] = value
    return matrix


def _notes(agreed: Correlations) -> tuple[Note, ...]:
    if not agreed.moved:
        return ()
    by = f"by {agreed.moved:.2f}" if agreed.moved >= 0.01 else "by less than 0.01"
    what = f"correlations of latent variables, {by} in the mean"
    why = "those of pairs were not those of any table together, and the nearest that are were taken"
    remedy = "where pairs matter more than their agreement, choose another method"
    return (Note("", Deed.MOVED, what, why, remedy),)
