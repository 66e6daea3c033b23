"""Of all that is printed of nested sets of persons, no two numbers tell of some, but too few of them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncline.validation.disclosure.gate import GateResult, judge, strata
from syncline.validation.disclosure.membership import MEMBERSHIP_BINS
from syncline.validation.disclosure.recognition import N_BINS
from syncline.validation.disclosure.score_figures import score_figures
from syncline.validation.disclosure.scores import DISTANCE_BINS, PersonScores
from syncline.validation.disclosure.shown import NestedCounts, ShownRate
from syncline.validation.disclosure.shown_tests import shown_isolation
from syncline.validation.disclosure.threshold_tests import ThresholdTest
from syncline.validation.metric import Metric

KINDS = ("train", "holdout")

Counts = list[tuple[int, int, bool, int]]
"""So many persons each time, of an isolation, whether a whole row matches, and what the classifier says."""

COUNTS = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3, 10, 11, 12, 40, 200]),
        st.sampled_from([0, 1, 40, 200, 300, 301, 700, N_BINS - 1]),
        st.booleans(),
        st.sampled_from([0, 5, 6, 7, 100, 101, 102, 103, MEMBERSHIP_BINS - 1]),
    ),
    min_size=1,
    max_size=12,
)


def persons(counts: Counts) -> PersonScores:
    isolation, exact = np.zeros((2, N_BINS), np.int64)
    membership = np.zeros(MEMBERSHIP_BINS, np.int64)
    for number, isolated, matches, said in counts:
        isolation[isolated] += number
        exact[isolated] += number * matches
        membership[said] += number
    people = int(isolation.sum())
    distance = np.zeros(DISTANCE_BINS, np.int64)
    distance[0] = people
    return PersonScores(people, isolation, exact, distance, membership)


def said_of(
    train: PersonScores, holdout: PersonScores, min_cell: int
) -> tuple[GateResult, dict[str, dict[str, Any]]]:
    figures: list[Metric] = score_figures(train, holdout, min_cell, 0.0)
    gate = judge(strata([(train, holdout)]), min_cell=min_cell)
    return gate, {figure.name: figure.to_json() for figure in figures}


def rates(figure: dict[str, Any], people: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Return the numbers of used persons and of others that a figure tells."""
    used = [] if figure["at_most"] else [round(figure["value"] * people[0])]
    others = [] if figure["floor_at_most"] else [round(figure["floor"] * people[1])]
    return used, others


def printed_tests(gate: GateResult, *series: str) -> list[dict[str, Any]]:
    tests: list[dict[str, Any]] = gate.to_json()["rungs"]  # type: ignore[assignment]
    return [test for test in tests if test["name"].startswith(series)]


def curve_of(figures: dict[str, dict[str, Any]], people: tuple[int, int]) -> list[tuple[int, int]]:
    return [
        (round(used * people[0]), round(others * people[1]))
        for others, used in figures["membership"]["detail"]["roc"]
    ]


@given(COUNTS, COUNTS, st.sampled_from([2, 3, 11, 30]))
@example([(200, 0, False, 5), (1, 0, False, 6), (40, 0, False, 7)], [(200, 0, False, 5)], 11)
@example([(200, 0, False, 0), (100, 300, True, 0), (1, 700, True, 0)], [(200, 0, False, 0)], 11)
@example([(200, 0, False, 0), (100, 700, True, 0), (1, 701, False, 0)], [(200, 0, False, 0)], 11)
@example([(1, 0, False, 0), (200, 0, True, 9)], [(200, 0, False, 0)], 11)
def test_no_two_printed_numbers_of_a_chain_differ_by_few_persons(
    used: Counts, held: Counts, min_cell: int
) -> None:
    assert_apart(persons(used), persons(held), min_cell)


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5), st.sampled_from([2, 5, 11]))
def test_no_two_printed_numbers_of_members_differ_by_few_persons(
    seed: int, leaked: float, min_cell: int
) -> None:
    """Scores fall off as those of real classifiers do, so few persons lie between the tests at the top."""
    rng = np.random.default_rng(seed)

    def scored(more: float) -> PersonScores:
        scores = rng.exponential(8, 1500) + more * 30 * (rng.random(1500) < more)
        bins = np.bincount(np.minimum(scores, MEMBERSHIP_BINS - 1).astype(int)).tolist()
        return persons([(number, 0, False, place) for place, number in enumerate(bins)])

    assert_apart(scored(leaked), scored(0.0), min_cell)


def assert_apart(train: PersonScores, holdout: PersonScores, min_cell: int) -> None:
    people = (train.people, holdout.people)
    gate, figures = said_of(train, holdout, min_cell)
    curve = curve_of(figures, people)
    assert (curve[0], curve[-1]) == ((0, 0), people)
    chains = ((("xgap", "gap"), "exact_matches", []), (("mia",), "membership", curve))
    for series, figure, points in chains:
        told = rates(figures[figure], people)
        for place, kind in enumerate(KINDS):
            printed = [test[kind] for test in printed_tests(gate, *series) if test[kind] is not None]
            numbers = {0, people[place], *told[place], *printed, *(point[place] for point in points)}
            differences = {higher - lower for lower, higher in pairwise(sorted(numbers))}
            assert numbers == {0, people[place]} or min(differences) >= min_cell


@given(COUNTS, COUNTS)
def test_a_cell_of_one_person_hides_nothing(used: Counts, held: Counts) -> None:
    train, holdout = persons(used), persons(held)
    gate, figures = said_of(train, holdout, 1)
    for test, said in zip(gate.tests, printed_tests(gate, ""), strict=True):
        assert (said["train"], said["holdout"]) == (test.train, test.holdout)
        assert said["p"] == pytest.approx(test.p, rel=0.5)
        assert said["excess"] == pytest.approx(test.excess, abs=1e-6)
    bins = range(MEMBERSHIP_BINS, -1, -1)
    naive = [(int(train.membership[b:].sum()), int(holdout.membership[b:].sum())) for b in bins]
    assert curve_of(figures, (train.people, holdout.people)) == list(dict.fromkeys(naive))


@given(COUNTS, COUNTS, st.sampled_from([2, 11, 30]))
def test_what_is_hidden_changes_no_judgement_and_what_tells_it_is_hidden_too(
    used: Counts, held: Counts, min_cell: int
) -> None:
    train, holdout = persons(used), persons(held)
    open_, safe = said_of(train, holdout, 1)[0], said_of(train, holdout, min_cell)[0]
    assert (safe.passed, safe.tests, len(safe.failures)) == (open_.passed, open_.tests, len(open_.failures))
    for test, said in zip(open_.tests, printed_tests(safe, ""), strict=True):
        assert said["fails"] == test.fails
        known = [said[kind] for kind in KINDS]
        assert all(one in (None, two) for one, two in zip(known, (test.train, test.holdout), strict=True))
        assert all((said[name] is None) == (None in known) for name in ("excess", "lower", "p"))
        if not test.name.startswith("xgap"):
            assert known.count(None) in (0, 2), "how many are chosen is known: one count tells the other"


def made_test(name: str, train: int, holdout: int, p: float, lower: float = 0.1) -> ThresholdTest:
    return ThresholdTest(name, train, holdout, 0.2, lower, p, 0.01, 0.001)


def test_whole_rows_are_kept_first_then_what_fails_then_the_smallest_p() -> None:
    tests = [
        made_test("xgap 0 bits", 500, 20, 0.5),
        made_test("xgap 2 bits", 495, 20, 1e-9),
        made_test("xgap 5 bits", 300, 20, 1e-6),
        made_test("xgap 10 bits", 295, 9, 1e-5),
        made_test("gap 1 %", 305, 20, 1e-12, lower=0.0),
        made_test("gap 3 %", 700, 60, 0.2),
        made_test("gap 10 %", 705, 100, 0.1),
    ]
    assert [one.fails for one in tests] == [False, True, True, True, False, False, False]
    assert shown_isolation(tests, (2000, 1000), 11) == [
        (500, 20),
        (None, 20),
        (300, 20),
        (None, None),
        (None, None),
        (None, None),
        (705, 100),
    ]


def test_words_of_a_failure_hide_the_same_numbers() -> None:
    train = persons([(2000, 0, False, 0), (5, 1, True, 0), (200, 300, True, 0)])
    holdout = persons([(2000, 0, False, 0)])
    failures = said_of(train, holdout, 11)[0].failures
    assert failures[0].startswith("xgap 0 bits: of those used 205 are recognised, of the others 0; beyond")
    assert failures[1].startswith(
        "xgap 2 bits: of those used some (not shown) are recognised, of the others 0; that is surely more"
    )
    assert "200" not in " ".join(failures)
    nearly = persons([(5, 0, False, 0), (200, 300, True, 0)])
    said = said_of(nearly, holdout, 11)[0].failures[0]
    assert said.startswith("xgap 0 bits: of those used all but fewer than 11 are recognised")


def test_a_share_of_all_but_few_is_called_at_most_all() -> None:
    assert ShownRate.of(95, 100, 11) == ShownRate(1.0, 100, at_most=True)
    assert ShownRate.of(100, 100, 11) == ShownRate(1.0, 100)
    assert ShownRate.of(89, 100, 11) == ShownRate(0.89, 100)
    assert ShownRate.of(3, 5, 11) == ShownRate(1.0, 5, at_most=True)


def test_numbers_are_held_against_their_own_kind_and_against_both_neighbours() -> None:
    counts = NestedCounts((1000, 500), 10)
    assert counts.both((100, 100)) == (100, 100)
    assert counts.both((100, 200)) == (100, 200), "none, and many, between them"
    assert counts.both((109, 150)) == (None, None)
    assert counts.each((109, 150)) == (None, 150)
    assert counts.both((120, 155)) == (None, None), "a number that stands alone is printed as well"
    assert counts.each((995, 500)) == (None, 500)
