"""``best_pair``: one question, for the pairs of columns that no round before has counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Coding
from syncline.protocols.round_answers import Answers
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.synthesizers.draws import ColumnDraw, Ints
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


@dataclass(frozen=True, slots=True)
class CountEarlier(OwnPhase):
    """Count each column that follows from no other beside those before it."""

    plan: Plan
    name: ClassVar[str] = "earlier columns"

    def pairs(self, settings: FitSettings) -> list[tuple[str, str]]:
        """Return which columns are read together; a column and a gap would be three."""
        gaps = {column.codes.name for column in self.plan.book.gaps}
        order = [name for name in self.plan.order if name not in gaps]
        most = settings.own("most_before")
        own = [(place, name) for place, name in enumerate(order) if self.plan.dependent_draw(name) is None]
        return [(a, b) for place, b in own for a in order[max(place - most, 0) : place]]

    def asked(self, settings: FitSettings) -> list[tuple[str, str]]:
        """Return the pairs that were not counted before."""
        return [pair for pair in self.pairs(settings) if self.plan.table(*pair) is None]

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for their tables."""
        axes = tuple((Axis(a, Coding.FINE), Axis(b, Coding.FINE)) for a, b in self.asked(settings))
        return (Marginals(axes, holdout=False, persons=settings.persons),)

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Draw each column beside that by which most rows are guessed (Goodman and Kruskal 1954, lambda)."""
        told, book = self._told(answers, settings), self.plan.book
        best: dict[str, tuple[int, str, Ints]] = {}
        for a, b in self.pairs(settings):
            before = self.plan.table(a, b)
            table = told[a, b] if before is None else before
            guessed = int(table.max(axis=1).sum())
            if b not in best or guessed > best[b][0]:
                best[b] = guessed, a, table
        draws = []
        for name in self.plan.order:
            draw, rows = self.plan.dependent_draw(name), book.column(name).values.rows
            if draw is None and name in best:
                _, determinant, table = best[name]
                draw = ColumnDraw.beside(name, determinant, table, rows)
            draws.append(draw or ColumnDraw.alone(name, rows))
        return Fitted(self.plan.model(settings, tuple(draws)), book.n_train, book.n_holdout)

    def _told(self, answers: Answers, settings: FitSettings) -> dict[tuple[str, str], Ints]:
        """Return the tables that were asked for, small cells left out."""
        found = answers.counts(0)
        dense, masks = found.dense(), found.dense_masks()
        held = dense if masks is None else np.bitwise_count(masks).astype(np.int64)
        shown = np.where(held >= settings.min_cell, dense, 0)
        tables, start = dict[tuple[str, str], Ints](), 0
        for a, b in self.asked(settings):
            shape = tuple(self.plan.book.column(name).values.n_codes for name in (a, b))
            tables[a, b] = shown[start : start + shape[0] * shape[1]].reshape(shape)
            start += shape[0] * shape[1]
        return tables


class BestPair:
    """Each column from the earlier one that tells most of it."""

    phases = (CountEarlier,)
    models = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Ask for the pairs."""
        return CountEarlier(plan)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """One round."""
        return 1


TECHNIQUE = BestPair()
