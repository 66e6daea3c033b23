"""A supplier whose rows unpack without end: its study ends by name of supplier and limit, the hub goes on.

Prepared and raw rows, and replies, are taken by the hub's real child under its limits, and once by a whole
hub over mutual TLS. With the layout's check taken out, the child's own limit ends the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import numpy as np
import pyarrow as pa
import pytest

from syncline.compute.work_limits import LimitSide, WorkLimits
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import Contradiction, StudyFailed, SynclineError, WireError, WorkLimitReached
from syncline.identity.peer import PeerRole
from syncline.identity.signatures import Purpose, sign
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Opening, Reply
from syncline.protocols.opening import Occasion
from syncline.sources.memory import TableSource
from syncline.study.flow import DataFlow
from syncline.study.participation import AS_ASKED
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from syncline.wire.exchange import ReplyCodec
from syncline.wire.messages import Decision, Proposal, SupplierDecision, decision_digest
from tests.commitments import commitment_of
from tests.process.hub.clients import FakeAgent, Member, running
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.security.bombs import arrow_stream, claimed
from tests.security.confined import HUB, Confined, confined, small
from tests.studies.harness import SEED, Trial
from tests.unit.study.two_suppliers import rows

CONTRIBUTION = bytes(range(16))
NUMBERS = "syncline.study.person_numbers:require_few_numbers"
LAYOUT = "syncline.data.flat_stream:require_flat_layout"
PARTS = "syncline.wire.exchange:require_few_parts"
STUDY = """\
syncline: 1
study: {name}
schema:
  variables:
    - {{name: age, kind: integer, range: [0, 110]}}
    - {{name: sex, kind: categorical, categories: [f, m]}}
    - {{name: ill, kind: boolean}}
suppliers: [{{name: north, flow: {flow}}}]
quorum: {{min_suppliers: 1}}
synthesizer: {{method: marginals, seed: 7, rows: 100}}
validation: none
release: {{gate: none, approvals: 0}}
"""
PERSONS = STUDY.replace("variables:\n", "variables:\n    - {{name: pid, kind: identifier, role: person}}\n")
TABLE = rows(400, 1).append_column("pid", pa.array([f"p{place}" for place in range(400)]))


def spec_of(flow: str, name: str = "trial") -> StudySpec:
    return build(StudySpec, parse_document(STUDY.format(flow=flow, name=name), "study"), "study")


def honest(spec: StudySpec, flow: str) -> bytes:
    return ship(spec, Fold(b""), DataFlow(flow), TableSource(TABLE), SEED).content


def bomb(spec: StudySpec, flow: str, millions: int = 64) -> bytes:
    """Return a shipment that says what an honest one says of itself, and holds rows without end."""
    with pa.ipc.open_stream(honest(spec, flow)) as reader:
        return arrow_stream(reader.schema, millions << 20)


@dataclass(frozen=True)
class Begun:
    """A study after its opening round, as the hub keeps it."""

    spec: StudySpec
    flow: str
    kept: dict[str, bytes]
    request: bytes

    @classmethod
    def of(cls, flow: str, directory: Path, study: str = STUDY) -> Begun:
        trial = Trial(study.format(flow=flow, name="trial"), {"north": TABLE}, directory)
        trial._opened()
        kept = trial.kept
        return cls(trial.spec, flow, kept, kept.pop("request"))

    def step(
        self, child: Confined, *, reply: bytes | None = None, rows: bytes | None = None
    ) -> dict[str, Any]:
        """Let the hub's child merge a reply or take rows."""
        header = {
            "op": "step",
            "round": 1,
            "parties": [] if reply is None else ["north"],
            "rows": [] if rows is None else ["north"],
            "kept": list(self.kept),
            "flows": {"north": self.flow},
        }
        given = [blob for blob in (reply, self.request, rows) if blob is not None]
        return child.handle(header, [self.spec.canonical(), *self.kept.values(), *given])[0]


def refused(begun: Begun, shipment: bytes, without: Sequence[str] = ()) -> tuple[SynclineError, int]:
    """Return what the hub's child says to a shipment and how much memory it had; it is alive and goes on."""
    with confined(HUB, small(512, side=LimitSide.HUB), without) as child:
        with pytest.raises((StudyFailed, WireError, WorkLimitReached)) as told:
            begun.step(child, rows=shipment)
        peak = child.peak_bytes
        assert begun.step(child, rows=honest(begun.spec, begun.flow))["round"] == 2
        return told.value, peak


@pytest.mark.parametrize("flow", ["prepared", "raw"])
def test_rows_are_refused_by_their_supplier_and_without_the_check_by_a_limit(
    flow: str, tmp_path: Path
) -> None:
    begun = Begun.of(flow, tmp_path)
    shipment = bomb(begun.spec, flow)
    assert len(shipment) < 2 << 20
    error, peak = refused(begun, shipment)
    assert "rows of supplier 'north'" in str(error)
    assert "more than its 512 MiB of memory: ask for fewer columns or rows" in str(error)
    assert "serve --compute-memory" in str(error)
    assert peak < 400 << 20
    error, peak = refused(begun, shipment, [LAYOUT])
    assert isinstance(error, WorkLimitReached)
    assert "512 MiB of memory" in str(error)
    assert peak > 500 << 20


def test_a_buffer_that_claims_a_terabyte_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    begun = Begun.of("prepared", tmp_path)
    shipment = claimed(bomb(begun.spec, "prepared", 1), 1 << 40)
    error, peak = refused(begun, shipment)
    assert "rows of supplier 'north'" in str(error)
    assert peak < 400 << 20
    error, _ = refused(begun, shipment, [LAYOUT])
    assert isinstance(error, WorkLimitReached | WireError)


def test_numbers_of_persons_without_end_are_refused_before_they_are_read(tmp_path: Path) -> None:
    """They come beside the rows, so that few rows of raw data can bring any number of them."""
    begun = Begun.of("raw", tmp_path, PERSONS)
    content = with_numbers(honest(begun.spec, "raw"), 2 << 20)
    error, _ = refused(begun, content)
    assert "rows of supplier 'north': one computation would take more than its 512 MiB" in str(error)
    error, peak = refused(begun, content, [NUMBERS])
    assert isinstance(error, WorkLimitReached)
    assert "north" not in str(error)
    assert peak > 500 << 20


def test_numbers_of_persons_are_refused_where_nobody_is_told_apart(tmp_path: Path) -> None:
    begun = Begun.of("raw", tmp_path)
    error, _ = refused(begun, with_numbers(honest(begun.spec, "raw"), 1))
    assert "'north': hold numbers of persons, whom the study does not tell apart" in str(error)


def with_numbers(shipment: bytes, persons: int) -> bytes:
    """Return raw rows that bring the numbers of so many persons who are in none of them."""
    numbers = np.zeros((persons, 40), np.uint8)
    numbers[:, :4] = np.arange(persons, dtype=">u4").view(np.uint8).reshape(-1, 4)
    with pa.ipc.open_stream(shipment) as reader:
        table = reader.read_all()
    label = {**table.schema.metadata, b"syncline.persons": numbers.tobytes()}
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema.with_metadata(label)) as writer:
        writer.write_table(table.replace_schema_metadata(label))
    return bytes(sink.getvalue())


def test_a_batch_whose_rows_have_no_bytes_contradicts_itself(tmp_path: Path) -> None:
    begun = Begun.of("prepared", tmp_path)
    with pa.ipc.open_stream(honest(begun.spec, "prepared")) as reader:
        schema = reader.schema
    content = arrow_stream(schema, 654_321, 654_321)
    content = content.replace((654_321).to_bytes(8, "little"), (1 << 25).to_bytes(8, "little"), 1)
    error, peak = refused(begun, content)
    assert "a column of another length than its batch" in str(error)
    assert peak < 400 << 20


def test_a_reply_of_too_many_parts_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    begun = Begun.of("summaries", tmp_path)
    reply = b"\x12\x00" * (12 << 20)
    for without, said in (((), "bytes that do not read in round 1: reply"), ([PARTS], "256 MiB of memory")):
        with confined(HUB, small(256, side=LimitSide.HUB), without) as child:
            with pytest.raises((Contradiction, WorkLimitReached), match=said):
                begun.step(child, reply=reply)
            assert child.alive


class Committed(Member):
    """A member that commits to what it opens later."""

    def decision(self, proposal: Proposal, decision: Decision, *_: Any) -> SupplierDecision:
        occasion = Occasion(proposal.study_id, proposal.specification_sha256)
        commitment = commitment_of(occasion, self.name, CONTRIBUTION).hex()
        of = proposal.study_id, proposal.specification_sha256, decision, ""
        digest = decision_digest(*of, AS_ASKED, commitment)
        signature = sign(self.signing_key, Purpose.STUDY_DECISION, digest)
        return SupplierDecision(*of, signature, AS_ASKED, commitment)


@pytest.mark.network
@pytest.mark.parametrize("guarded", [True, False])
def test_a_hub_ends_the_study_by_name_and_releases_the_next_one(site, run, guarded: bool) -> None:  # noqa: F811
    module = HUB if guarded else "tests.security.unguarded_hub"
    limits = WorkLimits(memory_bytes=512 << 20, side=LimitSide.HUB)

    async def work() -> None:
        async with site.running(child_module=module, work=limits, lease_seconds=60.0):
            ada = await site.member("ada", PeerRole.RESEARCHER)
            member = await site.member("north")
            north = FakeAgent(Committed(**vars(member)), site.port)
            bad, good = (spec_of("prepared", name) for name in ("bad", "good"))
            opened = ReplyCodec().encode(Reply(0, (), Opening(CONTRIBUTION)))
            shipments = [bomb(bad, "prepared"), honest(good, "prepared")]
            north.answer = lambda task: shipments.pop(0) if task.round else opened
            async with running(north):
                first = await site.submit(ada, bad.canonical())
                status = await site.until(ada, first, lambda status: status.ended_us > 0, 120)
                assert status.state == "failed"
                assert "512 MiB of memory: ask for fewer columns or rows" in status.reason
                assert "--compute-memory" in status.reason
                assert not guarded or "the rows of supplier 'north'" in status.reason
                second = await site.submit(ada, good.canonical())
                status = await site.until(ada, second, lambda status: status.ended_us > 0, 120)
                assert status.state == "released", status.reason

    run(work())
