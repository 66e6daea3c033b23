from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from syncline.validation.boosting import (
    MAX_BINS,
    SCALE_BITS,
    BoostSettings,
    derivatives,
    fit,
    histogram,
    split,
)


def made_up(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of five columns and labels that depend on three, one of them without an order."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 20, (n_rows, 5)).astype(np.uint8)
    odds = (
        (codes[:, 0] > 12) * 1.5
        + np.isin(codes[:, 1], [3, 7, 11]) * 2.0
        - (codes[:, 2] < 5) * (codes[:, 0] < 9)
    )
    return codes, rng.random(n_rows) < 1 / (1 + np.exp(1 - odds))


def test_it_ranks_as_well_as_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # else scikit-learn asks another program for the cores
    codes, labels = made_up(6000, 1)
    fresh, truth = made_up(6000, 2)
    categorical = np.array([False, True, False, False, False])
    own = roc_auc_score(truth, fit(codes, labels, categorical).margins(fresh))
    peer = HistGradientBoostingClassifier(
        max_iter=25, learning_rate=0.3, categorical_features=[1], random_state=0
    )
    theirs = roc_auc_score(truth, peer.fit(codes, labels).predict_proba(fresh)[:, 1])
    assert own > 0.7
    assert own > theirs - 0.01


def test_the_order_of_rows_changes_nothing() -> None:
    codes, labels = made_up(500, 3)
    order = np.random.default_rng(4).permutation(500)
    none = np.zeros(5, np.bool_)
    one, other = fit(codes, labels, none), fit(codes[order], labels[order], none)
    assert np.array_equal(one.margins(codes), other.margins(codes))


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 60))
def test_histograms_add_over_parts_of_the_rows(seed: int, n_rows: int, cut: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, MAX_BINS, (n_rows, 3)).astype(np.uint8)
    node = rng.integers(0, 4, n_rows)
    gradient, hessian = rng.integers(-(2**20), 2**20, n_rows), rng.integers(1, 2**18, n_rows)
    parts = [slice(0, cut), slice(cut, None)]
    added = sum(histogram(codes[p], node[p], gradient[p], hessian[p], 4) for p in parts)
    whole = histogram(codes, node, gradient, hessian, 4)
    assert np.array_equal(added, whole)
    for row in range(n_rows):
        assert (
            whole[0, node[row], 1, codes[row, 1]]
            == gradient[(node == node[row]) & (codes[:, 1] == codes[row, 1])].sum()
        )


def test_derivatives_are_those_of_the_logistic_loss() -> None:
    margins = np.array([-3.0, 0.0, 0.5, 40.0])
    labels = np.array([True, False, True, True])
    chance = 1 / (1 + np.exp(-margins))
    gradient, hessian = derivatives((margins * 2**SCALE_BITS).astype(np.int64), labels)
    assert gradient / 2**SCALE_BITS == pytest.approx(chance - labels, abs=1e-3)
    assert hessian / 2**SCALE_BITS == pytest.approx(chance * (1 - chance), abs=1e-3)


def test_a_node_without_gain_sends_all_rows_left() -> None:
    codes = np.zeros((10, 2), np.uint8)
    gradient, hessian = derivatives(np.zeros(10, np.int64), np.ones(10, np.bool_))
    _, right = split(
        histogram(codes, np.zeros(10, np.int64), gradient, hessian, 1), np.zeros(2, np.bool_), BoostSettings()
    )
    assert not right.any()
