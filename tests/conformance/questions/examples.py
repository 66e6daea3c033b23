"""An example of every question of the table, each where it may be asked, over persons of one schema."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from syncline.data.batch import Batch, MemoryTable
from syncline.data.codebook import Codebook, Coding, ColumnCodes
from syncline.data.constraint import Constraint, Formula
from syncline.protocols.asking import Answering, Memory, admit_questions
from syncline.protocols.transition import Continue
from syncline.questions.asked import Asked
from syncline.questions.counts import Counts
from syncline.questions.formula_check import FormulaCheck
from syncline.questions.known import Known
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.moments import Moments
from syncline.questions.pair_counts import PairCounts
from syncline.questions.profile import Profile
from syncline.questions.question import Answer, Comparer, Context, Question
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.row_count import RowCount
from syncline.questions.sums import Sums
from syncline.questions.tree_level import TreeLevel, TreeStep
from syncline.questions.workspace import Workspace
from syncline.validation.comparison.comparison import Comparison
from tests.unit.validation.comparison.parties import (
    AIMS,
    COMPARED,
    SCHEMA,
    candidate,
    comparer,
    dealt,
    workspace,
)

NAMES = COMPARED.names
FAR = (0, 9990, 0, 1)
"""The keys of a row far from all others, whose sums are as large as they may be."""


def _codes(name: str, low: Sequence[int], code: Sequence[int]) -> ColumnCodes:
    """Return codes of a column, the last for missing; bins and classes of two codes each."""
    k = max(code) + 2
    halves = (np.arange(k) // 2).astype(np.uint16)
    fine = np.arange(k, dtype=np.uint16)
    own = np.array(low, np.int64)
    return ColumnCodes(name, bool(low), own, np.array(code, np.uint16), k, k - 1, True, halves, halves, fine)


BOOK = Codebook(
    (
        _codes("age", [0, 30, 60], [0, 1, 2]),
        _codes("weight", [0, 700, 800, 900], [0, 1, 2, 3]),
        _codes("ward", [], [0, 1, 2, 3]),
        _codes("ill", [], [0, 1]),
    )
)


AGREED, NOTHING = Asked(BOOK), Known()


@dataclass(frozen=True)
class Example:
    """A question and where it is asked.

    Attributes
    ----------
    asked : what was asked before it
    comparer : what compares its candidate, if it is about one
    known : what the table's answers to the questions before it said
    held : whether the person by whom its sensitivity is attained is held out
    keys : the keys of their rows, all alike
    attained : whether a person can move every cell of the bound
    repeats : whether it may be asked in many rounds
    """

    question: Question
    asked: Asked = AGREED
    comparer: Comparer | None = None
    known: Known = NOTHING
    held: bool = False
    keys: tuple[int, ...] = FAR
    attained: bool = True
    repeats: bool = False

    @property
    def after(self) -> Asked:
        """What is remembered once it is asked."""
        return admit_questions([self.question], self.asked)

    @property
    def context(self) -> Context:
        """Where it is answered."""
        return Context(self.after, self.comparer)

    def answer(self, batches: Sequence[Batch]) -> Answer:
        """Return the answer of a table."""
        found: Answer = self.question.answer(Workspace(MemoryTable(SCHEMA, list(batches))), self.context)
        return found


def table(seed: int, persons: int = 60) -> Batch:
    """Return drawn rows of persons with one to three rows each, some of whom are held out."""
    return workspace(persons, seed)


def one_person(example: Example, rows: int) -> Batch:
    """Return so many rows of one person, all alike, whom no drawn table holds."""
    return Batch(
        tuple(np.full(rows, key, np.int64) for key in example.keys),
        tuple(np.zeros(rows, np.uint8) for _ in example.keys),
        np.full(rows, example.held),
        np.full(rows, -1, np.int64),
    )


def _root() -> TreeStep:
    none, zero = np.zeros(0, np.int64), np.zeros(1, np.int64)
    return TreeStep(3, none, none, np.zeros(0, np.uint64), zero, np.ones((1, 3), np.bool_))


def _split() -> TreeStep:
    zero, left = np.zeros(1, np.int64), np.array([1], np.uint64)
    return TreeStep(3, zero, zero, left, np.array([2]), np.ones((1, 3), np.bool_))


def _answer(question: TreeLevel, asked: Asked) -> Counts:
    """Return the answer of the table about which examples know something."""
    return question.answer(Workspace(MemoryTable(SCHEMA, [table(*KNOWN)])), Context(asked))


KNOWN = (1, 300)
"""The seed and the persons of the table about which examples know something."""


def rows_of(drawn: tuple[int, int]) -> Known:
    """Return what is known of a drawn table once its rows were counted."""
    question, context = RowCount(), Context(Asked())
    answer = question.answer(Workspace(MemoryTable(SCHEMA, [table(*drawn)])), context)
    return question.reconcile(answer, Known(), context)


def _of_fit() -> dict[str, Example]:
    """Return the questions about rows; those that are asked before a codebook is agreed know none."""
    before, told = Asked(), rows_of(KNOWN)
    roots = TreeLevel(0, NAMES, (_root(),), leaves=False)
    rooted = roots.admit(Asked(BOOK))
    pairs = PairCounts(
        ("age", "ward", "ill"),
        tuple((np.arange(BOOK.column(name).n_codes) % 3).astype(np.uint8) for name in ("age", "ward", "ill")),
    )
    sets = ((Axis("age", Coding.FINE), Axis("ward", Coding.CLASSES)), (Axis("ill", Coding.BINS),))
    formulas = (
        Constraint.between(Formula.EQUAL, "weight", ["age"]),
        Constraint.between(Formula.AT_MOST, "weight", ["age"]),
    )
    ranked = (RankColumn("age", 0, 2, 5, (0,)), RankColumn("ward", 0, 0, 2, (0,)))
    scaled = (("weight", -20), ("age", -20))
    return {
        "row_count": Example(RowCount(), before, known=told),
        "profile": Example(Profile(NAMES), before, known=told),
        "rank_counts": Example(RankCounts(ranked), before, known=told),
        "marginals": Example(Marginals(sets, holdout=False, persons=True), known=told),
        "moments": Example(Moments(scaled, (("age", -20),)), before, known=told, keys=(120, 9990, 0, 1)),
        "formula_check": Example(FormulaCheck(formulas), before, known=told),
        "pair_counts": Example(pairs, known=told),
        "tree_level": Example(
            TreeLevel(1, NAMES, (_split(),), leaves=False, persons=True),
            rooted,
            known=roots.reconcile(_answer(roots, rooted), told, Context(rooted)),
            keys=(60, 9990, 0, 1),
        ),
    }


@cache
def _compared() -> dict[str, Example]:
    """Return the questions of a whole comparison, the first of each kind, with what was known before it."""
    aims = replace(AIMS, models=("weight ~ ill",))
    wanted = Comparison(candidate(1000, 9), COMPARED, aims, "ill", persons=True)
    batch = table(*KNOWN)
    (party, rows), *_ = dealt(batch, np.zeros(300, np.int64), 1, 10_000).items()
    own = comparer(wanted)
    memory, found = Memory(), dict[str, Example]()
    transition = wanted.start((party,), 0, {party: rows_of(KNOWN)})
    while isinstance(transition, Continue):
        request, state = transition.request, transition.state
        for question in request.questions:
            known = state.known.get(party, Known())
            beside = tuple(one for one in request.questions if one is not question)
            found.setdefault(question.kind, _example(question, beside, memory.asked, own, known))
        reply, memory = Answering(own).respond(request, rows, memory)
        following = wanted.step(state, {party: reply}, frozenset())
        if not isinstance(following, Continue):
            break
        transition = following
    return found


def _example(
    question: Question, beside: tuple[Question, ...], asked: Asked, own: Comparer, known: Known
) -> Example:
    """Return a question about a candidate, admitted after the others of its round that come before it."""
    earlier = [one for one in beside if not one.last] if question.last else []
    before = admit_questions(earlier, asked) if earlier else asked
    kind = question.kind
    return Example(
        question,
        before,
        own,
        known,
        held=kind in ("grow_trees", "score_trees"),
        attained=kind != "score_candidate",  # nobody is singled out by all predicates at once
        repeats=kind == "regression_sums",
    )


@cache
def examples() -> dict[str, Example]:
    """Return an example of each question, by its kind."""
    return {**_of_fit(), **_compared()}


def merged(answers: Sequence[Answer]) -> Answer:
    """Return the answer of all parts of a table."""
    first, *rest = answers
    for other in rest:
        first = first.merge(other)  # type: ignore[arg-type]  # both are of the question's own kind
    return first


def cells(answer: Answer) -> list[int]:
    """Return all integers of an answer."""
    return list(answer.values) if isinstance(answer, Sums) else answer.dense().tolist()


def lied(answer: Answer) -> Answer:
    """Return an answer in which the first thing that was counted is a million more."""
    if isinstance(answer, Sums):
        return Sums((answer.values[0] + 10**6, *answer.values[1:]))
    value = answer.value.copy()
    value[0] += 10**6
    return Counts(answer.size, answer.index, value, answer.masks, answer.masked)
