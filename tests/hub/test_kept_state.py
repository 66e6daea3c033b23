"""What the hub keeps between rounds comes back whole; what an earlier version kept ends its study by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from syncline.data.blob import pack
from syncline.data.document import parse_document
from syncline.errors import StudyFailed
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory
from syncline.protocols.transition import PartyId
from syncline.questions.asked import Asked
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.growth import Compared, Forest
from syncline.questions.known import Known, Sizes
from syncline.study.spec import StudySpec
from syncline.validation.federated.comparison import State, Step
from tests.fuzz.payload_targets import STUDY
from trusted_party.synthesis.child import Child, open_step
from trusted_party.synthesis.kept_state import FIT, KeptFit, pack_comparison, unpack_comparison

EARLIER = pack({"round": 1}, {"fit": np.zeros(4, np.uint8), "memory": np.zeros(0, np.uint8)})
"""The form of releases before the record codec."""

SPEC = StudySpec.model_validate(parse_document(STUDY.format(flow="summaries"), "study"))
HEADER: dict[str, Any] = {"parties": [], "rows": [], "flows": {}}
STEPS: dict[str, Callable[[bytes], object]] = {
    "open": lambda state: open_step(SPEC, {**HEADER}, state, [b""]),
    "step": lambda state: Child().step(SPEC, Fold(b""), HEADER, state, [b""]),
    "step, of another state": lambda state: Child().step(
        SPEC, Fold(b""), HEADER, FIT.encode(KeptFit(state, b"")), [b""]
    ),
    "compare_step": lambda state: unpack_comparison(state),
    "release": lambda state: Child().release(SPEC, HEADER, [b"", state, bytes(32)]),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("state", [EARLIER, b"", KeptFit.__doc__.encode()], ids=["earlier", "none", "words"])
def test_what_an_earlier_version_kept_is_refused_with_the_remedy(name: str, state: bytes) -> None:
    with pytest.raises(
        StudyFailed, match=r"^it began under an earlier version of the hub: submit the study anew$"
    ):
        STEPS[name](state)


def test_a_comparison_comes_back_without_the_table_and_with_all_that_was_said() -> None:
    told = CandidateMemory("ab" * 32, b"rows", Compared(("age",), ((),)), (10, 4), forest=Forest.empty(1))
    step = Step(np.arange(4).reshape(2, 2), np.arange(6).reshape(2, 3))
    known = {PartyId("north"): Known(Sizes(10, 4, (9, 3)), statuses={"age": (14, 0)})}
    state = State(7, told, {"age ~ sex": step}, known)
    back, memory = unpack_comparison(pack_comparison(state, Memory(6, Asked(closed=True, candidate=told))))
    assert memory.asked.candidate is not None
    assert (memory.round, memory.asked.closed, memory.asked.candidate.table) == (6, True, b"")
    assert back.memory == memory.asked.candidate
    assert (back.round, back.known) == (7, known)
    assert np.array_equal(back.sums["age ~ sex"].sums, step.sums)
    assert np.array_equal(back.sums["age ~ sex"].coefficients, step.coefficients)
