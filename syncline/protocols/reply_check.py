"""Whether a reply is what its request asks for, and agrees with all that its supplier answered before.

Checked before anything is merged or laid out. What a reply says of its own size would otherwise decide how
much memory the hub takes, and an answer of the wrong kind would be left out of a sum without a word. What
contradicts an earlier answer would end the study rounds later, with nobody's name, or go into the release.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self, TypeAlias

import numpy as np

from syncline.data.codebook import Codebook
from syncline.errors import Contradiction, ProtocolError
from syncline.protocols.asking import Reply
from syncline.protocols.transition import PartyId
from syncline.questions.comparison import Comparison
from syncline.questions.counts import Counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.known import InvariantBroken, Known, require
from syncline.questions.marginals import Marginals
from syncline.questions.moments import Moments, Sums
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
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

    def require(self, answer: Answer, *, persons: bool) -> None:
        """Raise InvariantBroken unless ``answer`` has this shape."""
        if isinstance(answer, Sums):
            require(self.sums, "sums instead of counts")
            require(len(answer.values) == self.size, f"{len(answer.values)} sums instead of {self.size}")
            return
        require(not self.sums, "counts instead of sums")
        require(answer.size == self.size, f"{answer.size} cells instead of {self.size}")
        told = answer.masks is not None, answer.masked
        require(told == (persons, self.masked), "person buckets for other cells than were asked for")
        whole = float(answer.value.sum(dtype=np.float64))
        require(whole <= MAX_TOTAL, "more rows than any table holds")
        if answer.masks is not None:
            held = np.bitwise_count(answer.masks).astype(np.int64)
            fits = (held >= 1) & (held <= answer.value[: len(held)])
            require(fits.all(), "a cell with no person or with more persons than rows")


Reconcile: TypeAlias = Callable[[Question, Answer, Known], Known]
"""What is known after an answer of the right shape; raises InvariantBroken where it contradicts."""


@dataclass(frozen=True, slots=True)
class Round:
    """What a round asks, to check each reply to it.

    ``shapes`` are those of the answers to its questions, which ``reconcile`` holds against what is known;
    ``persons`` says whether answers carry person buckets.
    """

    number: int
    questions: Sequence[Question]
    shapes: Sequence[Shape]
    reconcile: Reconcile
    persons: bool

    @classmethod
    def of_fit(
        cls, number: int, questions: Sequence[Question], codebook: Codebook | None, *, persons: bool
    ) -> Self:
        """Return a round of a fit, whose questions say themselves what their answers must be."""
        shapes = [Shape.of(question, codebook, persons=persons) for question in questions]
        return cls(number, questions, shapes, partial(reconciled, codebook=codebook), persons)

    def take(self, replies: Mapping[PartyId, Reply], known: Mapping[PartyId, Known]) -> dict[PartyId, Known]:
        """Return what is known of each party after its reply.

        Raise Contradiction, naming the supplier, where a reply is not what was asked for or does not agree
        with what was known.
        """
        return {
            party: self._taken(party, replies[party], known.get(party, Known())) for party in sorted(replies)
        }

    def _taken(self, party: PartyId, reply: Reply, known: Known) -> Known:
        if reply.round != self.number:
            raise blame(party, f"answered round {reply.round} in round {self.number}")
        if len(reply.answers) != len(self.shapes):
            told = f"{len(reply.answers)} answers to {len(self.shapes)} questions"
            raise blame(party, f"gave {told} in round {self.number}")
        for question, answer, shape in zip(self.questions, reply.answers, self.shapes, strict=True):
            try:
                shape.require(answer, persons=self.persons)
            except InvariantBroken as broken:
                rule = f"answered {shape.kind} in round {self.number} with {broken}"
                raise blame(party, rule) from broken
            try:
                known = self.reconcile(question, answer, known)
            except InvariantBroken as broken:
                rule = f"contradicted itself in round {self.number} ({shape.kind}): {broken}"
                raise blame(party, rule) from broken
        return known


def reconciled(question: Question, answer: Answer, known: Known, *, codebook: Codebook | None) -> Known:
    """Return what is known after an answer of the right shape; raise InvariantBroken where it contradicts."""
    match question, answer:
        case RowCount() | Profile() | RankCounts() | FormulaCheck(), Counts():
            return question.reconcile(answer, known)
        case Moments(), Sums():
            return question.reconcile(answer, known)
        case Marginals() | TreeLevel() | PairCounts(), Counts() if codebook is not None:
            return question.reconcile(answer, known, codebook)
        case _:
            return known


def blame(party: PartyId, deed: str) -> Contradiction:
    """Return the error that ends a study because of what a supplier answered; others hear only whose."""
    return Contradiction(
        f"supplier {party!r} {deed}", public=f"the answers of supplier {party!r} cannot be used"
    )


def _masked(question: FitQuestion, size: int, codebook: Codebook | None) -> int:
    if isinstance(question, RowCount | RankCounts):
        return size
    if isinstance(question, Marginals):
        return size if question.persons else 0
    if isinstance(question, TreeLevel) and codebook is not None:
        return question.masked(codebook)
    return 0
