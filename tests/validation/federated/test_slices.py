"""Answers by subgroup: each slice is what the rows of one category give alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.data.batch import MemoryTable
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Request, require_in_scope
from syncline.questions.comparison import RegressionSums
from syncline.questions.growth import (
    DEPTH,
    MOST_SUBGROUPS,
    Compared,
    Forest,
    Grouping,
    Learner,
    Role,
    ScoreTrees,
    slices,
)
from syncline.questions.regression import Regression, Term
from syncline.questions.workspace import Workspace
from syncline.study.comparer_scope import require_declared
from syncline.study.spec import StudySpec
from syncline.validation.federated.candidate import Aims, Candidate, groupings
from syncline.validation.federated.comparer import Comparer
from syncline.validation.federated.comparison import Comparison
from syncline.validation.federated.parts import by_slice, slice_of
from syncline.validation.utility.regression import Model
from syncline.wire.exchange import RequestCodec
from tests.validation.federated.parties import (
    AIMS,
    COMPARED,
    MODELS,
    SCHEMA,
    candidate,
    dealt,
    run,
    workspace,
)

BATCH = workspace(700, 1)
AIMED = replace(AIMS, keys=("age", "ward", "ill"))
WANTED = Comparison(candidate(1000, 9), COMPARED, AIMED, "ill", persons=True)
GROUPS = (Grouping("ward", 5), Grouping("ill", 3))
PLACES = {"ward": 2, "ill": 3}


def last_questions() -> tuple[ScoreTrees, RegressionSums]:
    """Return the questions of the last round that are asked by subgroup."""
    asked: list[Request] = []

    class Listening(Comparison):
        def step(self, request, state, replies):  # type: ignore[no-untyped-def]
            asked.append(request)
            return super().step(request, state, replies)

    listening = Listening(candidate(1000, 9), COMPARED, AIMED, "ill", persons=True)
    run(listening, dealt(BATCH, np.zeros(700, np.int64), 1, 10_000))
    scored, sums, _ = asked[-1].questions
    assert isinstance(scored, ScoreTrees)
    assert isinstance(sums, RegressionSums)
    return scored, sums


SCORED, SUMS = last_questions()


def test_groups_are_the_key_columns_of_few_categories() -> None:
    assert SCORED.groups == SUMS.groups == GROUPS
    assert groupings(WANTED.candidate, 6) == GROUPS[:1], "one slice is that of all rows"
    assert groupings(WANTED.candidate, 5) == GROUPS[1:], "what fits is taken"
    assert groupings(WANTED.candidate, 3) == ()
    assert groupings(Candidate(candidate(50, 1), Aims()), 1000) == ()


@pytest.mark.parametrize("group", GROUPS, ids=["ward", "ill"])
def test_each_slice_is_the_answer_of_its_rows_alone(group: Grouping) -> None:
    """A row each: by which learners a person is judged follows from all rows of the person."""
    assert BATCH.owner is not None
    firsts = BATCH.take(np.unique(BATCH.owner, return_index=True)[1])
    scored, sums = (answers(question, firsts) for question in (SCORED, SUMS))
    for code in range(group.n_codes):
        place = slice_of(GROUPS, group.column, code)
        assert place is not None
        keys, status = firsts.keys[PLACES[group.column]], firsts.status[PLACES[group.column]]
        inside = (status != 0) if code == 0 else ((status == 0) & (keys == code - 1))
        batch = firsts.take(inside)
        alone = [answers(replace(question, groups=()), batch) for question in (SCORED, SUMS)]
        assert np.array_equal(by_slice(scored, GROUPS)[place], by_slice(alone[0], ())[0])
        assert np.array_equal(sums.reshape(slices(GROUPS), -1)[place], alone[1])


def test_a_columns_slices_are_together_the_whole() -> None:
    for answer in (answers(SCORED), answers(SUMS)):
        whole, *others = answer.reshape(slices(GROUPS), -1)
        assert np.array_equal(np.sum(others[:5], axis=0), whole)
        assert np.array_equal(np.sum(others[5:], axis=0), whole)


def answers(question: ScoreTrees | RegressionSums, batch=BATCH) -> np.ndarray:  # type: ignore[no-untyped-def]
    answer = Comparer(AIMS.lottery).answer(question, Workspace(MemoryTable(SCHEMA, [batch])))
    return np.array(answer.values) if isinstance(question, RegressionSums) else answer.dense()  # type: ignore[union-attr]


def test_the_step_is_asked_at_the_coefficients_of_all_training_rows() -> None:
    evidence = run(WANTED, dealt(BATCH, np.arange(700) % 2, 2, 10_000))
    assert evidence.asked is not None
    for text, asked in zip(MODELS, evidence.asked.models, strict=True):
        train, _ = evidence.sums[text].fits(Model.of(text, WANTED.candidate.cells))
        assert np.array_equal(asked.coefficients, np.stack([train.coefficients] * 2))


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        (Grouping("ward", 4), "has not the categories"),
        (Grouping("ill", 5), "has not the categories"),
        (Grouping("age", 5), "has not the categories"),
    ],
)
@pytest.mark.parametrize("question", [SCORED, SUMS], ids=["scores", "sums"])
def test_subgroups_other_than_those_of_a_schema_are_refused(
    question: ScoreTrees | RegressionSums, group: Grouping, problem: str
) -> None:
    with pytest.raises(ProtocolError, match=problem):
        require_in_scope(Request(1, (replace(question, groups=(group,)),)), SCHEMA, None)


@pytest.mark.parametrize("question", [SCORED, SUMS], ids=["scores", "sums"])
def test_subgroups_of_a_column_that_is_no_declared_key_are_refused(
    question: ScoreTrees | RegressionSums,
) -> None:
    declared = {"holdout": "0.2", "models": list(MODELS), "target": "ill", "keys": ["ward"]}
    spec = StudySpec.model_validate(
        {
            "syncline": "1",
            "study": "s",
            "schema": SCHEMA,
            "suppliers": [{"name": "a"}],
            "validation": declared,
        }
    )
    with pytest.raises(ProtocolError, match="not those of a key column"):
        require_declared(spec, question)
    require_declared(spec, replace(question, groups=GROUPS[:1]))


@pytest.mark.parametrize("groups", [(GROUPS[0], GROUPS[0]), (Grouping("other", 3),)])
@pytest.mark.parametrize("question", [SCORED, SUMS], ids=["scores", "sums"])
def test_subgroups_of_a_strange_column_or_twice_of_one_make_no_question(
    question: ScoreTrees | RegressionSums, groups: tuple[Grouping, ...]
) -> None:
    with pytest.raises(ValueError, match="subgroups"):
        replace(question, groups=groups)


@pytest.mark.parametrize("n_codes", [0, 1, MOST_SUBGROUPS + 2])
def test_a_number_of_subgroups_beyond_the_bounds_does_not_read(n_codes: int) -> None:
    with pytest.raises(ValueError, match="subgroup column"):
        Grouping("ward", n_codes)
    content = RequestCodec().encode(Request(1, (SUMS,)))
    assert content.count(b"\x04ward\x10\x05") == 1
    with pytest.raises(WireError):
        RequestCodec().decode(content.replace(b"\x04ward\x10\x05", b"\x04ward\x10" + bytes([n_codes])))


@pytest.mark.parametrize("codes", [[1, 2, 3, 60], [1, 1, 2, 3], [4, 3, 2, 1]])
def test_subgroups_that_trees_code_otherwise_are_refused(codes: list[int]) -> None:
    """A code beyond those of the grouping would be a cell beyond the answer."""
    ward = replace(SCORED.bins[2], code=np.array(codes, np.uint16), n_codes=max(codes) + 1)
    asked = replace(SCORED, bins=(*SCORED.bins[:2], ward, SCORED.bins[3]))
    require_in_scope(Request(1, (replace(asked, groups=GROUPS[1:]),)), SCHEMA, None)
    with pytest.raises(ProtocolError, match="not coded by its categories"):
        require_in_scope(Request(1, (asked,)), SCHEMA, None)


WIDE = Compared(tuple(f"c{number}" for number in range(32)), ((),) * 32)
MANY = tuple(Grouping(name, MOST_SUBGROUPS + 1) for name in WIDE.names)


def test_an_answer_of_too_many_subgroups_is_not_asked() -> None:
    """A supplier would take some 40 GB for such an answer."""
    term = Term("c0", None, np.arange(20))
    terms = (term,) * 20
    model = Regression("c1", None, terms, np.zeros((2, 401), np.int64))
    RegressionSums("0" * 64, WIDE, (model,) * 16)
    with pytest.raises(ValueError, match="more than 262144 cells"):
        RegressionSums("0" * 64, WIDE, (model,) * 16, MANY)
    learners = (Learner(Role.TARGET, -1, 0, 0),) * 64
    bins = tuple(replace(SCORED.bins[2], name=name) for name in WIDE.names)
    wide = replace(
        SCORED,
        compared=WIDE,
        bins=bins,
        target="c0",
        questions=learners,
        groups=(),
        learners=(),
        forest=Forest.empty(0, SCORED.levels // DEPTH),
        transferred=Forest.empty(64, 1),
    )
    with pytest.raises(ValueError, match="more than 4194304 cells"):
        replace(wide, groups=MANY)
