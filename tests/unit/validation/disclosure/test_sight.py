"""What the gate could see: where tests are blind, and that no sight tells of a hidden count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.disclosure.closeness import UNITS
from syncline.validation.disclosure.gate import BLIND, TOO_FEW, GateResult, Scores, judge
from syncline.validation.disclosure.membership import MEMBERSHIP_BINS
from syncline.validation.disclosure.recognition import N_BINS
from syncline.validation.disclosure.scores import Scorer
from syncline.validation.disclosure.sight import by_series
from syncline.validation.disclosure.threshold_tests import Stratum
from tests.unit.validation.compared import compared
from tests.unit.validation.disclosure.small_tables import table_of


def stratum(
    train: Sequence[int], holdout: Sequence[int], bins: int, people: tuple[int, int] | None = None
) -> Stratum:
    """Return people by their scores."""
    counts = [np.bincount(part, minlength=bins).astype(np.int64) for part in (train, holdout)]
    return Stratum(counts[0], counts[1], *(people or (len(train), len(holdout))))


def spread(n: int, bins: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).integers(0, bins - 1, n).tolist()  # type: ignore[no-any-return]


def gate_of(
    exact: tuple[int, int] = (0, 0),
    *,
    people: tuple[int, int] = (500, 500),
    gap: tuple[Sequence[int], Sequence[int]] | None = None,
    mia: tuple[Sequence[int], Sequence[int]] | None = None,
    min_cell: int = 1,
) -> GateResult:
    """Judge people of whom so many have a whole row in the table; other scores are spread unless given."""
    gap = gap or (spread(people[0], N_BINS, 1), spread(people[1], N_BINS, 2))
    mia = mia or (spread(people[0], MEMBERSHIP_BINS, 3), spread(people[1], MEMBERSHIP_BINS, 4))
    whole = stratum([12 * UNITS] * exact[0], [12 * UNITS] * exact[1], N_BINS, people)
    scores = Scores([whole], [stratum(*gap, N_BINS)], [stratum(*mia, MEMBERSHIP_BINS)])
    return judge(scores, min_cell=min_cell)


def blind(gate: GateResult) -> list[str]:
    return [sight.name for sight in by_series(gate.sights) if sight.blind]


TIED = ([7] * 500, [7] * 500)


def test_where_scores_tell_people_apart_no_series_is_blind() -> None:
    gate = gate_of()
    assert gate.passed
    assert blind(gate) == []
    assert gate.words == (
        "A leak of fewer than 11 of these 500 people (2.20%) would not be seen;"
        " verbatim copies of 11 are with 95% probability.",
    )


def test_a_series_on_which_all_are_tied_is_blind_and_the_verdict_rests_on_the_others() -> None:
    gate = gate_of(mia=TIED)
    assert blind(gate) == ["mia"]
    assert {test.p for test in gate.tests if test.name.startswith("mia")} == {1.0}
    assert gate.passed
    assert gate.words[1] == (
        "The verdict rests on xgap and gap alone: mia is BLIND here (sees no leak at all)."
    )
    said = gate.to_json()
    assert [one["blind"] for one in said["rungs"] if one["name"].startswith("mia")] == [True] * 5  # type: ignore[union-attr,index,call-overload]


def test_whole_rows_of_everybody_are_a_blind_test() -> None:
    assert blind(gate_of((500, 500))) == ["xgap"]


def test_a_gate_of_which_all_series_are_blind_does_not_pass() -> None:
    gate = gate_of((500, 500), gap=TIED, mia=TIED)
    assert blind(gate) == ["xgap", "gap", "mia"]
    assert not gate.passed
    assert gate.unjudged == (BLIND,)
    assert gate.words[0] == "Not even a leak of 25% of these 500 people would be seen."


@pytest.mark.parametrize("held", [0, 1, 5])
def test_too_few_held_out_are_blind_for_that_reason(held: int) -> None:
    gate = gate_of(people=(500, held))
    assert blind(gate) == ["xgap", "gap", "mia"]
    assert gate.unjudged == (TOO_FEW,)


def test_a_step_that_takes_too_few_is_blind_by_itself() -> None:
    tests = {sight.name: sight for sight in gate_of().sights}
    assert tests["gap 0.1 %"].blind
    assert not tests["gap 10 %"].blind


def test_strata_of_one_kind_of_people_see_nothing() -> None:
    whole = [stratum([], [], N_BINS, people) for people in ((500, 0), (0, 500))]
    near = [stratum(spread(500, N_BINS, 1), [], N_BINS), stratum([], spread(500, N_BINS, 2), N_BINS)]
    gate = judge(Scores(whole, near))
    assert gate.unjudged != ()
    assert all(sight.fewest is None for sight in gate.sights)


@pytest.mark.parametrize("recognised", [(1, 9), (9, 1), (5, 5)])
def test_silence_tells_nothing_of_hidden_counts(recognised: tuple[int, int]) -> None:
    (said,) = gate_of(recognised, min_cell=11).words[1:]
    assert said == (
        "Whole rows of fewer than 11 of the people used and of fewer than 11 of the others stand in the"
        " table; so many may be chance."
    )
    assert len(gate_of((0, 11), min_cell=11).words) == 1


def test_copies_that_the_table_itself_would_hide_are_not_seen() -> None:
    """Copies of rows that ten others equal are isolated by nothing: ``gap`` would not find them."""
    rng = np.random.default_rng(1)
    few = [
        table_of([rng.integers(0, 3, 600), rng.integers(0, 4, 600), rng.integers(0, 4, 600)])
        for _ in range(3)
    ]
    gate = compared(few[0], few[1], few[2], min_cell=1).gate
    assert blind(gate) == ["xgap", "gap", "mia"]
    assert gate.unjudged == (BLIND,)


def test_a_table_of_numbers_is_told_apart_by_nearness_where_the_classifier_knows_two_answers() -> None:
    rng = np.random.default_rng(5)
    own = [table_of([rng.integers(0, 9999, 300) for _ in range(3)]) for _ in range(3)]
    scores = Scorer.of(own[0], b"key").scores(own[1])
    assert np.count_nonzero(scores.membership) > 10
    assert scores.membership.max() < 150


counts = st.integers(0, 500)


@given(counts, counts, st.integers(0, 60), st.booleans())
def test_hiding_never_sharpens_a_sight_and_tells_no_hidden_count(
    train: int, held: int, min_cell: int, tied: bool
) -> None:
    ties = TIED if tied else None
    bare = gate_of((train, held), mia=ties, min_cell=1)
    safe = gate_of((train, held), mia=ties, min_cell=min_cell)
    for open_, hidden in zip(bare.sights, safe.sights, strict=True):
        assert hidden.share >= open_.share
    if 0 < held < min_cell:
        others = gate_of((train, min_cell - held), mia=ties, min_cell=min_cell)
        assert others.sights[:4] == safe.sights[:4]
