from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from syncline.validation.cell_table import CellTable
from syncline.validation.metric import Metric
from syncline.validation.utility.relations import rank_correlation, rank_correlation_error
from tests.unit.validation.compared import compared, tables_of
from tests.unit.validation.utility.made_up import persons, shuffled

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(2000, 2), persons(2500, 3)
CELLS = st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), min_size=3, max_size=5)


def together(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of single rows that have both values."""
    known = counts[1:, 1:]
    first, second = np.indices(known.shape)
    return np.repeat(first.ravel(), known.ravel()), np.repeat(second.ravel(), known.ravel())


@given(CELLS)
def test_it_is_spearmans_of_scipy(cells: list[list[int]]) -> None:
    counts = np.array(cells, np.int64)
    first, second = together(counts)
    if len(set(first.tolist())) < 2 or len(set(second.tolist())) < 2:
        assert rank_correlation(counts) == 0
        return
    assert rank_correlation(counts) == pytest.approx(spearmanr(first, second).statistic, abs=1e-9)


@pytest.mark.parametrize("strength", [0, 2, 12])
def test_the_error_is_the_spread_over_samples(strength: int) -> None:
    rng = np.random.default_rng(4)
    shares = np.exp(-strength * np.abs(np.subtract.outer(np.linspace(0, 1, 8), np.linspace(0, 1, 8))))
    shares[0] = shares[:, 0] = 0
    shares /= shares.sum()
    drawn = [rng.multinomial(800, shares.ravel()).reshape(8, 8) for _ in range(400)]
    spread = np.std([rank_correlation(counts) for counts in drawn])
    errors = [rank_correlation_error(counts) for counts in drawn]
    assert np.mean(errors) == pytest.approx(spread, rel=0.25)


def test_no_rows_have_no_correlation_and_no_error() -> None:
    nobody = np.zeros((3, 3), np.int64)
    assert (rank_correlation(nobody), rank_correlation_error(nobody)) == (0, 0)


def figure(synthetic: CellTable, holdout: CellTable | None = HOLDOUT) -> Metric:
    return compared(TRAIN, synthetic, holdout).metrics["correlation"]


def test_torn_columns_lose_their_correlation_and_are_named() -> None:
    whole, torn = figure(FRESH), figure(shuffled(FRESH, 4))
    assert whole.value is not None
    assert torn.value is not None
    assert torn.floor is not None
    assert torn.interval is not None
    assert torn.interval[0] > 0.3 > 0.1 > whole.value
    assert torn.floor == whole.floor < 0.1
    worst = torn.detail["worst"][0]  # type: ignore[index,call-overload]
    assert worst["columns"] == ["age", "pressure"]
    assert abs(worst["synthetic"]) < 0.1 < 0.4 < worst["real"]


def test_only_pairs_of_numbers_are_correlated() -> None:
    tables = tables_of(TRAIN, FRESH, None)
    assert tables.correlation().floor is None
    names = {tuple(row["columns"]) for row in tables.correlation().detail["worst"]}  # type: ignore[index,call-overload,union-attr]
    assert names == {("age", "pressure")}
    few = type(tables)(type(tables.bins)(tables.bins.columns[1:]), (), tables.pairs[3:], ())
    assert few.correlation().value is None
