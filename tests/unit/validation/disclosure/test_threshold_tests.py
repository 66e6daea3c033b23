from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from syncline.validation.disclosure.recognition import N_BINS
from syncline.validation.disclosure.threshold_tests import (
    Stratum,
    exact_tests,
    tail_probability,
    top_tests,
)


def test_one_stratum_is_fishers_test() -> None:
    seen, control, n_train, n_holdout = 12, 3, 400, 300
    table = [[seen, n_train - seen], [control, n_holdout - control]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    found = tail_probability([seen + control], [n_train], [n_train + n_holdout], seen)
    assert found == pytest.approx(expected, rel=1e-9)


def test_strata_are_added() -> None:
    rng = np.random.default_rng(5)
    drawn, train, people = [9, 4, 0], [30, 5, 7], [50, 25, 9]
    draws = sum(
        rng.hypergeometric(k, n - k, d, 200_000) if d else 0
        for d, k, n in zip(drawn, train, people, strict=True)
    )
    found = tail_probability(drawn, train, people, 8)
    assert found == pytest.approx(float((draws >= 8).mean()), abs=0.005)


def stratum(train: dict[int, int], holdout: dict[int, int], n_train: int, n_holdout: int) -> Stratum:
    parts = []
    for counts in (train, holdout):
        bins = np.zeros(N_BINS, np.int64)
        for place, count in counts.items():
            bins[place] = count
        parts.append(bins)
    return Stratum(*parts, n_train, n_holdout)


def test_the_lower_limit_is_the_one_of_clopper_and_pearson() -> None:
    chosen = stratum({700: 40}, {700: 10}, 1000, 1000)
    test = exact_tests([chosen], 0.001, 0.0)[-1]
    share = stats.binomtest(40, 50).proportion_ci(0.998, "exact").low
    assert test.lower == pytest.approx(50 * (share - (1 - share)) / 1000)
    assert test.excess == pytest.approx(0.03)
    assert test.fails


def test_a_top_share_never_takes_more_than_its_part_unless_one_bin_holds_more() -> None:
    many = stratum({100: 5, 90: 500, 0: 495}, {100: 4, 90: 500, 0: 496}, 1000, 1000)
    chosen = [test.train + test.holdout for test in top_tests("gap", [many], 0.01, 0.0)]
    assert chosen == [9, 9, 9, 9, 9]
    tied = stratum({90: 500, 0: 500}, {90: 500, 0: 500}, 1000, 1000)
    assert [test.train for test in top_tests("gap", [tied], 0.01, 0.0)] == [500] * 5


def test_an_empty_series_never_fails() -> None:
    nobody = stratum({}, {}, 0, 0)
    tests = exact_tests([nobody], 0.01, 0.0) + top_tests("gap", [nobody], 0.01, 0.0)
    assert not any(test.fails for test in tests)
