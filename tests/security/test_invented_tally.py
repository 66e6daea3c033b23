"""A hub that invents what is tallied: scores, chances and coefficients that spell out a joint table.

A question about a candidate brings splits and leaves, and no function that rows are tallied by. Whatever
splits and leaves a hub invents, one answer holds the exact joint table of no more columns than it declares.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncline.data.batch import Batch, MemoryTable
from syncline.data.schema import Schema
from syncline.protocols.asking import Reply, Request
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.growth import (
    DEPTH,
    LEAVES,
    ComparedColumns,
    Forest,
    GrowTrees,
    ScoreTrees,
    Splits,
)
from syncline.questions.regression import MAX_COEFFICIENT, RegressionSums
from syncline.questions.workspace import Workspace
from syncline.validation.boosting import SCALE_BITS, derivatives
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison import parts, plan, score_edges, tree_scores, trees
from syncline.validation.comparison.candidate import Aims
from syncline.validation.comparison.comparer import CandidateComparer, ComparisonTerms
from syncline.validation.comparison.layout import AnswerLayout
from syncline.validation.comparison.packed_cells import pack_cells
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.score_edges import ScoreEdges
from tests.security.candidate_trial import COLUMNS, TABLES, Asked, honest, joint_table

ALL = tuple(range(len(COLUMNS)))


def spelling(splits: Splits, levels: int) -> Splits:
    """Return splits of a first tree that send each of the 32 combinations to a leaf of its own score."""
    tree, level = divmod(levels - 1, DEPTH)
    column, right = np.zeros_like(splits.column), np.zeros_like(splits.right)
    leaves = np.zeros_like(splits.leaves)
    if tree == 0:
        column[:] = level
        right[:] = 1 << 2  # code 2 is "y"
        if level == DEPTH - 1:
            leaves[:] = np.arange(LEAVES) - LEAVES // 2
    return Splits(column, right, leaves)


def invented(request: Request) -> Request:
    """Return a request as the protocol would make it, with invented trees."""
    changed = [
        replace(question, newest=spelling(question.newest, question.levels))
        if isinstance(question, GrowTrees | ScoreTrees) and question.newest is not None
        else question
        for question in request.questions
    ]
    return replace(request, questions=tuple(changed))


def spied(directory: Path, requests: list[Request]) -> list[tuple[Request, Reply]]:
    """Return what a supplier answers to a hub that invents trees."""
    asked = Asked(directory, requests[0].questions[0].candidate)  # type: ignore[union-attr]
    return [(request, asked.ask(*invented(request).questions)) for request in requests]


def scored_training_rows(seen: list[tuple[Request, Reply]], places: int) -> list[int]:
    """Return the rows by score of the learners that tell training rows from held-out ones."""
    (reply,) = [
        reply for request, reply in seen if any(isinstance(one, ScoreTrees) for one in request.questions)
    ]
    histograms = reply.answers[0].dense()  # type: ignore[union-attr]
    kinds = len(histograms[: 2 * places * 4].reshape(-1, 2, places))
    assert kinds == 4
    own = histograms[: 2 * places * 4].reshape(kinds, 2, places)[1].sum(axis=0)
    return own.tolist()  # type: ignore[no-any-return]


def without_places(monkeypatch: pytest.MonkeyPatch, places: int = 256) -> None:
    """Take the coarse places away: a row is counted by its exact score, as a hub would like it."""
    for module in (plan, tree_scores, score_edges, parts):
        monkeypatch.setattr(module, "SCORE_BINS", places)
    monkeypatch.setattr(score_edges, "NOTHING", np.full((2, places), 0.5))
    monkeypatch.setattr(
        ScoreEdges,
        "places",
        lambda self, margins, *, apart: np.clip((margins >> (SCALE_BITS - 5)) + places // 2, 0, places - 1),
    )


def without_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the coarse chances away: sums are of the exact ones."""

    def exact(margins, lots, number, tree):  # type: ignore[no-untyped-def]
        return derivatives(margins, np.zeros(len(margins), np.bool_))

    monkeypatch.setattr(trees, "rounded_chances", exact)


def test_invented_leaves_do_not_spell_a_joint_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = joint_table(TABLES["south"])
    assert min(truth) > 0
    requests = honest(tmp_path)
    told = scored_training_rows(spied(tmp_path, requests), 15)
    assert sum(told) == sum(truth)
    assert len(told) < 2**4, "as many places hold no exact table of four columns, let alone of five"
    without_places(monkeypatch)
    exact = scored_training_rows(spied(tmp_path, requests), 256)
    assert exact[128 - LEAVES // 2 :][:LEAVES] == truth


# --- what one reply can tell apart -----------------------------------------------------------------

SCHEMA = Schema.from_yaml(
    "variables:\n" + "".join(f"  - {{name: {n}, kind: categorical, categories: [n, y]}}\n" for n in COLUMNS)
)
COMPARED = ComparedColumns(COLUMNS, ((),) * len(COLUMNS))
AIMS = Aims(("a", "b"), ("e",), ("a ~ b + c", "d ~ e"), b"lottery", "e")
UNIVERSE = np.array([[(n >> (4 - place)) & 1 for place in ALL] for n in range(32)])
"""All rows that there can be."""

TOTALS = (3000, 1000)


def made_table() -> CellTable:
    rng = np.random.default_rng(3)
    keys = tuple(rng.integers(0, 2, 1000) for _ in COLUMNS)
    return CellTable(SCHEMA, keys, (np.zeros(1000, np.uint8),) * len(COLUMNS), np.arange(1000))


OPENING = PersonCount(pack_cells(made_table()), COMPARED)
COMPARER = CandidateComparer(ComparisonTerms(SCHEMA, AIMS, released=1000))
BEGUN = CandidateMemory(OPENING.candidate, OPENING.table, COMPARED)
PLAN: ComparisonPlan = COMPARER._planned(replace(BEGUN, rows=TOTALS))
TREES = PLAN.levels // DEPTH


def one_row(row: np.ndarray, *, held: bool) -> Workspace:
    """Return a supplier of one row."""
    keys = tuple(np.array([value]) for value in row)
    batch = Batch(keys, (np.zeros(1, np.uint8),) * len(COLUMNS), np.array([held]), np.zeros(1, np.int64))
    return Workspace(MemoryTable(SCHEMA, [batch]))


HELD = {held: [one_row(row, held=held) for row in UNIVERSE] for held in (False, True)}


def forest_of(seed: int, levels: int, spell: bool) -> Forest:
    """Return trees as a hub may invent them: at random, or each row's own score first and then at random."""
    rng, learners = np.random.default_rng(seed), len(PLAN.learners)
    forest = Forest.empty(learners)
    for level in range(levels):
        nodes, last = 2 ** (level % DEPTH), level % DEPTH == DEPTH - 1
        splits = Splits(
            rng.integers(0, 5, (learners, nodes)).astype(np.uint16),
            rng.integers(0, 8, (learners, nodes)).astype(np.uint64),
            rng.integers(-128, 128, (learners, LEAVES if last else 0)).astype(np.int8),
        )
        forest = forest.grown(spelling(splits, level + 1) if spell and level < DEPTH else splits)
    return forest


def answers(question, memory: CandidateMemory, *, held: bool) -> np.ndarray:  # type: ignore[no-untyped-def]
    """Return what the reply holds for each row of the universe alone, (32, n_cells)."""
    found = [COMPARER.answer(question, table, memory) for table in HELD[held]]
    return np.stack([np.array(a.values) if hasattr(a, "values") else a.dense() for a in found])


def classes(part: np.ndarray) -> int:
    """Return how many rows of the universe the cells (32, ...) of one histogram tell apart."""
    return len(np.unique(part.reshape(len(part), -1), axis=0))


def remembered(forest: Forest | None, *, scored: bool = False) -> CandidateMemory:
    asked = 0 if forest is None else forest.levels
    memory = replace(BEGUN, rows=TOTALS, forest=forest, asked=asked + 1)
    return replace(memory, scored=scored, regressions=1)


def grown(forest: Forest) -> list[np.ndarray]:
    """Return what rows give to each sum by learner, kind, node and column: (32, codes) each."""
    question = _GROW if forest.levels == 0 else GrowTrees("", forest.levels, _splits_of(forest))
    n_codes = [column.n_codes for column in PLAN.bins]
    found = []
    for held in (False, True):
        whole = answers(question, remembered(forest), held=held)
        shaped = whole.reshape(32, len(PLAN.learners), 3, 2 ** (forest.levels % DEPTH), sum(n_codes))
        ends = np.cumsum([0, *n_codes])
        found += [
            shaped[:, learner, kind, node, low:high]
            for learner in range(shaped.shape[1])
            for kind in range(3)
            for node in range(shaped.shape[3])
            for low, high in pairwise(ends)
        ]
    return found


_GROW = GrowTrees("", 0, None, TOTALS, TOTALS)


def _splits_of(forest: Forest) -> Splits:
    nodes = 2 ** ((forest.levels - 1) % DEPTH)
    last, learners = forest.levels % DEPTH == 0, len(forest.column)
    return Splits(
        np.zeros((learners, nodes), np.uint16),
        np.zeros((learners, nodes), np.uint64),
        np.zeros((learners, LEAVES if last else 0), np.int8),
    )


def scored(forest: Forest, places: int) -> list[np.ndarray]:
    """Return what rows give to the histograms of each kind, of all rows and of each grouping's codes."""
    question, found = ScoreTrees("", forest.levels, _splits_of(forest)), []
    for held in (False, True):
        whole = answers(question, remembered(forest, scored=True), held=held)
        shaped = whole.reshape(32, 1 + sum(g.n_codes for g in PLAN.groups), PLAN.kinds, 2, places)
        starts = np.cumsum([1, *(group.n_codes for group in PLAN.groups)])
        by_group = [slice(0, 1), *(slice(a, b) for a, b in pairwise(starts))]
        found += [shaped[:, part, kind] for part in by_group for kind in range(PLAN.kinds)]
    return found


def declared(question, memory: CandidateMemory) -> int:  # type: ignore[no-untyped-def]
    return COMPARER.extent(question, memory).order


FEW = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@FEW
@given(st.integers(0, 2**32 - 1), st.integers(1, TREES * DEPTH - 1), st.booleans())
def test_sums_for_trees_tell_no_more_columns_apart_than_they_declare(
    seed: int, levels: int, spell: bool
) -> None:
    """Fewer classes than a table of one column more has cells, those of other nodes counted as one."""
    forest = forest_of(seed, levels, spell)
    order = declared(GrowTrees("", levels, _splits_of(forest)), remembered(forest))
    assert order == 3
    for part in grown(forest):
        assert classes(part) < 2 ** (order + 1)


@FEW
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_scores_tell_no_more_columns_apart_than_they_declare(seed: int, spell: bool) -> None:
    forest = forest_of(seed, TREES * DEPTH, spell)
    order = declared(ScoreTrees("", forest.levels, _splits_of(forest)), remembered(forest, scored=True))
    assert order == 3
    assert len(PLAN.groups) == 2
    assert all(classes(part) < 2 ** (order + 1) for part in scored(forest, 15))


def test_the_enumeration_sees_what_exact_chances_and_scores_would_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forest = forest_of(1, DEPTH, spell=True)
    assert max(map(classes, grown(forest))) < 16
    without_steps(monkeypatch)
    assert max(map(classes, grown(forest))) == 32
    whole = forest
    for _ in range(TREES * DEPTH - DEPTH):
        whole = whole.grown(_splits_of(Forest(whole.levels + 1, *_longer(whole))))
    without_places(monkeypatch)
    assert max(map(classes, scored(whole, 256))) == 32


def _longer(forest: Forest) -> tuple[np.ndarray, ...]:
    trees_ = -(-(forest.levels + 1) // DEPTH) - forest.column.shape[1]
    return tuple(
        np.concatenate([array, np.zeros((len(array), trees_, array.shape[2]), array.dtype)], axis=1)
        for array in (forest.column, forest.right, forest.leaves)
    )


@FEW
@given(st.integers(0, 2**32 - 1))
def test_sums_of_a_model_tell_no_more_columns_apart_than_it_has(seed: int) -> None:
    """Whatever coefficients a hub invents, rows that agree in a model's columns give the same sums."""
    rng = np.random.default_rng(seed)
    widths = [model.width for model in PLAN.candidate.models.values()]
    for memory in (remembered(None), remembered(forest_of(seed, TREES * DEPTH, False), scored=True)):
        asked = RegressionSums(
            "", tuple(rng.integers(-MAX_COEFFICIENT, MAX_COEFFICIENT + 1, (2, width)) for width in widths)
        )
        order = declared(asked, memory)
        groups = PLAN.groups if memory.scored else ()
        assert order == (4 if groups else 3) or order == 3
        for held in (False, True):
            whole = answers(asked, memory, held=held)
            slices_ = 1 + sum(group.n_codes for group in groups)
            shaped, start = whole.reshape(32, slices_, 2, -1), 0
            for model in PLAN.candidate.models.values():
                part = shaped[..., start : start + model.size]
                start += model.size
                ends = np.cumsum([1, *(group.n_codes for group in groups)])
                for low, high in zip([0, *ends[:-1]], ends, strict=True):
                    assert classes(part[:, low:high]) <= 2**order


def test_the_answer_about_the_candidate_tells_no_more_columns_apart_than_it_declares() -> None:
    memory = replace(remembered(None), judged=True)
    order = declared(ScoreCandidate(""), memory)
    layout, whole = PLAN.layout, answers(ScoreCandidate(""), memory, held=False)
    for name, (start, size) in pieces(layout).items():
        piece = whole[:, start : start + size]
        for part in by_grouping(piece) if "model" in name else [piece]:
            assert classes(part) <= 2**order, name
        if "set" in name:
            assert classes(whole[:, start : start + size]) <= 2**3, name


def by_grouping(piece: np.ndarray) -> list[np.ndarray]:
    """Return what is counted of a model's rows, and of those of each grouping: tables of their own."""
    ends = np.cumsum([0, 1, *(group.n_codes for group in PLAN.groups)])
    sliced = piece.reshape(len(piece), int(ends[-1]), -1)
    return [sliced[:, low:high].reshape(len(piece), -1) for low, high in itertools.pairwise(ends)]


def pieces(layout: AnswerLayout) -> dict[str, tuple[int, int]]:
    """Return where each piece of the answer stands."""
    starts = dict(layout._starts)
    ends = [*list(starts.values())[1:], layout.size]
    return {name: (start, end - start) for (name, start), end in zip(starts.items(), ends, strict=True)}
