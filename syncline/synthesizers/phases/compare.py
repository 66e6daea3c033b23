"""Last, count the pairs of columns that the synthetic table is compared with, in both folds."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from syncline.data.blob import Json
from syncline.data.codebook import Codebook, Coding
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.vocabulary import Question
from syncline.synthesizers.packing import Arrays, Head, pack_model
from syncline.synthesizers.phases.phase import Answers, Fitted, Phase, merged
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Book
from syncline.synthesizers.tabular_model import TabularModel

MAX_PAIRS = 1200
"""Pairs of columns that are compared at most; the first ones of the schema are taken."""


def after_model(
    book: Book, model: TabularModel, settings: FitSettings, *, fresh_codebook: bool
) -> Phase | Fitted:
    """Return the comparison with the suppliers' own marginals, or the end where none is asked for."""
    if not settings.compare or len(book.columns) < 2:
        return Fitted(model, book.n_train, book.n_holdout)
    return Compare(model, book.n_train, book.n_holdout, fresh_codebook)


def compared_pairs(model: TabularModel, *, holdout: bool) -> Marginals:
    """Ask for the pairs that are compared, in one fold."""
    names = [column.codes.name for column in model.columns]
    pairs = list(combinations(names, 2))[:MAX_PAIRS]
    return Marginals(tuple((Axis(a, Coding.CELLS), Axis(b, Coding.CELLS)) for a, b in pairs), holdout)


@dataclass(frozen=True, slots=True)
class Compare:
    """Ask for the marginals of the training rows and, where rows are held out, of these."""

    model: TabularModel
    n_train: int
    n_holdout: int
    fresh_codebook: bool
    name: ClassVar[str] = "compare"

    def questions(self, settings: FitSettings) -> tuple[Question, ...]:
        """Ask for the same pairs in both folds: training first, because the holdout closes the fit."""
        asked = [compared_pairs(self.model, holdout=False)]
        if settings.holdout:
            asked.append(compared_pairs(self.model, holdout=True))
        return tuple(asked)

    def new_codebook(self) -> Codebook | None:
        """Return the codebook where no earlier round needed it."""
        return Codebook(tuple(c.codes for c in self.model.columns)) if self.fresh_codebook else None

    def absorb(self, answers: Answers, settings: FitSettings) -> Phase | Fitted:
        """End the rounds."""
        holdout = merged(answers, 1) if settings.holdout else None
        return Fitted(self.model, self.n_train, self.n_holdout, merged(answers, 0), holdout)

    def put(self, arrays: Arrays) -> Head:
        """Add the model as bytes."""
        arrays["model"] = np.frombuffer(pack_model(self.model), np.uint8)
        head: dict[str, Json] = {"rows": [self.n_train, self.n_holdout], "fresh": self.fresh_codebook}
        return head
