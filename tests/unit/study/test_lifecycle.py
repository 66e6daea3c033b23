"""The tables of states and flows are whole, and the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncline.errors import UsageError
from syncline.study.flow import STEPS, DataFlow, Side
from syncline.study.lifecycle import NEXT, TRANSITIONS, StudyState, check_transition

DOCUMENT = (Path(__file__).parents[3] / "docs" / "study.md").read_text(encoding="utf-8")


def test_every_study_can_end_and_an_end_is_final() -> None:
    finals = {state for state in StudyState if state.is_final}
    assert finals == {StudyState.RELEASED, StudyState.FAILED, StudyState.CANCELLED}
    for state in set(StudyState) - finals:
        assert {StudyState.FAILED, StudyState.CANCELLED} <= NEXT[state]


def test_every_state_is_reached_from_the_first() -> None:
    reached, waiting = {StudyState.SUBMITTED}, [StudyState.SUBMITTED]
    while waiting:
        fresh = NEXT[waiting.pop()] - reached
        reached |= fresh
        waiting.extend(fresh)
    assert reached == set(StudyState)


def test_the_only_way_back_is_from_a_pause() -> None:
    order = list(StudyState)
    backwards = {
        (change.source, change.target)
        for change in TRANSITIONS
        if order.index(change.target) < order.index(change.source)
    }
    assert backwards == {(StudyState.PAUSED, StudyState.RUNNING)}


@pytest.mark.parametrize("source", StudyState)
@pytest.mark.parametrize("target", StudyState)
def test_only_what_the_table_holds_is_allowed(source: StudyState, target: StudyState) -> None:
    if any((change.source, change.target) == (source, target) for change in TRANSITIONS):
        check_transition(source, target)
    else:
        with pytest.raises(UsageError, match=f"a study that is {source} cannot become {target}") as refused:
            check_transition(source, target)
        assert source.is_final == ("it has ended" in str(refused.value))
        assert ("it can become" in str(refused.value)) != source.is_final


def test_the_document_shows_the_table_of_states() -> None:
    for change in TRANSITIONS:
        assert f"| `{change.source}` | `{change.target}` | {change.cause} |" in DOCUMENT


def test_the_document_shows_the_table_of_flows() -> None:
    assert set(STEPS) == set(DataFlow)
    for flow, steps in STEPS.items():
        sides = " | ".join([steps.prepare, steps.answer, steps.merge, steps.sample])
        assert f"| `{flow}` | {sides} | {steps.leaves} |" in DOCUMENT


def test_rows_leave_where_the_supplier_does_not_answer() -> None:
    for steps in STEPS.values():
        assert ("rows" in steps.leaves and "never" not in steps.leaves) == (
            steps.answer is Side.HUB or steps.sample is Side.SUPPLIER
        )
