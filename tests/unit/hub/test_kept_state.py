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
from syncline.protocols.asking import Memory, Opening, Reply, Request
from syncline.protocols.opening import Occasion
from syncline.protocols.transition import PartyId
from syncline.questions.asked import Asked
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.growth import ComparedColumns, Forest
from syncline.questions.known import Known, PartySizes
from syncline.sources.memory import TableSource
from syncline.study.fitting import fold_of
from syncline.study.flow import DataFlow
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress
from syncline.synthesizers.streams import Seed
from syncline.validation.comparison.comparison import ComparisonState, RegressionStep
from syncline.wire import openings
from syncline.wire.exchange import DrawCodec, ReplyCodec, RequestCodec
from tests.commitments import commitment_of
from tests.unit.study.two_suppliers import STUDY_BY_FLOW, TABLES
from trusted_party.synthesis.child import HubChild
from trusted_party.synthesis.kept_state import ROUND, KeptRound, pack_progress, unpack_progress

EARLIER = pack({"round": 1}, {"fit": np.zeros(4, np.uint8), "memory": np.zeros(0, np.uint8)})
"""The form of releases before the record codec."""

SPEC = StudySpec.model_validate(parse_document(STUDY_BY_FLOW.format(flow="summaries"), "study"))
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


def test_a_request_whose_commitments_name_no_public_keys_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of a study whose opening round was out when the hub was replaced."""
    monkeypatch.setattr(openings, "COMMITMENT_BYTES", 32)
    header: dict[str, Any] = {"op": "start", "study_id": "s1", "commitments": {"north": "ab" * 32}}
    answer, blobs = HubChild().handle(header, [SPEC.canonical(), bytes(16)])
    kept = {"seed": bytes(32), **dict(zip(answer["kept"], blobs, strict=True))}
    monkeypatch.undo()
    request, reply = kept.pop("request"), ReplyCodec().encode(Reply(0, (), Opening(bytes(16))))
    header = {"op": "step", "round": 0, "kept": list(kept), "parties": ["north"], "rows": []}
    header |= {"flows": {"north": "summaries"}}
    with pytest.raises(StudyFailed, match="began under an earlier version of the hub: submit the study anew"):
        HubChild().handle(header, [SPEC.canonical(), *kept.values(), reply, request])


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


def test_a_study_with_rows_at_hand_goes_on_in_a_child_that_knows_nothing_of_it() -> None:
    """As after a kill of the hub in any round: a step needs what was kept and what has arrived, no more."""
    text = STUDY_BY_FLOW.format(flow="prepared").replace("{name: south}", "{name: south, flow: prepared}")
    spec = StudySpec.model_validate(parse_document(text, "study"))
    occasion = Occasion("s1", spec.digest)
    contributions = {name: bytes([place]) * 16 for place, name in enumerate(TABLES)}
    commitments = {name: commitment_of(occasion, name, own).hex() for name, own in contributions.items()}
    flows = dict.fromkeys(TABLES, "prepared")
    kept, opened = {"seed": bytes(32)}, Reply(0, (), None)
    header: dict[str, Any] = {"op": "start", "study_id": "s1", "commitments": commitments}
    answer, blobs = HubChild().handle(header, [spec.canonical(), bytes(16)])
    stages = [answer["stage"]]
    while not answer["done"]:
        kept |= zip(answer["kept"], blobs, strict=True)
        request = kept.pop("request")
        replies = {
            name: ReplyCodec().encode(replace(opened, opening=Opening(own, 300)))
            for name, own in contributions.items()
            if answer["round"] == 0
        }
        rows = {}
        if "draw" in kept:
            fold = fold_of(spec, DrawCodec().decode(kept["draw"]).openings)
            for name, table in TABLES.items():
                rows[name] = ship(spec, fold, DataFlow.PREPARED, TableSource(table), Seed(bytes(32))).content
        header = {"op": "step", "round": answer["round"], "kept": list(kept), "flows": flows}
        header |= {"parties": list(replies), "rows": list(rows)}
        given = [spec.canonical(), *kept.values(), *replies.values(), request, *rows.values()]
        answer, blobs = HubChild().handle(header, given)
        stages.append(answer["stage"])
    assert stages[-1] == "assessed"
    assert stages.count("compare") > 3
