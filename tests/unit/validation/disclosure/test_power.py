"""The smallest leak that a test sees is the one that it sees: by simulation, and in the gate itself.

Seeds are fixed. Where a share of draws is held against 95 %, four standard errors are allowed, so that a
sound rule would fail in fewer than 1 of 10,000 choices of the seed.
"""

from __future__ import annotations

from collections import Counter
from math import ceil, sqrt

import numpy as np
import pytest

from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.gate import ALPHA, TOLERATED, judge, strata
from syncline.validation.disclosure.power import (
    LEAK,
    SURE,
    Selection,
    fewest_seen,
    recommended_holdout,
    smallest_leak,
)
from syncline.validation.disclosure.recognition import N_BINS
from syncline.validation.disclosure.scores import Scorer
from syncline.validation.disclosure.threshold_tests import N_TESTS, Stratum, exact_tests, top_tests
from tests.unit.validation.disclosure.small_tables import table_of

LEVEL = ALPHA / N_TESTS
DRAWS, FEWER_DRAWS = 2000, 300
SCORES = 1000


def stratum(train: dict[int, int], holdout: dict[int, int], people: tuple[int, int]) -> Stratum:
    bins = [np.zeros(N_BINS, np.int64) for _ in people]
    for own, counts in zip(bins, (train, holdout), strict=True):
        for place, count in counts.items():
            own[place] += count
    return Stratum(bins[0], bins[1], *people)


@pytest.mark.parametrize(("n_train", "n_holdout"), [(200, 50), (669, 334), (335, 334), (5000, 1250)])
def test_where_nobody_matches_by_chance_the_fewest_is_the_first_whose_p_is_small_enough(
    n_train: int, n_holdout: int
) -> None:
    fewest = fewest_seen((n_train, n_holdout), Selection(), LEVEL, 0.0)
    assert fewest is not None
    for copied, noticed in ((fewest, True), (fewest - 1, False)):
        test = exact_tests([stratum({700: copied}, {}, (n_train, n_holdout))], LEVEL, 0.0)[0]
        assert test.fails is noticed


def test_sixteen_of_669_against_none_of_334_are_too_few_and_the_rule_says_so() -> None:
    test = exact_tests([stratum({700: 16}, {}, (669, 334))], LEVEL, 0.0)[0]
    assert not test.fails
    assert test.p == pytest.approx(1.4e-3, rel=0.05)
    assert fewest_seen((669, 334), Selection(), LEVEL, 0.0) == 18


@pytest.mark.parametrize("others", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("people", [(400, 400), (2000, 500)])
def test_whole_rows_that_match_by_chance_are_reckoned_with(people: tuple[int, int], others: float) -> None:
    fewest = fewest_seen(people, Selection(others=others), LEVEL, 0.0)
    assert fewest is not None
    assert _caught_exact(people, fewest, others) >= SURE - 4 * sqrt(SURE * (1 - SURE) / DRAWS)
    assert _caught_exact(people, fewest // 2, others) < SURE


def _caught_exact(people: tuple[int, int], copied: int, others: float) -> float:
    rng = np.random.default_rng(copied)
    train = copied + rng.binomial(people[0] - copied, others, DRAWS)
    held = rng.binomial(people[1], others, DRAWS)
    drawn = Counter(zip(train.tolist(), held.tolist(), strict=True))
    fails = (
        count * exact_tests([stratum({700: used}, {700: control}, people)], LEVEL, 0.0)[0].fails
        for (used, control), count in drawn.items()
    )
    return sum(fails) / DRAWS


@pytest.mark.parametrize("copies", [1.0, 0.7])
@pytest.mark.parametrize(("people", "step"), [((400, 400), 3), ((400, 400), 4), ((2000, 500), 3)])
def test_the_nearest_people_hold_the_copies_first(people: tuple[int, int], step: int, copies: float) -> None:
    most = int((0.001, 0.003, 0.01, 0.03, 0.1)[step] * sum(people))
    fewest = fewest_seen(people, Selection(copies, most=most), LEVEL, TOLERATED)
    assert fewest is not None
    assert _caught_nearest(people, fewest, step, copies) >= SURE - 4 * sqrt(SURE * (1 - SURE) / FEWER_DRAWS)
    assert _caught_nearest(people, fewest // 2, step, copies) < SURE


def _caught_nearest(people: tuple[int, int], copied: int, step: int, copies: float) -> float:
    rng = np.random.default_rng(copied)
    found = 0
    for _ in range(FEWER_DRAWS):
        near = copied if copies == 1 else int(rng.binomial(copied, copies))
        far = rng.integers(0, SCORES - near, sum(people) - near)
        bins = [np.bincount(part, minlength=SCORES) for part in np.split(far, [people[0] - near])]
        bins[0][SCORES - near :] += 1
        found += top_tests("gap", [Stratum(bins[0], bins[1], *people)], LEVEL, TOLERATED)[step].fails
    return found / FEWER_DRAWS


def test_a_test_that_chooses_everybody_or_too_few_sees_nothing() -> None:
    assert fewest_seen((400, 400), Selection(others=1.0), LEVEL, 0.0) is None
    assert fewest_seen((400, 400), Selection(most=3), LEVEL, 0.0) is None
    assert fewest_seen((400, 0), Selection(), LEVEL, 0.0) is None
    assert fewest_seen((0, 400), Selection(), LEVEL, 0.0) is None
    assert smallest_leak(60, 0.1, ALPHA, TOLERATED) is None


def numbers(n_rows: int, seed: int) -> CellTable:
    """Return rows that hardly repeat."""
    rng = np.random.default_rng(seed)
    age = rng.integers(0, 100, n_rows)
    return table_of([age, rng.integers(0, 9999, n_rows), rng.integers(0, 4, n_rows)])


@pytest.mark.parametrize("holdout", [0.2, 0.5])
def test_the_planned_leak_is_the_one_that_the_gate_sees(holdout: float) -> None:
    """The gate fails the planned leak in each of 5 splits, half of it in none; its false alarms are 1 %."""
    persons = 600
    n_holdout = round(persons * holdout)
    n_train = persons - n_holdout
    planned = smallest_leak(persons, holdout, ALPHA, TOLERATED)
    assert planned is not None
    fewest = round(planned * n_train)
    for seed in range(5):
        everybody = numbers(persons + n_train, seed)
        used, held, fresh = (
            everybody.take(np.arange(first, last))
            for first, last in ((0, n_train), (n_train, persons), (persons, persons + n_train))
        )
        for copied, seen in ((fewest, True), (fewest // 2, False)):
            keys = [
                np.concatenate([mine[:copied], other[copied:]])
                for mine, other in zip(used.keys, fresh.keys, strict=True)
            ]
            scorer = Scorer.of(table_of(keys), b"key")
            gate = judge(strata([(scorer.scores(used), scorer.scores(held))], scorer.copies()))
            assert gate.passed is not seen
            assert ceil(gate.smallest_leak * n_train) == pytest.approx(fewest, abs=3)


def test_the_recommended_holdout_is_the_smallest_that_sees_a_leak_of_five_per_cent() -> None:
    for persons in (669, 1003, 3000, 20_000):
        share = recommended_holdout(persons, ALPHA, TOLERATED)
        assert (smallest_leak(persons, share, ALPHA, TOLERATED) or 1.0) <= LEAK
        less = smallest_leak(persons, share - 0.05, ALPHA, TOLERATED)
        assert share == 0.1 or less is None or less > LEAK
    few = [smallest_leak(300, share / 100, ALPHA, TOLERATED) or 1.0 for share in range(10, 51, 5)]
    assert min(few) > LEAK
    assert smallest_leak(300, recommended_holdout(300, ALPHA, TOLERATED), ALPHA, TOLERATED) == min(few)
