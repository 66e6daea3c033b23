"""A hub whose request unpacks without end: it is declined by name of the limit, and the agent serves on.

The candidate and the request are answered by the agent's real child under its limits, and once by a whole
agent over mutual TLS. With the layout's check taken out, the child's own limit is what declines.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from supplier_agent.datasets.catalogue import Dataset, add_dataset, remove_dataset
from supplier_agent.tasks.journal import open_journal
from syncline.errors import SynclineError, WireError, WorkLimitReached
from syncline.protocols.asking import Request
from syncline.protocols.opening import HUB, Commitments, Occasion
from syncline.wire.exchange import RequestCodec
from syncline.wire.messages import DeclineKind
from tests.process.agent import harness
from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import automatic_policy, enrolled_home, running
from tests.security.bombs import arrow_stream, claimed
from tests.security.confined import AGENT, UNGUARDED, Confined, confined, small
from tests.studies.harness import MaliciousHub, Trial
from tests.unit.agent import small_study
from tests.unit.agent.small_study import specification
from tests.unit.study.two_suppliers import STUDY, rows

LAYOUT = "syncline.data.flat_stream:require_flat_layout"
PARTS = "syncline.wire.exchange:require_few_parts"
PARTS_BOMB = b"\x12\x00" * (12 << 20)
"""So many empty questions: 24 MiB, of which a parser makes half a gigabyte."""


def cells(columns: int) -> pa.Schema:
    fields = [
        field for n in range(columns) for field in ((f"key.{n}", pa.int64()), (f"status.{n}", pa.uint8()))
    ]
    return pa.schema([pa.field(name, kind, nullable=False) for name, kind in fields])


@pytest.fixture(scope="module")
def candidate() -> bytes:
    """The attack that was found: a few hundred kilobytes that unpack to gigabytes."""
    content = arrow_stream(cells(3), 64 << 20)
    assert len(content) < 1 << 20
    return content


@dataclass(frozen=True)
class Sealed:
    """An agent to which the hub has signed another candidate than to the others."""

    child: Confined
    digest: str

    def handle(self, header: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        signed = None if header["candidate"] is None else self.digest
        return self.child.handle({**header, "candidate": signed}, blobs)


def trial(directory: Path, victim: Confined, table: bytes) -> Trial:
    """Return a trial whose hub names ``table`` as the candidate to one agent, which is ``victim``."""
    digest = hashlib.sha256(table).hexdigest()

    def named(_: int, request: Request) -> Request:
        return replace(request, questions=tuple(map(swapped, request.questions)))

    def swapped(question):  # type: ignore[no-untyped-def]  # any question
        changes = {"candidate": digest} if "candidate" in getattr(question, "__slots__", ()) else {}
        if isinstance(getattr(question, "table", None), bytes):
            changes |= {"table": table}
        return replace(question, **changes) if changes else question

    tables = {"north": rows(400, 1), "south": rows(700, 2)}
    found = Trial(STUDY, tables, directory, hub=MaliciousHub("south", named))
    found._agents["south"] = Sealed(victim, digest)
    return found


@pytest.mark.parametrize("bomb", ["rows", "claim"])
def test_a_candidate_is_refused_before_it_is_unpacked(tmp_path: Path, candidate: bytes, bomb: str) -> None:
    table = candidate if bomb == "rows" else claimed(arrow_stream(cells(3), 1 << 20), 1 << 40)
    with confined(AGENT, small(512)) as child:
        with pytest.raises(
            (WorkLimitReached, WireError), match=r"512 MiB of memory: .* limits\.memory_mib"
        ) as told:
            trial(tmp_path, child, table).run()
        assert "candidate" in str(told.value)
        assert child.peak_bytes < 450 << 20
        assert child.alive
    (tmp_path / "again").mkdir()
    with confined(AGENT, small(512), [LAYOUT]) as child:
        with pytest.raises(WorkLimitReached, match=r"512 MiB of memory: .* limits\.memory_mib"):
            trial(tmp_path / "again", child, table).run()
        assert child.peak_bytes > 500 << 20 or bomb == "claim"


def test_more_rows_than_the_policy_has_are_refused_by_their_number(tmp_path: Path, candidate: bytes) -> None:
    with confined(AGENT, small(8192, rows=1 << 20)) as child:
        with pytest.raises(WorkLimitReached, match=r"1048576 rows of one table: .* limits\.table_rows"):
            trial(tmp_path, child, candidate).run()
        assert child.peak_bytes < 450 << 20


def respond(child: Confined, request: bytes) -> SynclineError:
    header = {"op": "respond", "supplier": "cleveland", "flow": "summaries", "policy": {"syncline": "1"}}
    with pytest.raises(SynclineError) as told:
        child.handle(header, [specification(), request, b""])
    return told.value


def test_a_request_of_too_many_parts_is_refused_before_it_is_parsed() -> None:
    with confined(AGENT, small(256)) as child:
        assert "more parts than any message" in str(respond(child, PARTS_BOMB))
        assert child.peak_bytes < 350 << 20
    with confined(AGENT, small(256), [PARTS]) as child:
        error = respond(child, PARTS_BOMB)
        assert isinstance(error, WireError | WorkLimitReached)
        assert "memory" in str(error) or child.peak_bytes > 350 << 20


async def declined_and_served(tmp_path: Path) -> tuple[DeclineKind, str]:
    """Send an agent the bomb, then another study; return how it declined, once it answered."""
    path = tmp_path / "heart.parquet"
    pq.write_table(pa.table({"age": np.arange(20, 80), "sex": ["F", "M"] * 30}), path)
    spec, hub = specification(), FakeHub()
    await hub.start()
    try:
        home = await enrolled_home(hub, tmp_path / "agent")
        limits = "max_cells: 100000"
        text = automatic_policy(spec).replace(limits, f"{limits}, memory_mib: 256")
        home.policy.write_text(text)
        with open_journal(home) as journal:
            journal.write_now(
                lambda c: (remove_dataset(c, "heart"), add_dataset(c, Dataset("heart", str(path), None), 1))
            )
        async with running(home):
            await hub.send(hub.proposal(spec))
            await hub.until(lambda: hub.decisions)
            await hub.send(hub.task(spec, 0, PARTS_BOMB))
            await hub.until(lambda: hub.declined, 120)
            other = small_study.STUDY.replace("study: heart", "study: heart-too")
            spec2 = specification(other)
            home.policy.write_text(
                text.replace(hashlib.sha256(spec).hexdigest(), hashlib.sha256(spec2).hexdigest())
            )
            await hub.send(hub.proposal(spec2, "study-2"))
            await hub.until(lambda: len(hub.decisions) > 1)
            occasion = Occasion("study-2", hashlib.sha256(spec2).hexdigest())
            made = {"cleveland": bytes.fromhex(hub.decisions[1].commitment), HUB: bytes(32)}
            asked = RequestCodec().encode(Request(0, (), commitments=Commitments(occasion, made)))
            await hub.send(hub.task(spec2, 0, asked, study_id="study-2", task_id="task-2"))
            await hub.until(lambda: hub.submitted, 120)
    finally:
        await hub.stop()
    return hub.declined[0].kind, hub.declined[0].reason


@pytest.mark.network
@pytest.mark.parametrize("guarded", [True, False])
def test_an_agent_declines_the_bomb_and_answers_the_next_study(
    tmp_path: Path, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "FAKE_CHILD", AGENT if guarded else f"{UNGUARDED}_agent")
    kind, reason = asyncio.run(declined_and_served(tmp_path))
    if guarded:
        assert kind is DeclineKind.PROTOCOL
        assert "more parts than any message of this kind" in reason
    else:
        assert kind is DeclineKind.POLICY
        assert (
            "256 MiB of memory: ask for fewer columns or rows, or let the supplier raise limits.memory_mib"
            in reason
        )
