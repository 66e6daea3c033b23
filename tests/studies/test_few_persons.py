"""Nothing is printed of fewer persons than the smallest cell, however many rows they have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from syncline.data.batch import Batch
from syncline.questions.growth import SCORE_BINS
from syncline.validation.comparison.assessment import Assessment, Criteria, assess
from syncline.validation.comparison.comparison import Comparison
from syncline.validation.comparison.parts import Scored
from tests.unit.validation.comparison.parties import AIMS, COMPARED, MODELS, candidate, dealt, run, workspace

WANTED = Comparison(candidate(1000, 9), COMPARED, AIMS, "ill", persons=True)
MIN_CELL = 11


def busy(batch: Batch, persons: int, rows: int) -> Batch:
    """Return the batch with some persons in ward ``rare``, 110 years old, of many rows each, no others."""
    assert batch.owner is not None
    kept = batch.take(batch.keys[2] != 3)
    chosen = np.unique(kept.owner)[:persons]
    first = np.array([int(np.flatnonzero(kept.owner == owner)[0]) for owner in chosen])
    more = kept.take(np.repeat(first, rows))
    assert more.owner is not None
    keys = (np.full(more.n_rows, 110), more.keys[1], np.full(more.n_rows, 3), more.keys[3])
    return Batch(
        tuple(np.concatenate(pair) for pair in zip(kept.keys, keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(kept.status, more.status, strict=True)),
        np.concatenate([kept.holdout, np.zeros(more.n_rows, np.bool_)]),
        np.concatenate([kept.owner, more.owner]),
    )


def found(batch: Batch) -> Assessment:
    evidence = run(WANTED, dealt(batch, np.zeros(10_000, np.int64), 1, 10_000))
    return assess(WANTED.candidate, WANTED.digest, evidence, Criteria(min_cell=MIN_CELL, target="ill"))


def real_share(assessment: Assessment, column: str, label: str) -> Any:
    rows = cast("tuple[dict[str, Any], ...]", assessment.distributions)
    row = next(row for row in rows if row["column"] == column)
    return row["real"][row["labels"].index(label)]


@pytest.mark.parametrize(("persons", "shown"), [(3, False), (10, False), (40, True)])
def test_many_rows_of_few_persons_are_not_shown(persons: int, shown: bool) -> None:
    assessment = found(busy(workspace(700, 1), persons, 20))
    assert (real_share(assessment, "ward", "rare") is not None) == shown
    groups = [row["subgroup"] for row in cast("tuple[dict[str, Any], ...]", assessment.subgroups)]
    assert ("rare" in groups) == shown
    beyond = assessment.metrics["beyond_range"]
    assert isinstance(beyond.detail, dict)
    columns = [row["column"] for row in cast("list[dict[str, Any]]", beyond.detail["worst"])]
    assert ("age" in columns) == shown
    assert beyond.interval is not None
    assert beyond.interval[1] > 60 * persons / 20 / 2000 / 2


def test_a_supplier_of_few_persons_has_no_figures_of_its_own() -> None:
    batch = busy(workspace(700, 1), 3, 40)
    assert batch.owner is not None
    own = np.unique(batch.owner)
    part = np.zeros(len(own), np.int64)
    part[:3], part[3:100] = 1, 2
    evidence = run(WANTED, dealt(batch, part, 3, 10_000))
    rows = assess(WANTED.candidate, WANTED.digest, evidence, Criteria(min_cell=MIN_CELL)).by_supplier
    told = {row["name"]: row for row in cast("tuple[dict[str, Any], ...]", rows)}
    assert told["p0"]["rows"] > 1000
    assert (told["p1"]["rows"], told["p1"]["metrics"]) == (None, {})
    assert "11 people" in told["p1"]["words"]


@pytest.mark.parametrize(("persons", "rows", "shown"), [(3, 40, False), (40, 3, True)])
def test_a_coefficient_of_few_persons_is_left_out(persons: int, rows: int, shown: bool) -> None:
    batch = busy(workspace(700, 1), persons, rows)
    evidence = run(WANTED, dealt(batch, np.arange(700) // 650, 2, 10_000))
    found = assess(WANTED.candidate, WANTED.digest, evidence, Criteria(min_cell=MIN_CELL))
    figure = found.metrics["regression:weight ~ age + ward"]
    assert figure.value is not None
    assert (figure.detail is not None) == shown
    if figure.detail is not None:
        detail = cast("dict[str, Any]", figure.detail)
        assert {"(intercept)", "age", "ward=rare"} < {row["name"] for row in detail["coefficients"]}
    assert found.metrics["regression:ill ~ age + weight"].detail is not None


@pytest.mark.parametrize(("missing", "shown"), [(0, True), (4, False), (60, True)])
def test_the_rows_of_a_model_do_not_tell_how_few_lack_a_value(missing: int, shown: bool) -> None:
    batch = workspace(700, 1)
    assert batch.owner is not None
    lacks = np.isin(batch.owner, np.unique(batch.owner[~batch.holdout])[:missing])
    status = (batch.status[0], np.zeros(batch.n_rows, np.uint8), np.where(lacks, 1, 0).astype(np.uint8))
    keys = (*batch.keys[:2], np.where(lacks, 0, batch.keys[2]), batch.keys[3])
    figure = found(replace(batch, keys=keys, status=(*status, batch.status[3])))
    assert (figure.metrics[f"regression:{MODELS[0]}"].detail is not None) == shown
    assert figure.metrics[f"regression:{MODELS[1]}"].detail is not None


@pytest.mark.parametrize(("ill", "shown"), [(3, False), (200, True)])
def test_what_depends_on_a_category_that_few_persons_have_is_left_out(ill: int, shown: bool) -> None:
    """A supplier's ill persons are few, with many rows."""
    batch = workspace(700, 1)
    assert batch.owner is not None
    own = np.unique(batch.owner[~batch.holdout])
    part = np.isin(np.unique(batch.owner), own[:300]).astype(np.int64)
    is_ill = np.isin(batch.owner, own[:ill]) | (~np.isin(batch.owner, own[:300]) & (batch.keys[3] == 1))
    keys = (*batch.keys[:3], is_ill.astype(np.int64))
    batch = Batch(keys, batch.status, batch.holdout, batch.owner)
    more = batch.take(np.repeat(np.flatnonzero(np.isin(batch.owner, own[:3])), 30))
    joined = Batch(
        tuple(np.concatenate(pair) for pair in zip(batch.keys, more.keys, strict=True)),
        tuple(np.concatenate(pair) for pair in zip(batch.status, more.status, strict=True)),
        np.concatenate([batch.holdout, more.holdout]),
        np.concatenate([batch.owner, cast("Any", more.owner)]),
    )
    evidence = run(WANTED, dealt(joined, part, 2, 10_000))
    rows = assess(WANTED.candidate, WANTED.digest, evidence, Criteria(min_cell=MIN_CELL)).by_supplier
    told = {row["name"]: row for row in cast("tuple[dict[str, Any], ...]", rows)}
    figures = told["p1"]["metrics"]
    assert (figures["regression:ill ~ age + weight"]["value"] is not None) == shown
    assert figures["regression:weight ~ age + ward"]["value"] is not None


@pytest.mark.parametrize(("train", "shown"), [(10, False), (11, True)])
def test_a_parts_floor_of_few_scored_rows_is_left_out(train: int, shown: bool) -> None:
    """A hash sample may leave few of a part's rows to be scored."""
    counts = np.zeros((2, 2, SCORE_BINS), np.int64)
    counts[0, :, 2:5] = 50
    counts[1, 0, 2:5] = train
    counts[1, 1, 2:5] = 50
    chances = np.linspace(0, 1, 2 * SCORE_BINS).reshape(2, SCORE_BINS)
    for figure in Scored(counts, "", chances, True, MIN_CELL).figures():
        assert figure.value is not None
        assert (figure.floor is not None) == shown


@pytest.mark.parametrize(("ill", "shown"), [(3, False), (80, True)])
def test_a_prediction_of_what_few_persons_have_is_left_out(ill: int, shown: bool) -> None:
    """A supplier's held-out ill persons are few, with many rows."""
    batch = workspace(700, 1)
    assert batch.owner is not None
    held = np.unique(batch.owner[batch.holdout])
    is_ill = np.isin(batch.owner, held[:ill]) | (~batch.holdout & (batch.keys[3] == 1))
    batch = Batch((*batch.keys[:3], is_ill.astype(np.int64)), batch.status, batch.holdout, batch.owner)
    rows = np.repeat(np.flatnonzero(np.isin(batch.owner, held[:3])), 30)
    whole = batch.take(np.concatenate([np.arange(batch.n_rows), rows]))
    part = np.isin(np.unique(batch.owner), held).astype(np.int64)
    part[np.flatnonzero(part == 0)[:200]] = 1
    evidence = run(WANTED, dealt(whole, part, 2, 10_000))
    judged = Criteria(min_cell=MIN_CELL, target="ill")
    found = assess(WANTED.candidate, WANTED.digest, evidence, judged)
    told = {row["name"]: row for row in cast("tuple[dict[str, Any], ...]", found.by_supplier)}
    assert (told["p1"]["metrics"]["tstr"]["value"] is not None) == shown
    assert told["p1"]["metrics"]["auc_holdout"]["value"] is not None
