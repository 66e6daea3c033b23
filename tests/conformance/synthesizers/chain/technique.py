"""``chain``: one question, for the pairs of neighbours in the visit order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook, Coding
from syncline.protocols.round_answers import Answers
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel


@dataclass(frozen=True, slots=True)
class CountPairs(OwnPhase):
    """Count each column with the one before it."""

    plan: Plan
    name: ClassVar[str] = "chain"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the tables of neighbours."""
        order = self.plan.order
        pairs = tuple((Axis(a, Coding.FINE), Axis(b, Coding.FINE)) for a, b in pairwise(order))
        return (Marginals(pairs, holdout=False, persons=settings.persons),)

    def new_codebook(self) -> Codebook | None:
        """Return the codebook: no round before needed it."""
        return self.plan.book.codebook()

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """Draw each column from the shares that are shown of it beside the code before, else from its own."""
        found = answers.counts(0)
        dense, masks = found.dense(), found.dense_masks()
        held = dense if masks is None else np.bitwise_count(masks).astype(np.int64)
        draws, start, before = list[ColumnDraw](), 0, ""
        for name in self.plan.order:
            own = self.plan.book.column(name).values.rows
            if not before:
                draws.append(ColumnDraw.alone(name, own))
            else:
                size = self.plan.book.column(before).values.n_codes * len(own)
                table = np.where(
                    held[start : start + size] >= settings.min_cell, dense[start : start + size], 0
                )
                rows = table.reshape(-1, len(own)) * settings.own("times")
                draws.append(ColumnDraw.beside(name, before, rows, own))
                start += size
            before = name
        model = self.plan.model(settings, tuple(draws))
        return Fitted(model, self.plan.book.n_train, self.plan.book.n_holdout)


class Chain:
    """Each column from the one before it."""

    phases = (CountPairs,)
    models = (TabularModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        """Ask for the pairs."""
        return CountPairs(plan)

    def rounds(self, rows: int, settings: FitSettings) -> int:
        """One round."""
        return 1


TECHNIQUE = Chain()
