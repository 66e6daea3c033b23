"""An enrolled agent in a temporary home, and a study that its policy permits."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import syncline.wire  # noqa: F401  # before grpc
from supplier_agent.datasets.catalogue import Dataset, add_dataset
from supplier_agent.event_log import EventLog
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from supplier_agent.uplink.attachment import HeartbeatPace
from supplier_agent.uplink.daemon import Agent, Settings
from syncline.clock import Clock, SystemClock
from syncline.identity.peer import PeerRole
from syncline.wire.enrolment_client import EnrolmentPlan, enrol
from tests.process.agent.fake_hub import FakeHub
from tests.unit.agent.small_study import POLICY

FAKE_CHILD = "tests.process.agent.fake_child"
PACE = HeartbeatPace(heartbeat=0.2, first_retry=0.05, last_retry=0.2, refused_retry=0.2)


def automatic_policy(spec: bytes) -> str:
    import hashlib

    digest = hashlib.sha256(spec).hexdigest()
    return POLICY + f"approval: {{mode: automatic, specs: [{digest}]}}\n"


def heart_table(root: Path) -> Path:
    """Write beside an agent's home a table that fits :data:`STUDY`."""
    table = root.parent / f"{root.name}-heart.csv"
    lines = (f"{30 + place % 50},{'FM'[place % 2]}\n" for place in range(400))
    table.write_text("age,sex\n" + "".join(lines))
    return table


async def enrolled_home(hub: FakeHub, root: Path, name: str = "cleveland") -> AgentHome:
    home = AgentHome(root)
    home.create()
    plan = EnrolmentPlan(home.identity, hub.address, PeerRole.SUPPLIER, hub.enrolment_address)
    await enrol(plan, hub.invite(name), SystemClock())
    home.policy.write_text(POLICY)
    with open_journal(home) as journal:
        journal.write_now(lambda c: add_dataset(c, Dataset("heart", str(heart_table(root)), None), 1))
    return home


@contextlib.asynccontextmanager
async def running(
    home: AgentHome, log: io.StringIO | None = None, clock: Clock | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """Run an agent in this process until the block ends."""
    from syncline.wire.membership import load_membership

    stopping, clock = asyncio.Event(), clock or SystemClock()
    membership = load_membership(home.identity, "enrol")
    events = EventLog(clock, log or io.StringIO(), human=False)
    with open_journal(home) as database:
        settings = Settings(child_module=FAKE_CHILD, pace=PACE)
        agent = Agent(home, membership, database, clock, events, settings)
        task = asyncio.create_task(agent.run(stopping))
        try:
            yield task
        finally:
            stopping.set()
            await task


def rows(home: AgentHome | Path, query: str) -> list[tuple]:
    root = home.root if isinstance(home, AgentHome) else home
    connection = sqlite3.connect(root / "journal.sqlite")
    try:
        return list(connection.execute(query))
    finally:
        connection.close()


def request(number: int, **changes: object) -> bytes:
    return json.dumps({"round": number, "add": number + 1, **changes}).encode()
