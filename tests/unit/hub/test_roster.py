"""Whom a study waits for: each rule of the quorum on its own, without clock, store or network."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.study.sections import OnLoss
from trusted_party.rounds.roster import (
    Fail,
    Go,
    Party,
    Pause,
    QuorumState,
    Standing,
    Wait,
    judge_answers,
    judge_approvals,
)

OPEN, DONE, REFUSED, LOST = Standing.OPEN, Standing.DONE, Standing.REFUSED, Standing.LOST


def parties(*standings):
    return [Party(f"s{place}", standing, "because") for place, standing in enumerate(standings)]


def fail(sentence):
    """Return the failure of that sentence, of which others hear all but a supplier's own words."""
    return Fail(sentence, told=sentence.replace(": because", ""))


def quorum(then=OnLoss.PAUSE, least=1, late=False):
    return QuorumState(least, then, "24h", late)


@pytest.mark.parametrize("then", OnLoss)
def test_a_complete_round_goes_on_whatever_the_rule_says(then):
    assert judge_answers(parties(DONE, DONE), quorum(then)) == Go()
    assert judge_approvals(parties(DONE, DONE), quorum(then)) == Go()


def test_connected_suppliers_are_waited_for():
    assert judge_answers(parties(DONE, OPEN), quorum()) == Wait()
    assert judge_approvals(parties(DONE, OPEN, LOST), quorum()) == Wait()


def test_lost_suppliers_are_named_under_pause_and_only_waited_for_under_fail():
    assert judge_answers(parties(LOST, DONE, LOST), quorum()) == Pause(
        "s0, s2 are not connected; the study goes on when they are back"
    )
    assert judge_answers(parties(LOST, DONE), quorum(OnLoss.FAIL)) == Wait()


def test_a_declined_task_pauses_or_fails_with_its_own_reason():
    assert judge_answers(parties(DONE, REFUSED), quorum()) == Pause("s1 declined to answer: because")
    assert judge_answers(parties(DONE, REFUSED), quorum(OnLoss.FAIL)) == fail(
        "s1 declined to answer: because"
    )


def test_the_reasons_of_all_who_are_at_work_are_collected_before_the_end():
    """One who is gone is not waited for: nobody knows whether it comes back."""
    failing = quorum(OnLoss.FAIL)
    assert judge_answers(parties(REFUSED, OPEN), failing) == Wait()
    assert judge_answers(parties(REFUSED, LOST), failing) == fail("s0 declined to answer: because")
    both = "s0 declined to answer: because; s1 declined to answer: because"
    assert judge_answers(parties(REFUSED, REFUSED), failing).reason == both
    assert judge_answers(parties(REFUSED, REFUSED, OPEN), quorum()) == Pause(both)


def test_the_deadline_names_the_reasons_that_nobody_mended():
    late = judge_answers(parties(DONE, REFUSED), quorum(late=True))
    assert late == fail("s1 did not answer within 24h; s1 declined to answer: because")
    late = judge_answers(parties(OPEN, REFUSED), quorum(late=True))
    assert late == fail("s0 did not answer within 24h; s1 declined to answer: because")


@pytest.mark.parametrize("then", OnLoss)
@pytest.mark.parametrize("late", [False, True])
def test_other_suppliers_are_told_who_and_never_why(then, late):
    for judged in (
        judge_approvals(parties(DONE, REFUSED, OPEN), quorum(then, least=3, late=late)),
        judge_answers(parties(DONE, REFUSED, OPEN), quorum(then, least=3, late=late)),
        judge_answers(parties(DONE, REFUSED), quorum(then, late=late)),
    ):
        if isinstance(judged, Fail):
            assert "s1" in judged.told or "s2" in judged.told
            assert "because" not in judged.told


@pytest.mark.parametrize("then", OnLoss)
def test_the_deadline_ends_a_round_under_every_rule(then):
    verdict = judge_answers(parties(DONE, OPEN, LOST), quorum(then, late=True))
    assert verdict == fail("s1, s2 did not answer within 24h")


def test_proceed_leaves_out_who_refused_at_once_and_who_is_silent_at_the_deadline():
    then = OnLoss.PROCEED
    assert judge_approvals(parties(DONE, REFUSED, OPEN), quorum(then)) == Wait()
    assert judge_approvals(parties(DONE, REFUSED), quorum(then)) == Go(("s1",))
    assert judge_approvals(parties(DONE, LOST, REFUSED), quorum(then, late=True)) == Go(("s1", "s2"))


def test_no_supplier_is_left_out_once_others_open_what_they_committed_to():
    """To go on without one after the openings would be a choice between two salts."""
    then = OnLoss.PROCEED
    assert judge_answers(parties(DONE, REFUSED), quorum(then)) == Pause("s1 declined to answer: because")
    assert judge_answers(parties(DONE, LOST), quorum(then, late=True)) == fail("s1 did not answer within 24h")


def test_proceed_needs_the_least_number_of_suppliers():
    verdict = judge_approvals(parties(DONE, REFUSED, DONE), quorum(OnLoss.PROCEED, least=3))
    assert verdict == fail("s1 refused the study: because; 2 of the 3 suppliers that it needs are left")


STANDS = "it cannot start as it stands; still to decide: "


@pytest.mark.parametrize("then", [OnLoss.PAUSE, OnLoss.FAIL, OnLoss.PROCEED])
def test_a_refusal_ends_a_study_once_the_others_have_decided(then):
    """Whoever has yet to decide is heard, connected or not, until the deadline."""
    left = "; {} of the 3 suppliers that it needs are left" if then is OnLoss.PROCEED else ""
    rule = quorum(then, least=3)
    one = "s1 refused the study: because"
    wait = Wait(f"{STANDS}s0, s2; {one}{left.format(2)}")
    assert judge_approvals(parties(OPEN, REFUSED, LOST), rule) == wait
    both = f"s0 refused the study: because; {one}"
    assert judge_approvals(parties(REFUSED, REFUSED, OPEN), rule) == Wait(
        f"{STANDS}s2; {both}{left.format(1)}"
    )
    told = f"s0, s1 refused the study{left.format(1)}"
    assert judge_approvals(parties(REFUSED, REFUSED, DONE), rule) == Fail(both + left.format(1), told)
    assert judge_approvals(parties(DONE, DONE, DONE), rule) == Go()  # taken back
    late = quorum(then, least=3, late=True)
    assert judge_approvals(parties(OPEN, REFUSED, DONE), late) == fail(
        f"{one}; s0 did not decide within 24h{left.format(1)}"
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(Standing), min_size=1, max_size=6),
    st.sampled_from(OnLoss),
    st.integers(1, 6),
    st.booleans(),
)
def test_nobody_is_waited_for_without_need_or_for_ever(standings, then, least, late):
    """A study that still waits has somebody to wait for, and at the deadline none waits."""
    verdict = judge_approvals(parties(*standings), quorum(then, least, late))
    undecided = any(standing in (OPEN, LOST) for standing in standings)
    assert isinstance(verdict, Wait) == (undecided and not late)
    assert isinstance(verdict, Wait | Go | Fail)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from(Standing), min_size=1, max_size=6),
    st.sampled_from(OnLoss),
    st.integers(1, 6),
    st.booleans(),
)
def test_once_all_have_decided_nobody_is_ever_left_out(standings, then, least, late):
    verdict = judge_answers(parties(*standings), quorum(then, least, late))
    assert not (isinstance(verdict, Go) and verdict.without)
    assert isinstance(verdict, Go) == all(standing is DONE for standing in standings)
    assert not (late and isinstance(verdict, Wait | Pause))
