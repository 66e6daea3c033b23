"""One round: lift questions whose answers merge into a protocol that asks them once.

The smallest protocol: ``start`` asks, ``step`` merges in sorted party order and finishes. What needs more
rounds, such as a fit, is a chain of such rounds with a state between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from syncline.data.codebook import Codebook
from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply, Request
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.counts import Counts
from syncline.questions.question import Answer, Question
from syncline.questions.sums import Sums


@dataclass(frozen=True, slots=True)
class OneRound:
    """Ask ``questions`` of every party once; the result is one merged answer for each."""

    questions: tuple[Question, ...]
    codebook: Codebook | None = None

    def start(self, parties: tuple[PartyId, ...]) -> Continue[None, Request] | Finish[tuple[Answer, ...]]:
        """Return the one request."""
        if not parties:
            raise ProtocolError("a round needs at least one supplier")
        return Continue(None, Request(0, self.questions, self.codebook), "ask")

    def step(
        self, state: None, replies: Mapping[PartyId, Reply], missing: frozenset[PartyId]
    ) -> Continue[None, Request] | Finish[tuple[Answer, ...]]:
        """Return the merged answers; who is missing is left out, because nothing was answered before."""
        for party, reply in replies.items():
            if len(reply.answers) != len(self.questions):
                raise ProtocolError(f"supplier {party!r} answered another number of questions")
        ordered = [replies[party].answers for party in sorted(replies)]
        return Finish(tuple(reduce(merge, column) for column in zip(*ordered, strict=True)))


def merge(one: Answer, other: Answer) -> Answer:
    """Return the answer of both tables together; raise ProtocolError where the two are of unlike kinds."""
    if isinstance(one, Counts) and isinstance(other, Counts):
        return one.merge(other)
    if isinstance(one, Sums) and isinstance(other, Sums):
        return one.merge(other)
    raise ProtocolError("answers of unlike kinds cannot be merged")
