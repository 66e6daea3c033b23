"""A supplier whose rows unpack without end: its study ends by name of supplier and limit, the hub goes on.

Prepared and raw rows, and replies, are taken by the hub's real child under its limits, and once by a whole
hub over mutual TLS. With the layout's check taken out, the child's own limit ends the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import pyarrow as pa
import pytest

from syncline.compute.work_limits import Side, WorkLimits
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import StudyFailed, SynclineError, WireError, WorkLimitReached
from syncline.identity.peer import Role
from syncline.sources.memory import TableSource
from syncline.study.flow import DataFlow
from syncline.study.shipping import ship
from syncline.study.spec import StudySpec
from tests.hub.clients import FakeAgent, running
from tests.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.security.bombs import arrow_stream, claimed
from tests.security.confined import HUB, Confined, confined, small
from tests.security.harness import SEED
from tests.security.test_harness import rows

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


def spec_of(flow: str, name: str = "trial") -> StudySpec:
    return build(StudySpec, parse_document(STUDY.format(flow=flow, name=name), "study"), "study")


def honest(spec: StudySpec, flow: str) -> bytes:
    return ship(spec, DataFlow(flow), TableSource(rows(400, 1)), SEED)


def bomb(spec: StudySpec, flow: str, millions: int = 64) -> bytes:
    """Return a shipment that says what an honest one says of itself, and holds rows without end."""
    with pa.ipc.open_stream(honest(spec, flow)) as reader:
        return arrow_stream(reader.schema, millions << 20)


def step(child: Confined, spec: StudySpec, flow: str, shipment: bytes) -> dict[str, Any]:
    _, (state, request) = child.handle({"op": "start", "parties": ["north"]}, [spec.canonical()])
    given = {
        "op": "step",
        "round": 0,
        "parties": [],
        "rows": ["north"],
        "missing": [],
        "flows": {"north": flow},
    }
    return child.handle(given, [spec.canonical(), state, request, shipment])[0]


def refused(
    spec: StudySpec, flow: str, shipment: bytes, without: Sequence[str] = ()
) -> tuple[SynclineError, int]:
    """Return what the hub's child says to a shipment and how much memory it had; it is alive and goes on."""
    with confined(HUB, small(512, side=Side.HUB), without) as child:
        with pytest.raises((StudyFailed, WireError, WorkLimitReached)) as told:
            step(child, spec, flow, shipment)
        peak = child.peak_bytes
        assert step(child, spec, flow, honest(spec, flow))["round"] == 1
        return told.value, peak


@pytest.mark.parametrize("flow", ["prepared", "raw"])
def test_rows_are_refused_by_their_supplier_and_without_the_check_by_the_childs_limit(flow: str) -> None:
    spec = spec_of(flow)
    shipment = bomb(spec, flow)
    assert len(shipment) < 2 << 20
    error, peak = refused(spec, flow, shipment)
    assert "rows of supplier 'north'" in str(error)
    assert "more than its 512 MiB of memory: ask for fewer columns or rows" in str(error)
    assert "serve --compute-memory" in str(error)
    assert peak < 400 << 20
    error, peak = refused(spec, flow, shipment, [LAYOUT])
    assert isinstance(error, WorkLimitReached)
    assert "512 MiB of memory" in str(error)
    assert peak > 500 << 20


def test_a_buffer_that_claims_a_terabyte_is_refused_before_it_is_unpacked() -> None:
    spec = spec_of("prepared")
    shipment = claimed(bomb(spec, "prepared", 1), 1 << 40)
    error, peak = refused(spec, "prepared", shipment)
    assert "rows of supplier 'north'" in str(error)
    assert peak < 400 << 20
    error, _ = refused(spec, "prepared", shipment, [LAYOUT])
    assert isinstance(error, WorkLimitReached | WireError)


def test_a_batch_whose_rows_have_no_bytes_contradicts_itself() -> None:
    spec = spec_of("prepared")
    with pa.ipc.open_stream(honest(spec, "prepared")) as reader:
        schema = reader.schema
    content = arrow_stream(schema, 654_321, 654_321)
    content = content.replace((654_321).to_bytes(8, "little"), (1 << 25).to_bytes(8, "little"), 1)
    error, peak = refused(spec, "prepared", content)
    assert "a column of another length than its batch" in str(error)
    assert peak < 400 << 20


def test_a_reply_of_too_many_parts_is_refused_before_it_is_parsed() -> None:
    spec = spec_of("summaries")
    reply = b"\x12\x00" * (12 << 20)
    given = {
        "op": "step",
        "round": 0,
        "parties": ["north"],
        "rows": [],
        "missing": [],
        "flows": {"north": "summaries"},
    }
    for without, said in (((), "more parts than any message"), ([PARTS], "256 MiB of memory")):
        with confined(HUB, small(256, side=Side.HUB), without) as child:
            _, (state, request) = child.handle({"op": "start", "parties": ["north"]}, [spec.canonical()])
            with pytest.raises((WireError, WorkLimitReached), match=said):
                child.handle(given, [spec.canonical(), state, reply, request])
            assert child.alive


@pytest.mark.network
@pytest.mark.parametrize("guarded", [True, False])
def test_a_hub_ends_the_study_by_name_and_releases_the_next_one(site, run, guarded: bool) -> None:  # noqa: F811
    module = HUB if guarded else "tests.security.unguarded_hub"
    limits = WorkLimits(memory_bytes=512 << 20, side=Side.HUB)

    async def work() -> None:
        async with site.running(child_module=module, work=limits, lease_seconds=60.0):
            ada = await site.member("ada", Role.RESEARCHER)
            north = FakeAgent(await site.member("north"), site.port)
            bad, good = (spec_of("prepared", name) for name in ("bad", "good"))
            shipments = [bomb(bad, "prepared"), honest(good, "prepared")]
            north.answer = lambda task: shipments.pop(0)
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
