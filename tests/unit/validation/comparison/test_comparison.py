from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from syncline.data.batch import MemoryTable
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Answering, Memory, Request, admit
from syncline.protocols.transition import PartyId
from syncline.questions.asked import Asked
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.growth import (
    DEPTH,
    LEVELS,
    ComparedColumns,
    Forest,
    GrowTrees,
    LearnerRole,
    ScoreTrees,
    Splits,
)
from syncline.questions.regression import MAX_MODELS, REGRESSION_ROUNDS, RegressionSums
from syncline.questions.row_count import RowCount
from syncline.questions.workspace import Workspace
from syncline.study import sections
from syncline.validation.boosting import derivatives, histogram, leaves, split
from syncline.validation.comparison.comparer import count_people
from syncline.validation.comparison.comparison import Comparison
from syncline.validation.comparison.packed_cells import pack_cells, unpack_cells
from syncline.validation.comparison.plan import ComparisonPlan, tree_count
from syncline.validation.comparison.rows import ComparableRows
from syncline.validation.comparison.trees import (
    SETTINGS,
    TreeRows,
    leaf_steps,
    next_level,
    rounded_chances,
    sums,
    tree_margins,
)
from syncline.wire.exchange import MemoryCodec, RequestCodec
from syncline.wire.messages import COMPARISON_ROUNDS
from tests.unit.validation.comparison.parties import (
    AIMS,
    COMPARED,
    MODELLED,
    SCHEMA,
    candidate,
    comparer,
    workspace,
)

BATCH, CANDIDATE = workspace(700, 1), candidate(1000, 9)


def comparison(target: str = "ill") -> Comparison:
    return Comparison(CANDIDATE, COMPARED, AIMS, target, persons=True)


def test_trees_grow_level_by_level_into_those_of_one_place() -> None:
    plan, own = planned(), tree_rows()
    forest = Forest.empty(len(plan.learners))
    while forest.levels < 3 * DEPTH:
        total = sums(plan.bins, plan.learners, forest, own, has_holdout=True)
        forest = forest.grown(next_level(plan.bins, plan.learners, "ill", forest, total))
    categorical = np.array([not column.ordered for column in plan.bins])
    for number, learner in enumerate(plan.learners):
        kept = own.kept(plan.learners, number, forest, has_holdout=True)
        learns = kept.learns
        codes, labels, lots = kept.codes[learns].copy(), kept.labels[learns], kept.lots[learns]
        if learner.role is LearnerRole.TARGET:
            codes[:, COMPARED.names.index("ill")] = 0
        if not len(codes):
            continue
        margins = np.zeros(len(codes), np.int64)
        for tree in range(3):
            chance, hessian = rounded_chances(margins, lots, number, tree)
            gradient, node = chance - np.where(labels, 1 << 20, 0), np.zeros(len(codes), np.int64)
            for level in range(DEPTH):
                found = histogram(codes, node, gradient, hessian, 2**level)
                columns, right = split(found, categorical, SETTINGS)
                node = 2 * node + right[node, codes[np.arange(len(codes)), columns[node]]]
            steps = leaf_steps(leaves(node, gradient, hessian, SETTINGS))
            assert np.array_equal(forest.leaves[number, tree], steps), learner
            margins += steps[node].astype(np.int64) << 15
            assert np.array_equal(
                margins, sum(tree_margins(forest, number, t, kept.codes[learns]) for t in range(tree + 1))
            )


def test_a_rounded_chance_is_the_exact_one_on_average() -> None:
    margins = np.repeat(np.linspace(-5, 5, 21) * 2**20, 4096).astype(np.int64)
    lots = np.tile(np.arange(4096) << 8, 21)
    exact, _ = derivatives(margins, np.zeros(len(margins), np.bool_))
    chance, _ = rounded_chances(margins, lots, 3, 5)
    assert len(np.unique(chance)) == 7
    means = (chance - exact).reshape(21, -1).mean(axis=1) / 2**20
    assert np.abs(means).max() < 1e-3


def planned() -> ComparisonPlan:
    train, holdout, *_ = count_people(Workspace(MemoryTable(SCHEMA, [BATCH]))).tolist()
    return ComparisonPlan(comparison().candidate, (train, holdout))


def tree_rows() -> TreeRows:
    rows = ComparableRows(Workspace(MemoryTable(SCHEMA, [BATCH])), COMPARED)
    plan = planned()
    return TreeRows.of(plan.bins, "ill", rows.sampled_rows(AIMS.sampling_key, 10**6, plan.rows))


def test_the_bounds_of_the_vocabulary_are_those_of_a_specification() -> None:
    assert sections.MAX_MODELS == MAX_MODELS


def test_the_rounds_are_those_that_policies_count_apart() -> None:
    assert LEVELS + 2 == COMPARISON_ROUNDS
    assert [tree_count(rows) for rows in ((1, 1), (4000, 1000), (10**9, 0))] == [4, 10, LEVELS // DEPTH]


# --- aim ------------------------------------------------------------


@cache
def requests() -> tuple[Request, ...]:
    """Return all requests of a comparison."""
    wanted, table = comparison(), Workspace(MemoryTable(SCHEMA, [BATCH]))
    answering, memory, found = Answering(comparer(wanted)), Memory(), []
    transition = wanted.start((PartyId("p"),))
    while hasattr(transition, "request"):
        found.append(transition.request)
        reply, memory = answering.respond(transition.request, table, memory)
        transition = wanted.step(transition.state, {PartyId("p"): reply}, frozenset())  # type: ignore[assignment]
    return tuple(found)


def memory_after(n: int) -> Memory:
    memory = Memory()
    for request in requests()[:n]:
        memory = admit(request, memory)
    return memory


def test_the_candidate_travels_first_and_is_forgotten_once_it_was_compared() -> None:
    first, *others = requests()
    assert [type(question) for question in first.questions] == [PersonCount]
    assert [type(question) for question in others[-1].questions] == [
        ScoreTrees,
        RegressionSums,
        ScoreCandidate,
    ]
    table = pack_cells(CANDIDATE)
    assert table in RequestCodec().encode(first)
    assert all(table not in RequestCodec().encode(request) for request in others)
    for n in range(1, len(requests())):
        assert table in MemoryCodec().encode(memory_after(n).kept())
    last = memory_after(len(requests()))
    assert last.asked.candidate is not None
    assert last.asked.candidate.judged
    assert table not in MemoryCodec().encode(last.kept())


def test_what_is_asked_after_the_candidate_is_short() -> None:
    """A level of a tree's splits is at most 16 columns and masks for each learner, and 32 steps."""
    n_learners = len(planned().learners)
    for request in requests()[1:]:
        trees = [q for q in request.questions if isinstance(q, GrowTrees | ScoreTrees)]
        size = len(RequestCodec().encode(replace(request, questions=tuple(trees))))
        assert size < 100 + n_learners * (16 * 10 + 32)


def test_a_second_candidate_is_refused() -> None:
    other = Request(len(requests()), (PersonCount(pack_cells(candidate(1000, 10)), COMPARED),))
    with pytest.raises(ProtocolError, match="nothing more is answered"):
        admit(other, memory_after(len(requests())))
    for again in (other, requests()[0]):
        with pytest.raises(ProtocolError, match=r"not the candidate|named in this study already"):
            admit(replace(again, round=1), memory_after(1))


def test_nothing_more_is_answered_after_the_last_question() -> None:
    for request in requests()[1:]:
        with pytest.raises(ProtocolError):
            admit(replace(request, round=len(requests())), memory_after(len(requests())))


@pytest.mark.parametrize("n", [1, 2, -1])
def test_a_question_about_another_candidate_is_refused(n: int) -> None:
    request = requests()[n]
    for question in request.questions:
        other = replace(question, candidate="ab" * 32)
        with pytest.raises(ProtocolError, match="not the candidate"):
            admit(replace(request, questions=(other,)), memory_after(request.round))


@pytest.mark.parametrize("what", ["level before", "level after", "twice", "nodes", "learners", "rows again"])
def test_trees_that_do_not_follow_from_the_last_ones_are_refused(what: str) -> None:
    n = DEPTH + 3
    asked, *_ = requests()[n].questions
    assert isinstance(asked, GrowTrees)
    assert asked.newest is not None
    questions: tuple[GrowTrees, ...] = (asked,)
    match what:
        case "level before":
            questions = (replace(asked, levels=asked.levels - 1),)
        case "level after":
            questions = (replace(asked, levels=asked.levels + 1),)
        case "twice":
            questions = (asked, asked)
        case "nodes":
            questions = (replace(asked, newest=requests()[n + 1].questions[0].newest),)  # type: ignore[union-attr]
        case "learners":
            questions = (replace(asked, newest=fewer(asked.newest)),)
        case "rows again":
            with pytest.raises(ValueError, match="the first question tells the rows"):
                replace(asked, rows=(10**6, 10**6))
            return
    with pytest.raises(ProtocolError, match=r"comes next|twice in one round|are not those of the next level"):
        admit(replace(requests()[n], questions=questions), memory_after(n))


def fewer(splits: Splits) -> Splits:
    return Splits(splits.column[1:], splits.right[1:], splits.leaves[1:])


@pytest.mark.parametrize("what", ["column", "code"])
def test_splits_that_the_candidates_columns_do_not_have_are_refused(what: str) -> None:
    n = DEPTH + 3
    asked, *_ = requests()[n].questions
    assert isinstance(asked, GrowTrees)
    assert asked.newest is not None
    column, right = asked.newest.column.copy(), asked.newest.right.copy()
    if what == "column":
        column[0, 0] = len(COMPARED.names)
    else:
        column[0, 0], right[0, 0] = 3, 1 << 3  # "ill" has codes 0, 1 and 2
    other = replace(asked, newest=replace(asked.newest, column=column, right=right))
    answering, table = Answering(comparer(comparison())), Workspace(MemoryTable(SCHEMA, [BATCH]))
    with pytest.raises(ProtocolError, match=r"not compared|codes that its column does not have"):
        answering.respond(replace(requests()[n], questions=(other,)), table, memory_after(n))


def test_scores_are_asked_once_all_trees_have_grown_and_after_them_none_grows() -> None:
    answering, table = Answering(comparer(comparison())), Workspace(MemoryTable(SCHEMA, [BATCH]))
    whole = 2 * DEPTH + 1
    early, *_ = requests()[whole].questions
    assert isinstance(early, GrowTrees)
    assert early.newest is not None
    scores = ScoreTrees(early.candidate, early.levels, early.newest)
    with pytest.raises(ProtocolError, match="levels before they are scored"):
        answering.respond(Request(whole, (scores,)), table, memory_after(whole))
    after = admit(Request(whole, (scores,)), memory_after(whole))
    with pytest.raises(ProtocolError, match="comes next, and once only"):
        admit(requests()[whole + 1], after)


def test_a_fit_question_is_refused_once_a_candidate_is_named() -> None:
    with pytest.raises(ProtocolError, match="closed"):
        admit(Request(1, (RowCount(),)), memory_after(1))
    with pytest.raises(ProtocolError, match="closed"):
        admit(Request(1, (*requests()[1].questions, RowCount())), memory_after(1))


def test_who_sent_rows_is_asked_again_for_a_candidate_alone() -> None:
    shipped = Memory(round=0, asked=Asked(closed=True))
    assert admit(Request(17, requests()[0].questions), shipped).round == 17
    with pytest.raises(ProtocolError, match="comes next"):
        admit(Request(17, requests()[1].questions), shipped)
    with pytest.raises(ProtocolError, match="comes next"):
        admit(Request(17, requests()[0].questions), Memory(round=0))


# --- the wire ------------------------------------------------------------


def test_requests_and_memories_survive_the_wire() -> None:
    for number, request in enumerate(requests()):
        content = RequestCodec().encode(request)
        assert RequestCodec().decode(content) == request
        memory = memory_after(number + 1)
        assert MemoryCodec().decode(MemoryCodec().encode(memory)) == memory


def test_a_candidate_survives_as_bytes_and_strange_ones_do_not() -> None:
    content = pack_cells(CANDIDATE)
    back = unpack_cells(content, MODELLED)
    assert all(np.array_equal(a, b) for a, b in zip(back.keys, CANDIDATE.keys, strict=True))
    for damaged in (b"", content[:-200], content[: len(content) // 2], b"x" * 500):
        with pytest.raises(WireError):
            unpack_cells(damaged, MODELLED)
    wrong = replace(CANDIDATE, keys=(*CANDIDATE.keys[:2], CANDIDATE.keys[2] + 4, CANDIDATE.keys[3]))
    with pytest.raises(WireError, match="does not allow"):
        unpack_cells(pack_cells(wrong), MODELLED)


@pytest.mark.parametrize("place", range(1, 60))
def test_a_request_cut_or_changed_anywhere_raises_a_wire_error_or_reads(place: int) -> None:
    rng = np.random.default_rng(place)
    content = bytearray(RequestCodec().encode(requests()[rng.integers(1, len(requests()))]))
    for _ in range(4):
        content[rng.integers(0, len(content))] = rng.integers(0, 256)
    for damaged in (bytes(content), bytes(content[: rng.integers(0, len(content))])):
        try:
            RequestCodec().decode(damaged)
        except WireError:
            continue


def test_regressions_are_asked_in_eight_rounds_and_once_by_subgroups_and_no_more() -> None:
    asked = [
        request for request in requests() if any(isinstance(q, RegressionSums) for q in request.questions)
    ]
    assert [request.round for request in asked] == [*range(1, 9), len(requests()) - 1]
    assert len(asked) == REGRESSION_ROUNDS
    more = next(q for q in asked[0].questions if isinstance(q, RegressionSums))
    memory = admit(replace(requests()[9], questions=(*requests()[9].questions, more)), memory_after(9))
    with pytest.raises(ProtocolError, match="which is all"):
        admit(replace(requests()[10], questions=(*requests()[10].questions, more)), memory)


def test_sums_of_other_models_than_the_studys_are_refused() -> None:
    """Columns and dummies follow from the study and the candidate; a question brings coefficients alone."""
    answering, table = Answering(comparer(comparison())), Workspace(MemoryTable(SCHEMA, [BATCH]))
    first = next(q for q in requests()[1].questions if isinstance(q, RegressionSums))
    for coefficients in (
        first.coefficients[:1],
        (*first.coefficients, first.coefficients[0]),
        tuple(own[:, :-1] for own in first.coefficients),
        first.coefficients[::-1],
    ):
        other = Request(1, (requests()[1].questions[0], replace(first, coefficients=coefficients)))
        with pytest.raises(ProtocolError, match="not those of the study's models"):
            answering.respond(other, table, memory_after(1))


def test_a_candidate_of_columns_that_the_schema_does_not_model_is_refused() -> None:
    answering, table = Answering(comparer(comparison())), Workspace(MemoryTable(SCHEMA, [BATCH]))
    for compared in (
        ComparedColumns(("weight", "age", "ward", "ill"), ((),) * 4),
        ComparedColumns(("who", *COMPARED.names), ((),) * 5),
        ComparedColumns(COMPARED.names, ((), (), (4,), ())),
        ComparedColumns(COMPARED.names, ((), (), (1, 0), ())),
    ):
        with pytest.raises(ProtocolError, match="not the schema's"):
            answering.respond(Request(0, (PersonCount(pack_cells(CANDIDATE), compared),)), table, Memory())
