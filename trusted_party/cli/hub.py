"""The running hub: every part wired to every other, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from syncline.clock import Clock
from syncline.durable.database import Database
from syncline.durable.home_lock import HomeLock
from syncline.durable.payloads import PayloadStore
from syncline.identity.keys import public_signing_key
from trusted_party.api.enrolment_service import EnrolmentService, HubCard
from trusted_party.api.gate import Gate
from trusted_party.api.research_service import ResearchService
from trusted_party.api.servers import Listening, serve_enrolment, serve_members
from trusted_party.api.supplier_service import SupplierService
from trusted_party.cli.home import HubHome
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.invitations import drop_old_invitations
from trusted_party.datastore.members import disconnect_all
from trusted_party.datastore.studies import needed_payloads
from trusted_party.release.publication import Publisher, remove_drafts
from trusted_party.rounds.driver import Ports
from trusted_party.rounds.engine import Engine, Pace
from trusted_party.studies.attachment import Attachments
from trusted_party.studies.changes import Changes
from trusted_party.studies.decisions import Decisions
from trusted_party.studies.endings import Endings
from trusted_party.studies.enrolment import Enrolments
from trusted_party.studies.inquiries import Inquiries
from trusted_party.studies.presence import Presence
from trusted_party.studies.replies import Replies
from trusted_party.studies.standing import Standing
from trusted_party.studies.submission import Submissions
from trusted_party.studies.vault import Vault
from trusted_party.synthesis.worker import Worker


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where a hub listens and how patient it is.

    ``lease_seconds`` without a heartbeat make an agent lost; payloads that nothing names are deleted after
    ``payload_days``.
    """

    listen: str
    enrol_listen: str
    lease_seconds: float = 8.0
    lease_check_seconds: float = 0.5
    pace: Pace = field(default_factory=Pace)
    child_module: str = "trusted_party.synthesis.child"
    payload_days: int = 30
    stop_seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class RunningHub:
    """Addresses of a hub that answers."""

    members: Listening
    enrolment: Listening


@asynccontextmanager
async def running_hub(home: HubHome, settings: HubSettings, clock: Clock) -> AsyncIterator[RunningHub]:
    """Start a hub on a home, and stop it at the end of the block."""
    home.require()
    with HomeLock(home.root), home.open_database() as database:
        payloads = home.open_payloads()
        await _recover(home, database, payloads, settings, clock)
        worker = Worker(settings.child_module)
        try:
            async with _serving(home, settings, clock, database, payloads, worker) as hub:
                yield hub
        finally:
            await worker.close()
            await database.write(disconnect_all)


@asynccontextmanager
async def _serving(
    home: HubHome,
    settings: HubSettings,
    clock: Clock,
    database: Database,
    payloads: PayloadStore,
    worker: Worker,
) -> AsyncIterator[RunningHub]:
    audit, signing_key, authority = home.open_audit(clock), home.load_signing_key(), home.load_authority()
    changes, vault = Changes(), Vault(payloads)
    presence = Presence(clock, settings.lease_seconds)
    endings = Endings(audit, clock)
    gate = Gate(Standing(database), clock)
    await gate.refresh()
    replies = Replies(database, vault, audit, clock)
    attachments = Attachments(database, presence, changes, replies, clock)
    publisher = Publisher(
        home.releases_path, signing_key, database, vault, audit, clock, changes, worker, endings
    )
    ports = Ports(database, vault, audit, clock, changes, presence, worker, endings, publisher.publish)
    engine = Engine(ports, settings.pace)
    submissions = Submissions(database, audit, clock)
    inquiries = Inquiries(database, changes, endings, home.releases_path)
    members = await serve_members(
        settings.listen,
        lambda: home.server_identity(clock),
        SupplierService(gate, changes, attachments, Decisions(database, audit, clock), replies),
        ResearchService(gate, changes, submissions, inquiries),
    )
    try:
        card = HubCard(
            authority.root_pem,
            _address(home.hosts()[0], members.port),
            public_signing_key(signing_key),
        )
        enrolments = Enrolments(database, authority, audit, clock)
        enrolment = await serve_enrolment(
            settings.enrol_listen,
            lambda: home.server_identity(clock),
            EnrolmentService(enrolments, gate, card),
        )
        try:
            watching = attachments.watch_leases(settings.lease_check_seconds)
            async with _together(engine.run(), watching, _watch_commands(database, gate, changes)):
                log_event("hub_listening", members=members.port, enrolment=enrolment.port)
                yield RunningHub(members, enrolment)
        finally:
            await enrolment.server.stop(settings.stop_seconds)
    finally:
        await members.server.stop(settings.stop_seconds)
        log_event("hub_stopped")


@asynccontextmanager
async def _together(*works: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run ``works`` during the block; where one of them fails, its error ends the block."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def _recover(
    home: HubHome, database: Database, payloads: PayloadStore, settings: HubSettings, clock: Clock
) -> None:
    """Put in order what a kill left behind, before anybody is answered."""
    before = clock.now() - dt.timedelta(days=settings.payload_days)

    def write(connection: sqlite3.Connection) -> frozenset[bytes]:
        disconnect_all(connection)
        drop_old_invitations(connection, before)
        return needed_payloads(connection)

    needed = await database.write(write)
    await asyncio.to_thread(remove_drafts, home.releases_path)
    removed = await asyncio.to_thread(payloads.expire, before, needed)
    log_event("hub_recovered", payloads_expired=removed)


async def _watch_commands(database: Database, gate: Gate, changes: Changes) -> None:
    """Act within 25 ms on what a command wrote to the database, such as a ban."""
    while True:
        await database.wait_for_outside_change()
        await gate.refresh()
        changes.notify_all()
        log_event("noticed_command")
