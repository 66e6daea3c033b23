"""Whether a reply is what its request asks for, and agrees with all that its supplier answered before.

Checked before anything is merged or laid out. What a reply says of its own size would otherwise decide how
much memory the hub takes, and an answer of the wrong kind would be left out of a sum without a word. What
contradicts an earlier answer would end the study rounds later, with nobody's name, or go into the release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from syncline.errors import Contradiction
from syncline.protocols.asking import Reply
from syncline.protocols.transition import PartyId
from syncline.questions.known import InvariantBroken, Known, require
from syncline.questions.question import Answer, Context, Question
from syncline.questions.sums import Sums

MAX_TOTAL = 1 << 53
"""Rows of all cells of an answer at most, so that no sum over cells and suppliers comes near 64 bits."""


@dataclass(frozen=True, slots=True)
class AnswerShape:
    """What the answer to a question must be: its kind, its cells, and how many carry person buckets."""

    kind: str
    sums: bool
    size: int
    masked: int

    @classmethod
    def of(cls, question: Question, context: Context, *, persons: bool) -> Self:
        """Return the shape of the answers to ``question``, as far as it reaches in its ``context``."""
        extent = question.extent(context)
        return cls(question.kind, question.adds is Sums, extent.cells, extent.masked if persons else 0)

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


@dataclass(frozen=True, slots=True)
class RoundCheck:
    """What a round asks, to check each reply to it.

    ``context`` is where its questions are asked, which tells what their answers must be; ``persons`` says
    whether answers carry person buckets.
    """

    number: int
    questions: Sequence[Question]
    context: Context
    persons: bool

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
        if len(reply.answers) != len(self.questions):
            told = f"{len(reply.answers)} answers to {len(self.questions)} questions"
            raise blame(party, f"gave {told} in round {self.number}")
        for question, answer in zip(self.questions, reply.answers, strict=True):
            shape = AnswerShape.of(question, self.context, persons=self.persons)
            try:
                shape.require(answer, persons=self.persons)
            except InvariantBroken as broken:
                rule = f"answered {shape.kind} in round {self.number} with {broken}"
                raise blame(party, rule) from broken
            try:
                known = question.reconcile(answer, known, self.context)
            except InvariantBroken as broken:
                rule = f"contradicted itself in round {self.number} ({shape.kind}): {broken}"
                raise blame(party, rule) from broken
        return known


def blame(party: PartyId, deed: str) -> Contradiction:
    """Return the error that ends a study because of what a supplier answered; others hear only whose."""
    return Contradiction(
        f"supplier {party!r} {deed}", public=f"the answers of supplier {party!r} cannot be used"
    )
