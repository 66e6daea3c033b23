"""What the hub keeps between rounds comes back whole; what an earlier version kept ends its study by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from syncline.data.blob import pack
from syncline.data.document import parse_document
from syncline.errors import StudyFailed
from syncline.protocols.asking import Memory, Request
from syncline.protocols.transition import PartyId
from syncline.questions.asked import Asked
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.growth import ComparedColumns, Forest
from syncline.questions.known import Known, PartySizes
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress
from syncline.validation.comparison.comparison import ComparisonState, RegressionStep
from syncline.wire.exchange import RequestCodec
from tests.fuzz.payload_targets import STUDY
from trusted_party.synthesis.child import HubChild
from trusted_party.synthesis.kept_state import ROUND, KeptRound, pack_progress, unpack_progress

EARLIER = pack({"round": 1}, {"fit": np.zeros(4, np.uint8), "memory": np.zeros(0, np.uint8)})
"""The form of releases before the record codec."""

SPEC = StudySpec.model_validate(parse_document(STUDY.format(flow="summaries"), "study"))
REQUEST = RequestCodec().encode(Request(0, ()))


def taken(operation: str, **kept: bytes) -> object:
    """Let the child take what was kept."""
    header: dict[str, Any] = {"op": operation, "kept": list(kept), "parties": [], "rows": [], "flows": {}}
    blobs = [*kept.values(), REQUEST] if operation == "step" else list(kept.values())
    return HubChild().handle(header, [SPEC.canonical(), *blobs])


STEPS: dict[str, Callable[[bytes], object]] = {
    "step": lambda state: taken("step", seed=bytes(32), state=state),
    "step, of another place": lambda state: taken(
        "step", seed=bytes(32), state=ROUND.encode(KeptRound(state, b""))
    ),
    "step, with another model": lambda result: taken("step", seed=bytes(32), state=b"", result=result),
    "release": lambda result: taken("release", seed=bytes(32), result=result),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("kept", [EARLIER, b"", KeptRound.__doc__.encode()], ids=["earlier", "none", "words"])
def test_what_an_earlier_version_kept_is_refused_with_the_remedy(name: str, kept: bytes) -> None:
    with pytest.raises(
        StudyFailed, match=r"^it began under an earlier version of the hub: submit the study anew$"
    ):
        STEPS[name](kept)


def test_a_comparison_comes_back_with_all_that_was_said_and_without_the_table() -> None:
    told = CandidateMemory(
        "ab" * 32, b"rows", ComparedColumns(("age",), ((),)), (10, 4), forest=Forest.empty(1)
    )
    step = RegressionStep(np.arange(4).reshape(2, 2), np.arange(6).reshape(2, 3))
    known = {PartyId("north"): Known(PartySizes(10, 4, (9, 3)), statuses={"age": (14, 0)})}
    state = ComparisonState(7, replace(told, table=b""), {"age ~ sex": step}, known)
    memory = Memory(6, Asked(closed=True, candidate=told))
    kept = pack_progress(SPEC, Progress(state), memory)
    assert b"rows" not in kept
    back, again = unpack_progress(SPEC, {"state": kept}, None)
    assert isinstance(back.at, ComparisonState)
    assert again.asked.candidate is not None
    assert (again.round, again.asked.closed, again.asked.candidate.table) == (6, True, b"")
    assert back.at.memory == again.asked.candidate
    assert (back.at.round, back.at.known) == (7, known)
    assert np.array_equal(back.at.sums["age ~ sex"].sums, step.sums)
    assert np.array_equal(back.at.sums["age ~ sex"].coefficients, step.coefficients)
