from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from syncline.data.batch import MemoryTable
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Answering, Memory, Request, admit
from syncline.protocols.transition import PartyId
from syncline.questions import comparison as comparison_questions
from syncline.questions.comparison import PersonCount, RegressionSums, ScoreCandidate
from syncline.questions.growth import DEPTH, LEVELS, Forest, GrowTrees, Role, ScoreTrees
from syncline.questions.workspace import Workspace
from syncline.study import sections
from syncline.study.comparer_scope import require_declared
from syncline.study.spec import StudySpec
from syncline.validation.boosting import fit
from syncline.validation.federated.assessment import Judgement, assess
from syncline.validation.federated.candidate import pack_cells, unpack_cells
from syncline.validation.federated.comparer import Comparer, count_people
from syncline.validation.federated.comparison import Comparison, tree_count
from syncline.validation.federated.trees import SETTINGS, TreeRows, forest_of, grown, sums
from syncline.wire.exchange import MemoryCodec, RequestCodec
from syncline.wire.messages import COMPARISON_ROUNDS
from tests.validation.federated.parties import (
    AIMS,
    COMPARED,
    MODELLED,
    MODELS,
    SCHEMA,
    candidate,
    dealt,
    run,
    workspace,
)

BATCH, CANDIDATE = workspace(700, 1), candidate(1000, 9)


def comparison(target: str = "ill") -> Comparison:
    return Comparison(CANDIDATE, COMPARED, AIMS, target, persons=True)


def said(parts: int, seed: int, cut: int) -> dict[str, object]:
    """Return all that is said of the candidate, but for what names suppliers or tests in their strata."""
    chosen = np.random.default_rng(seed).integers(0, parts, 700)
    wanted = comparison()
    evidence = run(wanted, dealt(BATCH, chosen, parts, cut))
    document = assess(wanted.candidate, wanted.digest, evidence, Judgement(target="ill")).document()
    gate = document.pop("gate")
    document.pop("by_supplier")
    document.pop("words")
    assert isinstance(gate, dict)
    counts = [(rung["name"], rung["train"], rung["holdout"]) for rung in gate["rungs"]]  # type: ignore[index, union-attr, call-overload]
    return {**document, "rungs": counts}


POOLED = said(1, 0, 10_000)


@pytest.mark.parametrize(("parts", "seed", "cut"), [(1, 0, 97), (2, 1, 10_000), (5, 2, 60), (5, 3, 1)])
def test_however_persons_are_dealt_out_the_same_is_said(parts: int, seed: int, cut: int) -> None:
    assert json.dumps(said(parts, seed, cut)) == json.dumps(POOLED)


def test_what_is_said_is_about_all_rows_and_persons() -> None:
    held = np.unique(BATCH.owner[BATCH.holdout])  # type: ignore[index]
    used = np.unique(BATCH.owner[~BATCH.holdout])  # type: ignore[index]
    assert POOLED["people"] == {"train": len(used), "holdout": len(held)}
    assert POOLED["rows"] == {
        "train": int((~BATCH.holdout).sum()),
        "holdout": int(BATCH.holdout.sum()),
        "synthetic": 1000,
    }


def test_a_copy_of_used_persons_does_not_pass_and_who_has_them_is_not_told() -> None:
    used = BATCH.take(np.flatnonzero(~BATCH.holdout)[:600])
    keys = tuple(np.concatenate(pair) for pair in zip(used.keys, CANDIDATE.keys, strict=True))
    status = tuple(np.concatenate(pair) for pair in zip(used.status, CANDIDATE.status, strict=True))
    leak = replace(CANDIDATE, keys=keys, status=status, owner=np.arange(len(keys[0])))
    wanted = Comparison(leak, COMPARED, AIMS, persons=True)
    evidence = run(wanted, dealt(BATCH, np.arange(700) % 3, 3, 500))
    assert not assess(wanted.candidate, wanted.digest, evidence, Judgement()).gate.passed


def test_trees_grow_level_by_level_into_those_of_one_place() -> None:
    asked = first_growth()
    own = tree_rows(asked)
    while asked.levels < 3 * DEPTH:
        asked = replace(asked, forest=grown(asked, sums(asked, own)), levels=asked.levels + 1)
    for number, learner in enumerate(asked.learners):
        kept = own._begun(learner, has_holdout=True)
        codes = kept.codes[kept.learns].copy()
        if learner.role is Role.TARGET:
            codes[:, COMPARED.names.index("ill")] = 0
        if not len(codes):
            continue
        categorical = np.array([not column.ordered for column in asked.bins])
        alone = fit(codes, kept.labels[kept.learns], categorical, replace(SETTINGS, trees=3))
        expected = forest_of([alone])
        single = Forest(
            asked.forest.column[number : number + 1],
            asked.forest.right[number : number + 1],
            asked.forest.leaves[number : number + 1],
        )
        assert np.array_equal(single.leaves, expected.leaves), learner


def first_growth() -> GrowTrees:
    wanted = comparison()
    state = wanted.start(0).state
    counted = count_people(Workspace(MemoryTable(SCHEMA, [BATCH]))).tolist()
    return wanted._first_level(replace(state, rows=(counted[0], counted[1])))


def tree_rows(asked: GrowTrees) -> TreeRows:
    return Comparer(AIMS.lottery)._rows(asked, Workspace(MemoryTable(SCHEMA, [BATCH])))


def test_the_bounds_of_the_vocabulary_are_those_of_a_specification() -> None:
    assert sections.MAX_MODELS == comparison_questions.MAX_MODELS


def test_the_rounds_are_those_that_policies_count_apart() -> None:
    assert LEVELS + 2 == COMPARISON_ROUNDS
    assert [tree_count(rows) for rows in ((1, 1), (4000, 1000), (10**9, 0))] == [4, 10, LEVELS // DEPTH]


# --- aim ------------------------------------------------------------


def requests() -> list[Request]:
    """Return all requests of a comparison."""
    wanted, table = comparison(), Workspace(MemoryTable(SCHEMA, [BATCH]))
    answering, memory, found = Answering(Comparer(AIMS.lottery)), Memory(), []
    transition = wanted.start(0)
    while hasattr(transition, "request"):
        found.append(transition.request)
        reply, memory = answering.respond(transition.request, table, memory)
        transition = wanted.step(transition.request, transition.state, {PartyId("p"): reply})  # type: ignore[assignment]
    return found


ASKED = requests()


def memory_after(n: int) -> Memory:
    memory = Memory()
    for request in ASKED[:n]:
        memory = admit(request, memory)
    return memory


def test_the_candidate_travels_in_the_last_request_alone() -> None:
    assert [type(question) for question in ASKED[-1].questions] == [
        ScoreTrees,
        RegressionSums,
        ScoreCandidate,
    ]
    for request in ASKED[:-1]:
        assert pack_cells(CANDIDATE) not in RequestCodec().encode(request)
    assert memory_after(len(ASKED)).judged


def test_a_second_candidate_is_refused() -> None:
    other = Request(len(ASKED), (PersonCount("ab" * 32),))
    with pytest.raises(ProtocolError, match="named in this study already"):
        admit(other, memory_after(len(ASKED)))
    with pytest.raises(ProtocolError, match="named in this study already"):
        admit(replace(other, round=1), memory_after(1))


def test_nothing_more_is_answered_after_the_last_question() -> None:
    for request in ASKED[1:]:
        with pytest.raises(ProtocolError):
            admit(replace(request, round=len(ASKED)), memory_after(len(ASKED)))


def test_another_table_than_the_named_one_is_refused() -> None:
    *others, compared = ASKED[-1].questions
    assert isinstance(compared, ScoreCandidate)
    other = replace(compared, table=pack_cells(candidate(1000, 10)))
    with pytest.raises(ProtocolError, match="not the candidate"):
        admit(replace(ASKED[-1], questions=(*others, other)), memory_after(len(ASKED) - 1))


@pytest.mark.parametrize("what", ["column", "right", "leaves", "bins", "learners", "rows", "level"])
def test_trees_that_do_not_follow_from_the_last_ones_are_refused(what: str) -> None:
    n = DEPTH + 3
    asked, *_ = ASKED[n].questions
    assert isinstance(asked, GrowTrees)
    forest = Forest(asked.forest.column.copy(), asked.forest.right.copy(), asked.forest.leaves.copy())
    match what:
        case "column" | "right" | "leaves":
            array = getattr(forest, what)
            array[0, 0, 0] = 1 - min(int(array[0, 0, 0]), 1)
            asked = replace(asked, forest=forest)
        case "bins":
            asked = replace(asked, bins=(replace(asked.bins[0], ordered=False), *asked.bins[1:]))
        case "learners":
            asked = replace(asked, learners=(replace(asked.learners[0], fold=1), *asked.learners[1:]))
        case "rows":
            asked = replace(asked, rows=(asked.rows[0] + 1, asked.rows[1]))
        case "level":
            asked, *_ = ASKED[n + 1].questions  # type: ignore[assignment]
    with pytest.raises(ProtocolError, match="do not follow"):
        admit(replace(ASKED[n], questions=(asked,)), memory_after(n))


def test_a_fit_question_is_refused_once_a_candidate_is_named() -> None:
    from syncline.questions.row_count import RowCount

    with pytest.raises(ProtocolError, match="closed"):
        admit(Request(1, (RowCount(),)), memory_after(1))


def test_who_sent_rows_is_asked_again_for_a_candidate_alone() -> None:
    shipped = Memory(round=0, closed=True)
    assert admit(Request(17, ASKED[0].questions), shipped).round == 17
    with pytest.raises(ProtocolError, match="comes next"):
        admit(Request(17, ASKED[1].questions), shipped)
    with pytest.raises(ProtocolError, match="comes next"):
        admit(Request(17, ASKED[0].questions), Memory(round=0))


# --- the wire ------------------------------------------------------------


def test_requests_and_memories_survive_the_wire() -> None:
    for number, request in enumerate(ASKED):
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
    content = bytearray(RequestCodec().encode(ASKED[rng.integers(1, len(ASKED) - 1)]))
    for _ in range(4):
        content[rng.integers(0, len(content))] = rng.integers(0, 256)
    for damaged in (bytes(content), bytes(content[: rng.integers(0, len(content))])):
        try:
            RequestCodec().decode(damaged)
        except WireError:
            continue


def test_regressions_are_asked_in_eight_rounds_and_once_by_subgroups_and_no_more() -> None:
    asked = [request for request in ASKED if any(isinstance(q, RegressionSums) for q in request.questions)]
    assert [request.round for request in asked] == [*range(1, 9), len(ASKED) - 1]
    assert len(asked) == comparison_questions.REGRESSION_ROUNDS
    more = next(q for q in asked[0].questions if isinstance(q, RegressionSums))
    request = ASKED[9]
    memory = admit(replace(request, questions=(*request.questions, more)), memory_after(9))
    with pytest.raises(ProtocolError, match="which is all"):
        admit(ASKED[10].__class__(10, (*ASKED[10].questions, more)), memory)


def test_a_model_that_the_study_does_not_declare_is_refused() -> None:
    declared = {"holdout": "0.2", "models": [MODELS[1]]}
    spec = StudySpec.model_validate(
        {
            "syncline": "1",
            "study": "s",
            "schema": SCHEMA,
            "suppliers": [{"name": "a"}],
            "validation": declared,
        }
    )
    first = next(q for q in ASKED[1].questions if isinstance(q, RegressionSums))
    with pytest.raises(ProtocolError, match="not one that the study declares"):
        require_declared(spec, first)
    require_declared(spec, replace(first, models=first.models[1:]))
