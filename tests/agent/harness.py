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
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.identity.peer import PeerRole
from syncline.study.spec import StudySpec
from syncline.wire.enrolment_client import EnrolmentPlan, enrol
from tests.agent.fake_hub import FakeHub

FAKE_CHILD = "tests.agent.fake_child"
PACE = HeartbeatPace(heartbeat=0.2, first_retry=0.05, last_retry=0.2, refused_retry=0.2)

STUDY = """\
syncline: 1
study: heart-2026
purpose: Method development
schema:
  variables:
    - {name: age, kind: integer, range: [0, 120]}
    - {name: sex, kind: categorical, categories: [F, M]}
suppliers:
  - {name: cleveland}
quorum: {min_suppliers: 1}
synthesizer: {method: marginals}
validation: none
release: {gate: none, approvals: 0}
"""

POLICY = """\
syncline: 1
studies: ["heart-*"]
flows: [summaries]
datasets: [heart]
columns: {allow: ["*"]}
questions: [row_count, profile, rank_counts, marginals]
limits: {max_order: 2, max_rounds: 200, max_cells: 100000}
min_cell: 11
min_suppliers: 1
"""


def specification(text: str = STUDY) -> bytes:
    return build(StudySpec, parse_document(text, "study.yaml"), "study.yaml").canonical()


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
