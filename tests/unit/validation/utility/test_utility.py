from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import pytest
from scipy.stats.contingency import association
from sklearn.metrics import roc_auc_score

from syncline.validation.cell_table import CellTable
from syncline.validation.histograms import reached, superiority
from syncline.validation.intervals import wilson
from syncline.validation.utility.relations import cramers_v
from syncline.validation.utility.told import total_variation
from tests.unit.validation.compared import compared
from tests.unit.validation.utility.made_up import persons, shuffled

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(3000, 2), persons(3000, 3)


def figures(synthetic: CellTable, holdout: CellTable | None = HOLDOUT) -> dict[str, float]:
    found = compared(TRAIN, synthetic, holdout, target="ill").metrics
    return {name: metric.value for name, metric in found.items() if metric.value is not None}


@cache
def figures_of_fresh() -> Mapping[str, float]:
    """Return the figures of fresh rows, which several tests hold others against."""
    return MappingProxyType(figures(FRESH))


def test_fresh_rows_are_as_good_as_held_out_ones() -> None:
    found = compared(TRAIN, FRESH, HOLDOUT, target="ill").metrics
    for name in ("tv_1way", "tv_2way", "tv_3way", "auc_holdout", "tstr"):
        metric = found[name]
        assert metric.value is not None
        assert metric.floor is not None
        assert metric.value == pytest.approx(metric.floor, abs=0.03), name
        assert metric.interval is not None
        assert metric.interval[0] <= metric.value <= metric.interval[1]


def test_columns_without_each_other_are_seen() -> None:
    whole, torn = figures_of_fresh(), figures(shuffled(FRESH, 4))
    assert torn["tv_1way"] == pytest.approx(whole["tv_1way"], abs=1e-9)
    assert torn["tv_2way"] > whole["tv_2way"] + 0.1
    assert torn["auc_holdout"] > 0.7
    assert torn["association"] > whole["association"] + 0.1
    assert torn["tstr"] < 0.6 < whole["tstr"]


def test_a_lost_rare_category_is_named() -> None:
    common = FRESH.take(FRESH.keys[2] != 3)
    rare = compared(TRAIN, common, HOLDOUT).metrics["rare_categories"]
    assert rare.value == 0
    assert rare.interval == pytest.approx(wilson(0, 1))
    assert rare.detail == {"missing": [{"column": "ward", "categories": 1, "of": 1}]}
    share = (TRAIN.keys[2] == 3).mean()
    assert rare.floor == pytest.approx(1 - (1 - share) ** common.n_rows)
    assert figures_of_fresh()["rare_categories"] == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_neither_order_nor_repetition_of_the_run_changes_a_figure(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(3000)
    one, other = figures(FRESH.take(order), HOLDOUT.take(order)), dict(figures_of_fresh())
    for found in (one, other):
        found.pop("membership")  # of two synthetic rows that are equally close the first one counts
    assert one == other


def test_shares_are_those_of_the_tables_and_small_real_cells_are_hidden() -> None:
    found = compared(TRAIN, FRESH, HOLDOUT, min_cell=40).distributions
    ward = found[2]
    assert isinstance(ward, dict)
    assert [label.removesuffix(", or missing") for label in ward["labels"]] == ["a", "b", "c", "rare"]
    assert ward["synthetic"] == [round(float((FRESH.keys[2] == k).mean()), 6) for k in range(4)]
    assert ward["real"][3] is None
    assert 0 < (TRAIN.keys[2] == 3).sum() < 40
    for column in found:
        assert isinstance(column, dict)
        assert len(column["labels"]) == len(column["synthetic"]) == len(column["real"])


def test_total_variation_is_that_of_a_naive_sum() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.integers(0, 9, (4, 5)), rng.integers(0, 9, (4, 5))
    naive = sum(abs(a / one.sum() - b / two.sum()) for a, b in zip(one.flat, two.flat, strict=True)) / 2
    assert total_variation(one, two) == pytest.approx(naive)


def test_cramers_v_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    table = rng.integers(1, 40, (4, 6))
    assert cramers_v(table) == pytest.approx(association(table, method="cramer"))
    assert cramers_v(np.diag([5, 7, 9])) == pytest.approx(1)
    assert cramers_v(np.array([[4, 0], [3, 0]])) == 0


def test_superiority_is_the_area_under_the_curve() -> None:
    rng = np.random.default_rng(3)
    one, two = rng.integers(3, 12, 200), rng.integers(0, 9, 300)
    counts = [np.bincount(scores, minlength=12) for scores in (one, two)]
    truth, scores = np.repeat([1, 0], [200, 300]), np.concatenate([one, two])
    area, (low, high) = superiority(*counts)
    assert area == pytest.approx(roc_auc_score(truth, scores))
    assert low < area < high
    used, others = np.array(reached(*counts)).T / [[200], [300]]
    assert np.trapezoid(used, others) == pytest.approx(area)


def test_the_interval_of_an_area_covers_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    shift = 8
    truth = np.mean(rng.normal(shift, 10, 200_000) > rng.normal(0, 10, 200_000))
    covered = 0
    for _ in range(300):
        scores = [np.clip(np.rint(rng.normal(m, 10, 120)) + 60, 0, 120).astype(int) for m in (shift, 0)]
        _, (low, high) = superiority(*(np.bincount(s, minlength=121) for s in scores))
        covered += low <= truth <= high
    assert 0.91 < covered / 300 < 0.985
