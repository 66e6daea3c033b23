"""Answers by subgroup: each slice is what the rows of one category give alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from syncline.data.batch import Batch, MemoryTable
from syncline.data.schema import Schema
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.growth import MOST_SUBGROUPS, Grouping, slices
from syncline.questions.regression import MOST_SUMS, RegressionSums
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import Aims, Candidate, groupings
from syncline.validation.comparison.comparison import Comparison, ComparisonState
from syncline.validation.comparison.parts import by_slice, slice_of
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.rows import ComparableRows
from syncline.validation.comparison.score_edges import KINDS
from syncline.validation.comparison.tree_scores import ScoreHistograms
from syncline.validation.comparison.trees import TreeRows
from syncline.validation.utility.regression import RegressionModel
from tests.unit.validation.comparison.parties import (
    AIMS,
    COMPARED,
    MODELS,
    SCHEMA,
    candidate,
    comparer,
    dealt,
    run,
    workspace,
)

BATCH = workspace(700, 1)
AIMED = replace(AIMS, keys=("age", "ward", "ill"))
WANTED = Comparison(candidate(1000, 9), COMPARED, AIMED, "ill", persons=True)
GROUPS = (Grouping("ward", 5), Grouping("ill", 3))
PLACES = {"ward": 2, "ill": 3}


ROWS = (int((~BATCH.holdout).sum()), int(BATCH.holdout.sum()))


def last_memory() -> tuple[CandidateMemory, RegressionSums]:
    """Return what a supplier remembers once scores are asked, and the sums that are asked beside them."""
    asked: list[ComparisonState] = []

    class Listening(Comparison):
        def step(self, state, replies, missing):  # type: ignore[no-untyped-def]
            asked.append(state)
            return super().step(state, replies, missing)

    listening = Listening(candidate(1000, 9), COMPARED, AIMED, "ill", persons=True)
    run(listening, dealt(BATCH, np.zeros(700, np.int64), 1, 10_000))
    state = asked[-1]
    _, sums, _ = state.asked
    assert isinstance(sums, RegressionSums)
    assert state.memory is not None
    told = replace(state.memory, table=WANTED.table)
    return told.after(state.asked), sums


MEMORY, SUMS = last_memory()
PLAN = ComparisonPlan(WANTED.candidate, ROWS)


def test_groups_are_the_key_columns_of_few_categories() -> None:
    assert PLAN.groups == GROUPS
    assert groupings(WANTED.candidate, 6) == GROUPS[:1], "one slice is that of all rows"
    assert groupings(WANTED.candidate, 5) == GROUPS[1:], "what fits is taken"
    assert groupings(WANTED.candidate, 3) == ()
    assert groupings(Candidate(candidate(50, 1), Aims()), 1000) == ()


@pytest.mark.parametrize("group", GROUPS, ids=["ward", "ill"])
def test_each_slice_is_the_answer_of_its_rows_alone(group: Grouping) -> None:
    """A row each: by which learners a person is judged follows from all rows of the person."""
    assert BATCH.owner is not None
    firsts = BATCH.take(np.unique(BATCH.owner, return_index=True)[1])
    scored, sums = scores(firsts), sums_of(firsts)
    for code in range(group.n_codes):
        place = slice_of(GROUPS, group.column, code)
        assert place is not None
        keys, status = firsts.keys[PLACES[group.column]], firsts.status[PLACES[group.column]]
        inside = (status != 0) if code == 0 else ((status == 0) & (keys == code - 1))
        batch = firsts.take(inside)
        own = slice_of(GROUPS, group.column, code)
        assert np.array_equal(by_slice(scored, GROUPS)[place], by_slice(scores(batch), GROUPS)[own])
        assert by_slice(scores(batch), GROUPS)[place].sum() == by_slice(scores(batch), GROUPS)[0].sum()
        assert np.array_equal(
            sums.reshape(slices(GROUPS), -1)[place], sums_of(batch).reshape(slices(GROUPS), -1)[0]
        )


def test_a_columns_slices_are_together_the_whole() -> None:
    """In places as coarse as those of subgroups, the rows of all subgroups are all rows."""
    whole, *others = sums_of(BATCH).reshape(slices(GROUPS), -1)
    assert np.array_equal(np.sum(others[:5], axis=0), whole)
    assert np.array_equal(np.sum(others[5:], axis=0), whole)
    whole, *others = by_slice(scores(BATCH), GROUPS).sum(axis=-1)
    assert np.array_equal(np.sum(others[:5], axis=0), whole)
    assert np.array_equal(np.sum(others[5:], axis=0), whole)


def test_subgroups_have_fewer_places_for_scores() -> None:
    whole, *others = by_slice(scores(BATCH), GROUPS)
    target = slice(len(KINDS), None)
    assert [int(np.flatnonzero(part.any(axis=(0, 1))).max()) for part in (whole[:2], whole[target])] == [
        14,
        6,
    ]
    assert all(not other[:2, :, 7:].any() and not other[target, :, 3:].any() for other in others)


def scores(batch: Batch) -> np.ndarray:
    assert MEMORY.forest is not None
    rows = ComparableRows(Workspace(MemoryTable(SCHEMA, [batch])), COMPARED).sampled_rows(b"", 10**6, ROWS)
    return ScoreHistograms.of(PLAN, MEMORY.forest, TreeRows.of(PLAN.bins, "ill", rows)).rows.reshape(-1)


def sums_of(batch: Batch) -> np.ndarray:
    answer = comparer(WANTED).answer(SUMS, Workspace(MemoryTable(SCHEMA, [batch])), MEMORY)
    return np.array(answer.values)  # type: ignore[union-attr]


def test_the_step_is_asked_at_the_coefficients_of_all_training_rows() -> None:
    evidence = run(WANTED, dealt(BATCH, np.arange(700) % 2, 2, 10_000))
    for text, asked in zip(MODELS, evidence.asked, strict=True):
        train, _ = evidence.sums[text].fits(RegressionModel.of(text, WANTED.candidate.cells))
        assert np.array_equal(asked, np.stack([train.coefficients] * 2))


@pytest.mark.parametrize("n_codes", [0, 1, MOST_SUBGROUPS + 2])
def test_a_number_of_subgroups_beyond_the_bounds_is_no_grouping(n_codes: int) -> None:
    with pytest.raises(ValueError, match="subgroup column"):
        Grouping("ward", n_codes)


def test_an_answer_of_too_many_subgroups_is_not_asked() -> None:
    """Sums of wide models are asked by fewer subgroups: a supplier would take some 40 GB for all of them."""
    text = "variables:\n" + "".join(
        f"  - {{name: c{n}, kind: categorical, categories: [{', '.join(f'v{k}' for k in range(12))}]}}\n"
        for n in range(30)
    )
    schema, rng = Schema.from_yaml(text), np.random.default_rng(1)
    keys = tuple(rng.integers(0, 12, 1000) for _ in range(30))
    cells = CellTable(schema, keys, (np.zeros(1000, np.uint8),) * 30, np.arange(1000))
    names = tuple(f"c{n}" for n in range(30))
    few = ComparisonPlan(Candidate(cells, Aims(names)), ROWS)
    assert len(few.groups) == 30
    yes_no = schema.variables[0].model_copy(update={"categories": ("v0", "v1")})
    two = replace(
        cells,
        schema=Schema(variables=(yes_no, *schema.variables[1:])),
        keys=(cells.keys[0] % 2, *cells.keys[1:]),
    )
    wide = ComparisonPlan(Candidate(two, Aims(names, (), (f"c0 ~ {' + '.join(names[1:20])}",))), ROWS)
    sums = 2 * sum(model.size for model in wide.candidate.models.values())
    assert 0 < slices(wide.groups) * sums <= MOST_SUMS < slices(few.groups) * sums
