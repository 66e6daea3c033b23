"""The supplier's half of every study: answer the questions of a round from one table, once, within their aim.

All techniques share it, because all of them ask in the closed vocabulary. What each question demands of the
rounds before it, it says itself (:mod:`syncline.questions.question`); what holds for all of them stands here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncline.data.codebook import Codebook
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.protocols.codebook_scope import require_codebook_in_scope
from syncline.protocols.opening import Commitments, Openings
from syncline.protocols.transition import PartyId
from syncline.questions.asked import Asked
from syncline.questions.question import (
    Answer,
    AnyCandidateQuestion,
    CandidateQuestion,
    Comparer,
    Context,
    Entropy,
    Question,
)
from syncline.questions.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """What the hub asks in one round; a codebook comes with the first round that needs it.

    ``commitments`` are there in the opening round, which asks nothing else; ``openings`` in the one after it.
    """

    round: int
    questions: tuple[Question, ...]
    codebook: Codebook | None = None
    commitments: Commitments | None = None
    openings: Openings | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A supplier's contribution to the salt, and its number of persons where that decides the holdout.

    ``sealed`` is what the supplier that deals the persons' key sealed for each other one, and its digest.
    """

    contribution: bytes = field(repr=False)
    people: int | None = None
    sealed: Mapping[PartyId, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A supplier's answers to one round, in the order of its questions; in the opening round its opening."""

    round: int
    answers: tuple[Answer, ...]
    opening: Opening | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a supplier remembers of a study between its rounds.

    Attributes
    ----------
    round : the last round that was answered, -1 before the first
    asked : what was asked in these rounds
    commitments : what all parties committed to, from the opening round on
    openings : what they opened, from the round after it on; the salt follows from it
    people : the supplier's own number of persons, where it was counted for the opening round
    """

    round: int = -1
    asked: Asked = field(default_factory=Asked)
    commitments: Commitments | None = None
    openings: Openings | None = None
    people: int = 0

    def kept(self) -> Memory:
        """Return what is kept: no candidate that was compared already, after which nothing follows."""
        if self.asked.candidate is None or not self.asked.candidate.judged:
            return self
        return self.without_table()

    def ended(self) -> Memory:
        """Return the memory once rows were sent, after which no fit is asked about."""
        return replace(self, asked=replace(self.asked, closed=True))

    def without_table(self) -> Memory:
        """Return the memory without the candidate's rows."""
        return replace(self, asked=self.asked.without_table())


class Answering:
    """Respond to requests; pure but for caches. Without a ``comparer`` no candidate is compared."""

    def __init__(self, comparer: Comparer | None = None) -> None:
        self._comparer = comparer

    def respond(
        self, request: Request, table: Workspace, memory: Memory, entropy: Entropy = secrets.token_bytes
    ) -> tuple[Reply, Memory]:
        """Answer one round; raise ProtocolError where the request does not follow from what came before.

        What is random in an answer, noise or a mask, is drawn from ``entropy``.
        """
        after = admit(request, memory)
        require_in_scope(request, table.schema, after.asked.codebook)
        context = Context(after.asked, self._comparer, entropy)
        answers = tuple(question.answer(table, context) for question in request.questions)
        return Reply(request.round, answers), after.kept()


def admit(request: Request, memory: Memory) -> Memory:
    """Return the memory after ``request``, or raise ProtocolError where its aim goes too far."""
    _require_next(request, memory)
    memory = _admit_opening(request, memory)
    asked = memory.asked
    if request.codebook is not None and asked.codebook is not None:
        raise ProtocolError("the codebook of this study is agreed and cannot change")
    if request.codebook is not None:
        asked = replace(asked, codebook=request.codebook, searched={})
    return replace(memory, round=request.round, asked=admit_questions(request.questions, asked))


def admit_questions(questions: Sequence[Question], asked: Asked) -> Asked:
    """Return what is remembered after a round's questions; raise ProtocolError where one aims too far."""
    compares = [question for question in questions if isinstance(question, CandidateQuestion)]
    if compares and len(compares) < len(questions):
        raise ProtocolError("the fit is closed once a candidate is asked about")
    if compares:
        return _admit_comparisons(compares, asked)
    for question in questions:
        asked = question.admit(asked)
    return asked


def _admit_comparisons(questions: Sequence[AnyCandidateQuestion], asked: Asked) -> Asked:
    """Take the one candidate of a study by itself; all later questions of a round are about it together."""
    if asked.candidate is not None:
        return replace(asked, candidate=asked.candidate.after(questions))
    first = questions[0]
    if first.begins and len(questions) > 1:
        raise ProtocolError(f"{first.kind}: nothing else is asked with the first question about a candidate")
    return first.admit(asked)


def _admit_opening(request: Request, memory: Memory) -> Memory:
    """Take the opening round first, once, and in the round after it what every party committed to."""
    if request.commitments is not None:
        if memory.round != -1 or request.questions or request.codebook or request.openings:
            raise ProtocolError("commitments are named in the first round, once, and nothing is asked there")
        return replace(memory, commitments=request.commitments)
    if request.openings is None:
        if memory.commitments is not None and memory.openings is None:
            raise ProtocolError("the contributions to the salt are opened before anything is counted")
        return memory
    if memory.commitments is None or memory.openings is not None:
        raise ProtocolError("the contributions to the salt are opened once, after all were committed to")
    memory.commitments.require_opened(request.openings)
    return replace(memory, openings=request.openings)


def _require_next(request: Request, memory: Memory) -> None:
    """Raise unless rounds follow each other; who sent rows is asked again for a candidate only."""
    begins = any(question.begins for question in request.questions)
    skips = memory.asked.closed and begins and request.round > memory.round
    if request.round != memory.round + 1 and not skips:
        raise ProtocolError(f"round {memory.round + 1} comes next, not {request.round}")
    if not request.questions:
        memory.asked.require_open()


def require_in_scope(request: Request, schema: Schema, codebook: Codebook | None) -> None:
    """Raise ProtocolError unless codebook and questions are about the columns that ``schema`` models."""
    if request.codebook is not None:
        require_codebook_in_scope(request.codebook, schema)
    for question in request.questions:
        question.check(schema, codebook)
