"""The running hub: recovered, listening and driving its studies, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from syncline.clock import Clock
from syncline.compute.memory_share import memory_share
from syncline.compute.work_limits import LimitSide, WorkLimits
from syncline.durable.home_lock import HomeLock
from syncline.errors import StorageError
from syncline.identity.keys import public_signing_key
from syncline.identity.tls_identity import TlsIdentity
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import ReleaseId, StudyId, TaskId
from trusted_party.api.attempts import Attempts
from trusted_party.api.enrolment_service import EnrolmentService, HubCard
from trusted_party.api.porch import Porch
from trusted_party.api.servers import ENROLMENT, Listening, serve_enrolment, serve_members
from trusted_party.cli.home import HubHome
from trusted_party.cli.wiring import Foundation, OperatorLimits, Parts, assemble
from trusted_party.datastore.event_log import SparseWarning, log_event
from trusted_party.datastore.invitations import drop_old_invitations
from trusted_party.datastore.members import disconnect_all
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.shipments import undeleted_of_ended
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import needed_payloads, studies_in
from trusted_party.datastore.tasks import task_ids_of
from trusted_party.release.draft_files import remove_leftovers
from trusted_party.release.publication import release_of
from trusted_party.release.withdrawal import log_withdrawals
from trusted_party.rounds.driver import ROWS_DAYS
from trusted_party.rounds.engine import LIVING, EnginePace
from trusted_party.studies.disposal import record_deletions
from trusted_party.studies.submission import MOST_ROWS
from trusted_party.studies.vault import Vault
from trusted_party.synthesis.worker import Worker


def hub_limits() -> WorkLimits:
    """Return what a computation may take where the operator does not say; one is at work at a time."""
    return WorkLimits(memory_bytes=memory_share(1), wall_seconds=3600.0, side=LimitSide.HUB)


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where a hub listens and how patient it is.

    ``lease_seconds`` without a heartbeat make an agent lost; payloads that nothing names are deleted after
    ``payload_days``, and rows that suppliers sent are kept ``rows_days`` at most. One call of the computing
    child is held to ``work``, and a release has at most ``most_rows`` rows.
    """

    listen: str
    enrol_listen: str
    lease_seconds: float = 8.0
    lease_check_seconds: float = 0.5
    pace: EnginePace = field(default_factory=EnginePace)
    child_module: str = "trusted_party.synthesis.child"
    payload_days: int = 30
    rows_days: int = ROWS_DAYS
    work: WorkLimits = field(default_factory=hub_limits)
    most_rows: int = MOST_ROWS
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
    with HomeLock(home.root), home.open_database(sole=True) as database:
        base = Foundation(
            home,
            clock,
            database,
            home.open_payloads(),
            Worker(settings.child_module, clock, limits=settings.work),
        )
        recovered = await _recover(base, settings)
        try:
            async with _serving(base, settings, recovered) as hub:
                yield hub
        finally:
            await base.worker.close()
            with suppress(StorageError):  # the next start does the same
                await database.write(disconnect_all)


@asynccontextmanager
async def _serving(
    base: Foundation, settings: HubSettings, recovered: Mapping[str, int]
) -> AsyncIterator[RunningHub]:
    bounds = OperatorLimits(settings.lease_seconds, settings.rows_days, settings.most_rows)
    parts = assemble(base, settings.pace, bounds)
    await parts.gate.refresh()
    async with (
        _servers(base, parts, settings) as hub,
        _together(
            parts.engine.run(),
            parts.attachments.watch_leases(settings.lease_check_seconds),
            log_withdrawals(base.database, parts.changes),
            _watch_commands(base.database, parts),
        ),
    ):
        log_event("hub_recovered", **recovered)
        base.home.note_ports(hub.members.port, hub.enrolment.port)
        log_event("hub_listening", members=hub.members.port, enrolment=hub.enrolment.port)
        yield hub
    log_event("hub_stopped")


@asynccontextmanager
async def _servers(base: Foundation, parts: Parts, settings: HubSettings) -> AsyncIterator[RunningHub]:
    def identity() -> TlsIdentity:
        return base.home.server_identity(base.clock)

    members = await serve_members(
        settings.listen, identity, parts.porch, parts.gate, parts.supplier, parts.research
    )
    try:
        card = HubCard(
            authority=base.home.load_authority().root_pem,
            address=_address(base.home.hosts()[0], members.port),
            signing_key=public_signing_key(base.home.load_signing_key()),
        )
        porch = Porch(ENROLMENT, base.clock)
        service = EnrolmentService(
            parts.enrolments,
            parts.gate,
            card,
            porch,
            Attempts(base.clock),
            SparseWarning("enrolment_refused", base.clock),
        )
        enrolment = await serve_enrolment(settings.enrol_listen, identity, porch, service)
        try:
            yield RunningHub(members, enrolment)
        finally:
            await enrolment.stop(settings.stop_seconds)
    finally:
        await members.stop(settings.stop_seconds)


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


async def _recover(base: Foundation, settings: HubSettings) -> dict[str, int]:
    """Put in order what a kill left behind, before anybody is answered; return what was cleared away."""
    before = base.clock.now() - dt.timedelta(days=settings.payload_days)

    def write(transaction: Transaction) -> frozenset[bytes]:
        disconnect_all(transaction)
        drop_old_invitations(transaction, before)
        return needed_payloads(transaction)

    needed = await base.database.write(write)
    waiting, ended = await base.database.read(_drafts_in_use)
    await asyncio.to_thread(remove_leftovers, base.home.releases_path, waiting, ended)
    left = await base.database.read(_payloads_in_use)
    forgotten = await asyncio.to_thread(Vault(base.payloads).keep_only, *left)
    removed = await asyncio.to_thread(base.payloads.expire, before, needed)
    await base.database.write(partial(_record_deletions, base))
    return {"scopes_forgotten": forgotten, "payloads_expired": removed}


def _record_deletions(base: Foundation, transaction: Transaction) -> None:
    """Sign what was deleted before a kill, or just now, and is not on record."""
    rows = undeleted_of_ended(transaction)
    if rows:
        record_deletions(transaction, base.home.open_audit(base.clock), rows, to_us(base.clock.now()))


def _drafts_in_use(transaction: Transaction) -> tuple[list[ReleaseId], list[ReleaseId]]:
    """Return the releases whose drafts wait, and those that never will be, since their studies have ended."""
    waiting = studies_in(transaction, (StudyState.RELEASING, StudyState.AWAITING_RELEASE))
    ended = studies_in(transaction, (StudyState.FAILED, StudyState.CANCELLED))
    return [*map(release_of, waiting)], [*map(release_of, ended)]


def _payloads_in_use(
    transaction: Transaction,
) -> tuple[list[StudyId], list[StudyId], list[TaskId]]:
    """Return all studies, those that live, and their tasks."""
    living = studies_in(transaction, LIVING)
    tasks = [task for study in living for task in task_ids_of(transaction, study)]
    return studies_in(transaction, tuple(StudyState)), living, tasks


async def _watch_commands(database: Store, parts: Parts) -> None:
    """Act within 25 ms on what a command wrote to the database, such as a ban."""
    while True:
        await database.wait_for_outside_change()
        await parts.gate.refresh()
        parts.changes.notify_all()
        log_event("noticed_command")
