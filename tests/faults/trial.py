"""One study run by real processes under faults, and what must hold at its end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from supplier_agent.tasks.journal import open_journal
from syncline.cli.demo.stage import free_ports
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.durable import audit, audit_table
from syncline.errors import StorageError, SynclineError
from syncline.identity.key_pin import KeyPin
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, sign
from syncline.study.manifest import verify_release
from syncline.study.spec import StudySpec
from syncline.wire.messages import StudyId, StudyStatus
from syncline.wire.refusals import PeerUnreachable
from syncline.wire.research_client import ResearchClient
from tests.faults.daemons import Daemon, Environment, agent_daemon, hub_daemon, kept_running
from tests.faults.small_study import PATIENT, SUPPLIERS, Quorum, SmallStudy, table_sha256
from tests.faults.world import RESEARCHER, World
from trusted_party.datastore import audit_log

STUDY_SECONDS = 180.0
START_SECONDS = 20.0
"""What a start after a kill may add to it on a busy machine."""
_AGAIN_SECONDS = 0.05


@dataclass
class Trial:
    """Daemons over one copy of the homes, and a researcher who keeps trying.

    ``faults`` are the environments of each daemon's starts by its name; ``seen_at`` is where the agents find
    the hub, if not at its own port.
    """

    world: World
    study: SmallStudy
    faults: dict[str, list[Environment]] = field(default_factory=dict)
    port: int = 0
    seen_at: int | None = None

    def __post_init__(self) -> None:
        self.port = self.port or free_ports()[0]
        self.world.move_hub(self.port, self.seen_at)
        self.hub = hub_daemon(self.world, self.port, self.faults.get("hub", ()))
        self.agents = {name: agent_daemon(self.world, name, self.faults.get(name, ())) for name in SUPPLIERS}

    @property
    def daemons(self) -> list[Daemon]:
        return [self.hub, *self.agents.values()]

    async def released(self, expected_sha256: str) -> StudyStatus:
        """Run the study to its release and check all that must hold; return its last status."""
        starts = sum(len(environments) for environments in self.faults.values())
        async with asyncio.timeout(STUDY_SECONDS + START_SECONDS * starts), kept_running(*self.daemons):
            status = await self.until_ended()
            await self.until_told()
            await self.until_forgotten()
        self.check(status, expected_sha256)
        return status

    async def until_ended(self, quorum: Quorum = PATIENT) -> StudyStatus:
        """Submit until the hub acknowledges it, then follow until the study has ended."""
        study_id = await self.submit(quorum)
        return await self.until(study_id, lambda status: status.ended_us > 0)

    async def submit(self, quorum: Quorum = PATIENT) -> StudyId:
        """Submit the study until the hub acknowledges it."""
        content = specification(self.study, quorum)
        member = self.world.membership(RESEARCHER)
        digest = hashlib.sha256(content).digest()
        signature = sign(member.signing_key(), Purpose.STUDY_SPECIFICATION, digest)
        while True:
            with contextlib.suppress(PeerUnreachable, StorageError):
                async with ResearchClient(member.hub, member.tls) as client:
                    return await client.submit(content, signature)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until(self, study_id: StudyId, holds: Callable[[StudyStatus], bool]) -> StudyStatus:
        """Follow a study, over any number of connections, until ``holds``."""
        member = self.world.membership(RESEARCHER)
        while True:
            with contextlib.suppress(PeerUnreachable):
                async with ResearchClient(member.hub, member.tls) as client:
                    async for status in client.watch(study_id):
                        if holds(status):
                            return status
                    assert not status.ended_us, f"the study ended first: {status}"
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until_attached(self) -> None:
        """Wait until the hub has welcomed both agents."""
        while self.hub.said().count("agent_attached") < len(SUPPLIERS):  # noqa: ASYNC110 - a log sets no event
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until_told(self) -> None:
        """Wait until each agent knows that the study has ended."""
        ended = "SELECT 1 FROM study WHERE state = 'ended'"
        while not all(self.rows(name, ended) for name in SUPPLIERS):  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(_AGAIN_SECONDS)

    async def until_forgotten(self) -> None:
        """Wait until the hub keeps nothing of the study but its model, and has signed that rows are gone."""
        scopes = self.world.hub.payloads_path / "scopes"
        kept = "SELECT 1 FROM shipments WHERE deleted_us = 0"
        while len(list(scopes.iterdir())) != 1 or self.rows("hub", kept):  # noqa: ASYNC110 - no event is set
            await asyncio.sleep(_AGAIN_SECONDS)

    def rows(self, name: str, query: str) -> list[tuple[object, ...]]:
        """Ask an agent's journal, or the hub's database, beside the running process."""
        file = self.world.hub.database_path if name == "hub" else self.world.agent(name).journal
        with contextlib.closing(sqlite3.connect(file, timeout=10)) as connection:
            return list(connection.execute(query))

    def check(self, status: StudyStatus, expected_sha256: str) -> None:
        """Assert that the release is the expected one and that every round was answered and recorded once."""
        self.check_hub(status, expected_sha256)
        for name, flow in zip(SUPPLIERS, self.study.flows, strict=True):
            self.check_agent(name, status.rounds_done if flow == "summaries" else 2)

    def check_agent(self, name: str, rounds: int) -> None:
        """Assert that an agent's record is unbroken and holds each round once."""
        key = self.world.membership(name).signing_key().public_key()
        with open_journal(self.world.agent(name)) as journal:
            entries = journal.read_now(lambda connection: list(audit_table.entries(connection)))
        assert audit.verify(entries, key).first_bad is None, f"{name}: the audit does not verify"
        charged = Counter(entry.fields["round"] for entry in entries if entry.kind == "round-answered")
        assert charged == Counter(range(rounds)), f"{name}: rounds charged {charged}"
        waiting = self.rows(name, "SELECT count(*) FROM round WHERE state != 'answered'")
        assert waiting == [(0,)], f"{name}: a round is not answered"

    def check_hub(self, status: StudyStatus, expected_sha256: str) -> None:
        """Assert that the release is the expected one, and the hub's record is unbroken and holds it once."""
        assert status.state == "released", f"{status.state}: {status.reason}"
        release, key = self.world.hub.releases_path / status.release_id, self.world.hub.load_signing_key()
        assert table_sha256(release) == expected_sha256, "another table was released"
        assert verify_release(release, KeyPin.of_key(public_signing_key(key))).failures == ()
        with self.world.hub.open_database() as database:
            entries = database.read_now(lambda transaction: list(audit_log.entries(transaction)))
        assert audit.verify(entries, key.public_key()).first_bad is None, "hub: the audit does not verify"
        kinds = Counter(entry.kind for entry in entries)
        replies = sum(supplier.rounds_answered for supplier in status.suppliers)
        assert (kinds["round_opened"], kinds["reply_received"]) == (status.rounds_done, replies), kinds
        assert kinds["released"] == 1
        sent_rows = sum(flow != "summaries" for flow in self.study.flows)
        assert kinds["rows_deleted"] == sent_rows, "hub: not every deletion of rows is on record once"
        sent = Counter(str(entry.fields["task"]) for entry in entries if entry.kind == "request_sent")
        attempts = dict(self.rows("hub", "SELECT id, attempt FROM tasks"))
        assert all(count <= attempts[task] for task, count in sent.items()), f"hub: recorded as sent {sent}"


def specification(study: SmallStudy, quorum: Quorum = PATIENT) -> bytes:
    """Return the canonical specification that the researcher signs."""
    return build(StudySpec, parse_document(study.text(quorum), "study"), "study").canonical()


def explain(error: BaseException) -> str:
    """Return an error in one line for a table of results."""
    kind = "" if isinstance(error, AssertionError | SynclineError) else f"{type(error).__name__}: "
    return f"{kind}{error}".splitlines()[0][:300] if str(error) else type(error).__name__
