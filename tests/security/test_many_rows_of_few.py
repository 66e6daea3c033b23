"""A report's reader where one person has many rows: cells, runs and models are of people.

Whoever has many rows is one person. Judged by the mean rows of a person such a one would fill a cell that
nobody else is in.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from syncline.data.batch import Batch
from syncline.privacy import people_rule
from syncline.privacy.people_rule import hidden_cells, runs_of
from syncline.questions.growth import SCORE_BINS
from syncline.validation.comparison.assessment import Criteria, assess
from syncline.validation.comparison.comparison import Comparison
from syncline.validation.comparison.counted import Counted
from syncline.validation.comparison.layout import AnswerLayout
from syncline.validation.comparison.parts import Scored
from syncline.validation.utility.told import ToldCounts
from tests.unit.validation.comparison.parties import AIMS, COMPARED, MODELS, candidate, dealt, run, workspace

LEAST = 11
WANTED = Comparison(candidate(1000, 9), COMPARED, AIMS, "ill", persons=True)
WARD, ILL = 2, 3


def with_lone_cell(holders: int, each: int) -> Batch:
    """Return visits of 700 people of whom few alone are ill in ward ``c``, with so many visits each."""
    batch = workspace(700, 1)
    assert batch.owner is not None
    ill = np.where(batch.keys[WARD] == 2, 0, batch.keys[ILL])
    batch = Batch((*batch.keys[:ILL], ill), batch.status, batch.holdout, batch.owner)
    others = np.unique(cast("np.ndarray", batch.owner)[(batch.keys[WARD] != 2) & ~batch.holdout])[:holders]
    first = [int(np.flatnonzero(batch.owner == owner)[0]) for owner in others]
    more = batch.take(np.repeat(first, each))
    keys = (*more.keys[:WARD], np.full(more.n_rows, 2), np.ones(more.n_rows, np.int64))
    return Batch(
        tuple(np.concatenate(pair) for pair in zip(batch.keys, keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(batch.status, more.status, strict=True)),
        np.concatenate([batch.holdout, more.holdout]),
        np.concatenate([batch.owner, cast("np.ndarray", more.owner)]),
    )


def counted(batch: Batch) -> Counted:
    evidence = run(WANTED, dealt(batch, np.arange(700) % 2, 2, 10_000))
    return Counted(WANTED.candidate, evidence, "ill", LEAST)


def ward_by_ill(found: Counted) -> ToldCounts:
    tables = found.tables
    return next(one for one in tables.pairs if set(one.columns) == {"ward", "ill"})


@pytest.mark.parametrize("holders", [1, 4, 10])
def test_a_cell_of_a_pair_that_few_persons_fill_is_hidden(holders: int, monkeypatch) -> None:
    batch = with_lone_cell(holders, 300 // holders)

    def lone() -> tuple[int, bool]:
        pair = ward_by_ill(counted(batch))
        ward, ill = pair.columns.index("ward"), pair.columns.index("ill")
        cell = [0, 0]
        cell[ward], cell[ill] = 3, 2
        return int(pair.train[tuple(cell)]), bool(pair.mask[tuple(cell)])

    rows, hidden = lone()
    assert rows == 300 // holders * holders
    assert hidden
    monkeypatch.setattr(AnswerLayout, "buckets", lambda self, answer, name: None)
    assert lone() == (rows, False)


def test_a_cell_of_many_persons_is_told() -> None:
    pair = ward_by_ill(counted(workspace(700, 1)))
    assert pair.is_told
    assert pair.has_floor


@pytest.mark.parametrize("holders", [1, 4, 10])
def test_no_run_of_scores_is_of_few_persons(holders: int) -> None:
    """A place of scores in which few persons have all rows stands in a run with others."""
    rows = np.zeros((2, 2, SCORE_BINS), np.int64)
    rows[:, :, 2:5] = 50
    buckets = np.zeros((2, 2, SCORE_BINS), np.uint64)
    buckets[:, :, 2:4] = np.uint64(2**40 - 1)
    buckets[:, :, 4] = np.uint64(2**holders - 1)
    chances = np.linspace(0, 1, 2 * SCORE_BINS).reshape(2, SCORE_BINS)
    judged, by_rows = (
        Scored(rows, "", chances, True, LEAST, buckets=seen, moved=LEAST).figures()
        for seen in (buckets, None)
    )
    assert [figure.floor for figure in judged] == [None, None]
    assert None not in [figure.floor for figure in by_rows]


def test_scores_carry_the_buckets_of_their_rows() -> None:
    found = counted(workspace(700, 1)).scored
    assert found.buckets is not None
    filled = found.counts[:, 1] > 0
    assert (np.bitwise_count(found.buckets[:, 1])[filled] > 0).all()
    runs = runs_of(LEAST, found.buckets[0, 1])
    for run_of in range(int(runs[-1]) + 1):
        seen = np.bitwise_or.reduce(found.buckets[0, 1][runs == run_of])
        assert int(seen) == 0 or int(seen).bit_count() >= LEAST


def test_what_told_cells_leave_is_of_enough_persons_who_count_once(monkeypatch) -> None:
    """Six people stand in both hidden cells of a line: told were what the two are together."""
    six, others = np.uint64(2**6 - 1), np.uint64(2**40 - 2**20)
    buckets = np.array([[six, six, others, others], [others, others, others, others]])
    people = np.bitwise_count(buckets).astype(np.int64)
    hidden = hidden_cells([people], LEAST, buckets=[buckets])
    assert hidden[0].sum() > 2
    monkeypatch.setattr(people_rule, "_within", lambda p, b, h, axis: np.where(h, p, 0).sum(axis=axis))
    assert hidden_cells([people], LEAST, buckets=[buckets])[0].sum() == 2


def with_few_complete(holders: int, each: int) -> Batch:
    """Return 700 people of whom half lack the age and half the weight, but for few of so many visits each."""
    batch = with_lone_cell(holders, each)
    assert batch.owner is not None
    _, number = np.unique(batch.owner, return_inverse=True)
    lone = np.arange(batch.n_rows) >= batch.n_rows - holders * each
    lacks = [~lone & (number % 2 == 0), ~lone & (number % 2 == 1)]
    status = [np.where(lack, np.uint8(1), np.uint8(0)) for lack in lacks]
    age = np.where(lone, 20 + np.arange(batch.n_rows) % 60, batch.keys[0])
    ill = np.where(lone, np.arange(batch.n_rows) % 3 == 0, batch.keys[ILL]).astype(np.int64)
    keys = [np.where(lack, 0, own) for lack, own in zip(lacks, (age, batch.keys[1]), strict=True)]
    return Batch((*keys, batch.keys[WARD], ill), (*status, *batch.status[2:]), batch.holdout, batch.owner)


@pytest.mark.parametrize("holders", [1, 4, 10])
def test_a_model_whose_complete_rows_are_of_few_persons_is_not_shown(holders: int, monkeypatch) -> None:
    """Each of its columns is known of hundreds of people."""
    batch = with_few_complete(holders, 300 // holders)

    def shown() -> list[bool]:
        evidence = run(WANTED, dealt(batch, np.arange(700) % 2, 2, 10_000))
        found = assess(WANTED.candidate, WANTED.digest, evidence, Criteria(min_cell=LEAST, target="ill"))
        figure = found.metrics[f"regression:{MODELS[1]}"]
        groups = cast("tuple[dict[str, Any], ...]", found.subgroups)
        parts = [group["metrics"][f"regression:{MODELS[1]}"]["value"] for group in groups]
        return [value is not None for value in (figure.value, *parts)]

    assert not any(shown())
    monkeypatch.setattr(AnswerLayout, "buckets", lambda self, answer, name: None)
    assert shown()[0]
    assert any(shown()[1:])
