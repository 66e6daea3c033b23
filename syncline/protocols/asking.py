"""The supplier's half of every study: answer the questions of a round from one table, once, within their aim.

All techniques share it, because all of them ask in the closed vocabulary. The memory holds what limits the
next round: the codebook agreed, the splits of each tree so far, and the column sets that were counted
already; and, once a candidate is compared, all that was said of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from syncline.data.codebook import Codebook
from syncline.data.constraint import Formula
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.protocols.candidate_memory import CandidateMemory
from syncline.protocols.opening import Commitments, Openings
from syncline.protocols.scope import require_codebook_in_scope, require_question_in_scope
from syncline.questions.comparison import Comparison, PersonCount
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.pair_counts import PairCounts
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.tree_level import TreeLevel, TreePaths
from syncline.questions.vocabulary import Answer, Question
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
    """A supplier's contribution to the salt, and its number of persons where that decides the holdout."""

    contribution: bytes = field(repr=False)
    people: int | None = None


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
    codebook : the codebook agreed, once it is
    paths : the splits of all trees so far
    counted : names of the column sets that were counted, with coding and fold, and of the kinds of questions
        that are answered once and were
    searched : how each column was divided last, until a codebook is agreed
    closed : whether the fit is over: rows were sent, held-out ones were asked about, or a candidate came
    candidate : what was said of the one candidate that is compared; None before it came
    commitments : what all parties committed to, from the opening round on
    openings : what they opened, from the round after it on; the salt follows from it
    people : the supplier's own number of persons, where it was counted for the opening round
    """

    round: int = -1
    codebook: Codebook | None = None
    paths: TreePaths = field(default_factory=TreePaths)
    counted: frozenset[str] = frozenset()
    searched: Mapping[str, RankColumn] = field(default_factory=dict)
    closed: bool = False
    candidate: CandidateMemory | None = None
    commitments: Commitments | None = None
    openings: Openings | None = None
    people: int = 0

    def kept(self) -> Memory:
        """Return what is kept: no candidate that was compared already, after which nothing follows."""
        if self.candidate is None or not self.candidate.judged:
            return self
        return self.without_table()

    def without_table(self) -> Memory:
        """Return the memory without the candidate's rows."""
        if self.candidate is None:
            return self
        return replace(self, candidate=replace(self.candidate, table=b""))


@dataclass(frozen=True, slots=True)
class Extent:
    """How far a question about a candidate reaches, as a supplier works out by itself.

    ``columns`` are those that the answer depends on, ``order`` how many of them it can count together,
    ``cells`` its size.
    """

    columns: tuple[str, ...]
    order: int
    cells: int


class Comparer(Protocol):
    """What answers questions about a candidate, from what the supplier remembers of it."""

    def extent(self, question: Comparison, memory: CandidateMemory) -> Extent:
        """Return how far a question reaches; raise ProtocolError where it is not one about this candidate."""
        ...

    def answer(self, question: Comparison, table: Workspace, memory: CandidateMemory) -> Answer:
        """Return what the rows of ``table`` count; ``memory`` already holds what the question says."""
        ...


class Answering:
    """Respond to requests; pure but for caches. Without a ``comparer`` no candidate is compared."""

    def __init__(self, comparer: Comparer | None = None) -> None:
        self._comparer = comparer

    def respond(self, request: Request, table: Workspace, memory: Memory) -> tuple[Reply, Memory]:
        """Answer one round; raise ProtocolError where the request does not follow from what came before."""
        after = admit(request, memory)
        require_in_scope(request, table.schema, after.codebook)
        answers = tuple(self._answer(question, table, after) for question in request.questions)
        return Reply(request.round, answers), after.kept()

    def _answer(self, question: Question, table: Workspace, memory: Memory) -> Answer:
        if isinstance(question, Comparison):
            if self._comparer is None or memory.candidate is None:
                raise ProtocolError("a candidate is not compared here")
            return self._comparer.answer(question, table, memory.candidate)
        if isinstance(question, TreeLevel):
            return question.answer(table, _agreed(memory), memory.paths)
        if isinstance(question, Marginals | PairCounts):
            return question.answer(table, _agreed(memory))
        return question.answer(table)


def admit(request: Request, memory: Memory) -> Memory:
    """Return the memory after ``request``, or raise ProtocolError where its aim goes too far."""
    _require_next(request, memory)
    memory = _admit_opening(request, memory)
    if request.codebook is not None and memory.codebook is not None:
        raise ProtocolError("the codebook of this study is agreed and cannot change")
    if request.codebook is not None:
        memory = replace(memory, codebook=request.codebook, searched={})
    memory = replace(memory, round=request.round)
    compares = tuple(question for question in request.questions if isinstance(question, Comparison))
    if compares:
        if len(compares) < len(request.questions):
            raise ProtocolError("the fit is closed once a candidate is asked about")
        return _admit_comparisons(compares, memory)
    for question in request.questions:
        memory = _admit_question(question, memory)
    return memory


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
    begins = any(isinstance(question, PersonCount) for question in request.questions)
    skips = memory.closed and begins and request.round > memory.round
    if request.round != memory.round + 1 and not skips:
        raise ProtocolError(f"round {memory.round + 1} comes next, not {request.round}")
    if not request.questions:
        _require_open(memory)


def _admit_question(question: Question, memory: Memory) -> Memory:
    _require_open(memory)
    if isinstance(question, TreeLevel):
        return replace(memory, paths=memory.paths.accept(question))
    if isinstance(question, RankCounts):
        return _admit_search(question, memory)
    if not isinstance(question, Marginals):
        once = _once(question)
        if once in memory.counted:
            raise ProtocolError(f"{question.kind}: it was answered in this study already")
        return replace(memory, counted=memory.counted | {once})
    names = {f"{_set_name(axes)}|{question.holdout}|{question.persons}" for axes in question.sets}
    if len(names) < len(question.sets) or names & memory.counted:
        raise ProtocolError("marginals: a column set was counted in this study already")
    return replace(
        memory, counted=memory.counted | names, closed=memory.closed or (question.holdout and bool(names))
    )


def _once(question: Question) -> str:
    """Name a question that is answered once: orders between columns are apart from formulas."""
    orders = isinstance(question, FormulaCheck) and {f.formula for f in question.formulas} == {
        Formula.AT_MOST
    }
    return f"{question.kind}|orders" if orders else question.kind


def _admit_search(question: RankCounts, memory: Memory) -> Memory:
    if memory.codebook is not None:
        raise ProtocolError("rank_counts: a codebook is agreed, after which nothing is searched")
    for column in question.ranked:
        column.require_follows(memory.searched.get(column.name))
    searched = {column.name: column for column in question.ranked}
    return replace(memory, searched={**memory.searched, **searched})


def _admit_comparisons(questions: tuple[Comparison, ...], memory: Memory) -> Memory:
    """Take one candidate a study, after which no fit goes on; forget all of the fit."""
    first = questions[0]
    if memory.candidate is not None:
        return replace(memory, candidate=memory.candidate.after(questions))
    if not isinstance(first, PersonCount):
        raise ProtocolError("this is not the candidate that was named in this study")
    if len(questions) > 1:
        raise ProtocolError("person_count: nothing else is asked with the first question about a candidate")
    begun = CandidateMemory.begun(first)
    return replace(
        memory,
        codebook=None,
        paths=TreePaths(),
        counted=frozenset(),
        searched={},
        closed=True,
        candidate=begun,
    )


def _set_name(axes: tuple[Axis, ...]) -> str:
    """Name a column set, the same for every order of its columns."""
    if len({axis.column for axis in axes}) < len(axes):
        raise ProtocolError("marginals: a column stands twice in one set")
    return "|".join(sorted(f"{axis.column}\x00{axis.coding}" for axis in axes))


def _require_open(memory: Memory) -> None:
    if memory.closed:
        raise ProtocolError("the fit of this study is closed; nothing more is answered")


def require_in_scope(request: Request, schema: Schema, codebook: Codebook | None) -> None:
    """Raise ProtocolError unless codebook and questions are about the columns that ``schema`` models."""
    if request.codebook is not None:
        require_codebook_in_scope(request.codebook, schema)
    for question in request.questions:
        require_question_in_scope(question, schema, codebook)


def _agreed(memory: Memory) -> Codebook:
    if memory.codebook is None:
        raise ProtocolError("a codebook must be agreed before columns are counted together")
    return memory.codebook
