from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from syncline.validation.intervals import (
    association_error,
    mean_area,
    mean_error,
    mean_interval,
    propensity_mse,
    variation_error,
    wilson,
)
from syncline.validation.utility.relations import cramers_v
from syncline.validation.utility.told import total_variation

REPEATS = 400
COVERED = (0.92, 0.98)
"""Of 400 intervals at 95 % so many cover the truth, but for about 1 in 100 runs of such a test."""

P = np.array([0.30, 0.22, 0.18, 0.14, 0.10, 0.06])
Q = np.array([0.20, 0.28, 0.12, 0.20, 0.05, 0.15])
TABLE = np.array([[0.20, 0.10, 0.05], [0.05, 0.25, 0.05], [0.10, 0.05, 0.15]])
OTHER = np.array([[0.15, 0.10, 0.10], [0.10, 0.18, 0.07], [0.10, 0.10, 0.10]])


def coverage(truth: float, draw: Callable[[np.random.Generator], tuple[float, float]]) -> float:
    """Return how often value and error, drawn again and again, cover the truth."""
    rng = np.random.default_rng(1)
    found = [draw(rng) for _ in range(REPEATS)]
    return float(np.mean([abs(value - truth) <= 1.96 * error for value, error in found]))


def test_the_error_of_a_mean_is_that_of_the_rows_themselves() -> None:
    rows = np.array([1.0, 1.0, 3.0, 4.0, 4.0, 4.0])
    weights, counts = np.unique(rows, return_counts=True)
    assert mean_error(weights, counts) == pytest.approx(rows.std() / np.sqrt(len(rows)))
    assert mean_error(weights, np.zeros(3, np.int64)) == 0


def test_the_interval_of_a_total_variation_covers_it_as_often_as_it_says() -> None:
    def draw(rng: np.random.Generator) -> tuple[float, float]:
        first, second = rng.multinomial(1500, P), rng.multinomial(900, Q)
        return total_variation(first, second), variation_error(first, second)

    assert COVERED[0] < coverage(float(np.abs(P - Q).sum() / 2), draw) < COVERED[1]


def test_the_interval_of_a_mean_of_sets_that_share_rows_is_on_the_safe_side() -> None:
    joint = {"first": TABLE, "second": OTHER}
    truth = np.mean([np.abs((joint["first"] - joint["second"]).sum(axis=axis)).sum() / 2 for axis in (0, 1)])

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        one, two = (rng.multinomial(1200, table.ravel()).reshape(3, 3) for table in joint.values())
        sides = [(one.sum(axis=axis), two.sum(axis=axis)) for axis in (0, 1)]
        value, (low, high) = mean_interval(
            [total_variation(*side) for side in sides], [variation_error(*side) for side in sides]
        )
        return value, (high - low) / 2 / 1.96

    assert coverage(float(truth), draw) > COVERED[0]


def test_the_error_of_cramers_v_is_that_of_its_numerical_derivatives() -> None:
    counts = np.rint(TABLE * 1000).astype(np.int64)
    shares = counts / counts.sum()
    slope = np.empty_like(shares)
    for cell in np.ndindex(shares.shape):
        moved = [shares.copy(), shares.copy()]
        moved[0][cell] += 1e-5
        moved[1][cell] -= 1e-5
        up, down = (cramers_v(np.rint(table * 1e9).astype(np.int64)) for table in moved)
        slope[cell] = (up - down) / 2e-5
    assert association_error(counts) == pytest.approx(mean_error(slope, counts), rel=1e-3)
    assert association_error(np.array([[4, 0], [3, 0]])) == 0
    assert association_error(np.array([[2, 2], [3, 3]])) == 0


def test_the_interval_of_a_difference_of_associations_covers_it_as_often_as_it_says() -> None:
    truth = abs(cramers_v(np.rint(TABLE * 10**9)) - cramers_v(np.rint(OTHER * 10**9)))

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        one, two = (rng.multinomial(n, t.ravel()).reshape(3, 3) for n, t in ((1500, TABLE), (1000, OTHER)))
        error = float(np.hypot(association_error(one), association_error(two)))
        return abs(cramers_v(one) - cramers_v(two)), error

    assert COVERED[0] < coverage(truth, draw) < COVERED[1]


def test_the_mean_squared_propensity_is_that_of_the_rows_and_its_interval_covers_it() -> None:
    rng = np.random.default_rng(2)
    chances = np.linspace(0.01, 0.99, 40)
    made, real = stats.binom(39, 0.6).pmf(np.arange(40)), stats.binom(39, 0.45).pmf(np.arange(40))
    m, n = 700, 500
    share = m / (m + n)
    truth = float(((m * made + n * real) * (chances - share) ** 2).sum()) / (m + n)
    scores = rng.choice(40, m, p=made), rng.choice(40, n, p=real)
    rows = np.concatenate([chances[part] for part in scores])
    value, _ = propensity_mse(*(np.bincount(part, minlength=40) for part in scores), chances)
    assert value == pytest.approx(((rows - share) ** 2).mean())

    def draw(rng: np.random.Generator) -> tuple[float, float]:
        value, (_, high) = propensity_mse(rng.multinomial(m, made), rng.multinomial(n, real), chances)
        return value, (high - value) / 1.96

    assert COVERED[0] < coverage(truth, draw) < COVERED[1]


def test_rows_of_a_part_are_weighted_to_the_share_that_was_learnt_from() -> None:
    rng = np.random.default_rng(4)
    chances = np.linspace(0.01, 0.99, 40)
    made, real = rng.integers(0, 9, 40), rng.integers(0, 9, 40)
    whole = propensity_mse(made, 3 * real, chances)[0]
    share = made.sum() / (made.sum() + 3 * real.sum())
    assert propensity_mse(made, real, chances, float(share))[0] == pytest.approx(whole)
    assert propensity_mse(made, real, chances)[0] != pytest.approx(whole)


def test_areas_of_several_questions_are_averaged() -> None:
    strong, weak = (np.array([1, 2, 30]), np.array([40, 2, 1])), (np.array([9, 9, 9]), np.array([9, 9, 9]))
    areas = [mean_area([question]) for question in (strong, weak)]
    value, (low, high) = mean_area([strong, weak])
    assert value == pytest.approx((areas[0][0] + areas[1][0]) / 2)
    assert areas[1][0] == pytest.approx(0.5)
    assert low < value < high <= 1
    assert high - low < areas[1][1][1] - areas[1][1][0]


def test_the_interval_of_a_rate_is_the_one_of_wilson() -> None:
    expected = stats.binomtest(7, 40).proportion_ci(method="wilson")
    assert wilson(7, 40) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
