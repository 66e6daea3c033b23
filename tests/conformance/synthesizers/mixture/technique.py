"""``mixture``: one question, for the pairs of the column that makes the parts and each other one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from syncline.data.codebook import Codebook, Coding
from syncline.protocols.round_answers import Answers
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.question import Question
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.draws import Bits, Ints, weights_of
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.phases.phase import OwnPhase, Phase
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from tests.conformance.synthesizers.mixture.model import MixtureModel


def weights(table: Ints) -> Bits:
    rows = table.astype(np.float64)
    return weights_of(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1.0))


def mixed(plan: Plan, settings: FitSettings, base: str, tables: dict[str, Ints]) -> Fitted:
    """Return the model of each column's counts (parts, codes); empty parts take the column's own."""
    book = plan.book
    parts = book.column(base).values.rows if base else np.ones(1, np.int64)
    draws = []
    for column in book.columns:
        own = column.values.rows
        table = tables.get(column.codes.name, np.zeros((len(parts), len(own)), np.int64)).copy()
        table[table.sum(axis=1) == 0] = own
        draws.append(weights(table))
    systematic = settings.draws is Draws.SYSTEMATIC
    model = MixtureModel(base, weights(parts[None, :]), book.columns, tuple(draws), book.n_train, systematic)
    return Fitted(model, book.n_train, book.n_holdout)


@dataclass(frozen=True, slots=True)
class CountParts(OwnPhase):
    """Count each column in each part."""

    plan: Plan
    base: str
    name: ClassVar[str] = "parts"

    @property
    def others(self) -> list[str]:
        return [c.codes.name for c in self.plan.book.columns if c.codes.name != self.base]

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        base = Axis(self.base, Coding.FINE)
        pairs = tuple((base, Axis(name, Coding.FINE)) for name in self.others)
        return (Marginals(pairs, holdout=False, persons=settings.persons),)

    def new_codebook(self) -> Codebook | None:
        return self.plan.book.codebook()

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        found = answers.counts(0)
        dense, masks = found.dense(), found.dense_masks()
        held = dense if masks is None else np.bitwise_count(masks).astype(np.int64)
        shown = np.where(held >= settings.min_cell, dense, 0)
        tables, start = dict[str, Ints](), 0
        parts = self.plan.book.column(self.base).values.n_codes
        for name in self.others:
            size = parts * self.plan.book.column(name).values.n_codes
            tables[name] = shown[start : start + size].reshape(parts, -1)
            start += size
        return mixed(self.plan, settings, self.base, tables)


class Mixture:
    phases = (CountParts,)
    models = (MixtureModel,)

    def begin(self, plan: Plan, settings: FitSettings) -> Phase | Fitted:
        most = settings.own("most_parts")
        fit = [
            (column.values.n_codes, column.codes.name)
            for column in plan.book.columns
            if column.values.variable.is_categorical and 1 < column.values.n_codes <= most
        ]
        if not fit or len(plan.book.columns) < 2:
            return mixed(plan, settings, "", {})
        return CountParts(plan, max(fit)[1])

    def rounds(self, rows: int, settings: FitSettings) -> int:
        return 1


TECHNIQUE = Mixture()
