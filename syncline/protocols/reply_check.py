"""Whether a reply is of the shape that its request asks for: checked before anything is merged or laid out.

What a reply says of its own size would otherwise decide how much memory the hub takes, and an answer of the
wrong kind would be left out of a sum without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Self

import numpy as np

from syncline.data.codebook import Codebook
from syncline.errors import ProtocolError
from syncline.protocols.transition import PartyId
from syncline.questions.comparison import Comparison
from syncline.questions.counts import Counts
from syncline.questions.marginals import Marginals
from syncline.questions.moments import Moments, Sums
from syncline.questions.rank_counts import RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.tree_level import TreeLevel
from syncline.questions.vocabulary import Answer, FitQuestion, Question

MAX_TOTAL = 1 << 53
"""Rows of all cells of an answer at most, so that no sum over cells and suppliers comes near 64 bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the answer to a question must be: its kind, its cells, and how many carry person buckets."""

    kind: str
    sums: bool
    size: int
    masked: int

    @classmethod
    def of(cls, question: Question, codebook: Codebook | None, *, persons: bool) -> Self:
        """Return the shape of the answers to ``question``, which is one of a fit."""
        if isinstance(question, Comparison):
            raise ProtocolError("the shape of an answer about a candidate follows from its plan")
        if isinstance(question, Marginals | TreeLevel):
            if codebook is None:
                raise ProtocolError("a codebook must be agreed before columns are counted together")
            size = question.size(codebook)
        else:
            size = question.size()
        masked = _masked(question, size, codebook) if persons else 0
        return cls(question.kind, isinstance(question, Moments), size, masked)

    def require(self, answer: Answer, party: PartyId, *, persons: bool) -> None:
        """Raise ProtocolError, naming the supplier, unless ``answer`` has this shape."""
        if isinstance(answer, Sums):
            if not self.sums:
                self._refuse(party, "sums instead of counts")
            if len(answer.values) != self.size:
                self._refuse(party, f"{len(answer.values)} sums instead of {self.size}")
            return
        if self.sums:
            self._refuse(party, "counts instead of sums")
        if answer.size != self.size:
            self._refuse(party, f"{answer.size} cells instead of {self.size}")
        if (answer.masks is not None, answer.masked) != (persons, self.masked):
            self._refuse(party, "person buckets for other cells than were asked for")
        if float(answer.value.sum(dtype=np.float64)) > MAX_TOTAL:
            self._refuse(party, "more rows than any table holds")
        self._require_persons(answer, party)

    def _require_persons(self, answer: Counts, party: PartyId) -> None:
        if answer.masks is None:
            return
        held = np.bitwise_count(answer.masks).astype(np.int64)
        if ((held < 1) | (held > answer.value[: len(held)])).any():
            self._refuse(party, "a cell with no person or with more persons than rows")

    def _refuse(self, party: PartyId, problem: str) -> NoReturn:
        raise ProtocolError(f"supplier {party!r} answered {self.kind} with {problem}")


def require_shapes(party: PartyId, answers: Sequence[Answer], shapes: Sequence[Shape], persons: bool) -> None:
    """Raise ProtocolError, naming the supplier, unless its answers have the shapes of a round's questions."""
    if len(answers) != len(shapes):
        raise ProtocolError(f"supplier {party!r} gave {len(answers)} answers to {len(shapes)} questions")
    for answer, shape in zip(answers, shapes, strict=True):
        shape.require(answer, party, persons=persons)


def _masked(question: FitQuestion, size: int, codebook: Codebook | None) -> int:
    if isinstance(question, RowCount | RankCounts):
        return size
    if isinstance(question, Marginals):
        return size if question.persons else 0
    if isinstance(question, TreeLevel) and codebook is not None:
        return question.masked(codebook)
    return 0
