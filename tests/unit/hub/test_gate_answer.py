"""What the computing child says of the gate: nothing that was not said counts as passed."""

from __future__ import annotations

import pytest

from syncline.errors import StudyFailed
from syncline.study.spec import StudySpec
from tests.unit.hub.small_study import specification
from trusted_party.datastore.drafts import GateOutcome
from trusted_party.release.gate_answer import NOT_RUN, read_gate

GATED = StudySpec.from_canonical(specification("north", release="{approvals: 0}"))
WITHOUT = StudySpec.from_canonical(specification("north"))


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (None, GateOutcome(False, (NOT_RUN,))),
        ({"passed": True, "failures": []}, GateOutcome(True, ())),
        ({"passed": False, "failures": ["xgap: a\nb\u202e"]}, GateOutcome(False, ("xgap: a b",))),
        ({"passed": False, "failures": ["x"] * 200}, GateOutcome(False, ("x",) * 100)),
        ({"passed": True, "failures": [], "words": ["sees\n18"]}, GateOutcome(True, (), ("sees 18",))),
    ],
)
def test_an_outcome_is_read_and_made_fit_for_people(answer, outcome):
    assert read_gate(GATED, answer) == outcome
    assert read_gate(WITHOUT, answer) is None


@pytest.mark.parametrize(
    "answer",
    [
        True,
        {},
        {"passed": True},
        {"failures": []},
        {"passed": 1, "failures": []},
        {"passed": True, "failures": ["xgap"]},
        {"passed": False, "failures": []},
        {"passed": False, "failures": "xgap"},
        {"passed": True, "failures": [], "words": "sees 18"},
    ],
)
def test_an_outcome_that_contradicts_itself_ends_the_study(answer):
    with pytest.raises(StudyFailed, match="an unknown outcome of the gate"):
        read_gate(GATED, answer)
