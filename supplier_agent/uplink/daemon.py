"""The running agent: wires its parts together, runs them until a signal, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, field

from supplier_agent.consent.decision import Seal
from supplier_agent.datasets.fitting import FITTER
from supplier_agent.event_log import EventLog
from supplier_agent.home import ENROL, AgentHome
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.fit_client import FitClient
from supplier_agent.tasks.journal import open_journal, open_payloads
from supplier_agent.tasks.policy_client import POLICY_CHILD, PolicyClient
from supplier_agent.tasks.responder import Responder
from supplier_agent.tasks.retention import Retention
from supplier_agent.uplink.attachment import AttachmentPorts, HeartbeatPace, Uplink
from supplier_agent.uplink.connection import Connection
from supplier_agent.uplink.contact import STOPPED
from supplier_agent.uplink.event_handlers import EventContext, EventHandlers
from supplier_agent.uplink.outbox import Outbox
from supplier_agent.uplink.renewal import CertificateKeeper
from syncline.clock import Clock
from syncline.durable.audit_table import AuditLog
from syncline.durable.database import Database
from syncline.durable.home_lock import HomeLock
from syncline.wire.membership import Membership, load_membership

COMPUTING_CHILD = "supplier_agent.tasks.child"


@dataclass(frozen=True, slots=True)
class Settings:
    """What may differ between installations and tests."""

    child_module: str = COMPUTING_CHILD
    pace: HeartbeatPace = field(default_factory=HeartbeatPace)


async def run_agent(home: AgentHome, clock: Clock, log: EventLog, settings: Settings = Settings()) -> None:
    """Run the agent of a home until SIGTERM or SIGINT."""
    home.require()
    membership = load_membership(home.identity, ENROL)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    with HomeLock(home.root), open_journal(home) as database:
        agent = Agent(home, membership, database, clock, log, settings)
        await agent.require_policy()
        await agent.run(stopping)


class Agent:
    """The parts of a running agent."""

    def __init__(
        self,
        home: AgentHome,
        membership: Membership,
        database: Database,
        clock: Clock,
        log: EventLog,
        settings: Settings,
    ) -> None:
        key, payloads = membership.signing_key(), open_payloads(home)
        audit = AuditLog(key, clock)
        self._log = log
        self._database = database
        self._connection = Connection(membership, home.contact, clock, os.getpid())
        self._children = ChildPool(settings.child_module, log, clock)
        self._readers = ChildPool(POLICY_CHILD, log, clock)
        self._policy = policy = PolicyClient(home.policy, membership.name, self._readers)
        self._fitters = ChildPool(FITTER, log, clock)
        self._outbox = Outbox(self._connection, database, payloads, clock, log)
        self._retention = Retention(database, payloads, clock, log)
        hub_key = membership.hub_signing_key
        responder = Responder(database, payloads, audit, self._children, policy.terms, clock, log, hub_key)
        context = EventContext(
            self._connection,
            database,
            Seal(key, audit, membership.name),
            policy,
            FitClient(database, self._fitters),
            responder,
            self._children,
            self._retention,
            self._outbox,
            clock,
            log,
        )
        self._handlers = EventHandlers(context)
        ports = AttachmentPorts(self._handlers.datasets, self._handlers.busy, self._handlers.handle)
        self._uplink = Uplink(self._connection, ports, clock, log, settings.pace)
        self._keeper = CertificateKeeper(self._connection, clock, log)

    async def require_policy(self) -> None:
        """Raise where the policy cannot be read: its people stand by now, and mend it before the start."""
        try:
            await self._policy.require()
        finally:
            await self._readers.close()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until ``stopping`` is set; a part that fails ends the agent with its error."""
        member = self._connection.membership
        self._log.info("agent started", supplier=member.name, hub=member.hub, pid=os.getpid())
        parts = [
            asyncio.create_task(part, name=name)
            for name, part in (
                ("uplink", self._uplink.run()),
                ("outbox", self._outbox.run()),
                ("certificate", self._keeper.run()),
                ("children", self._children.tend()),
                ("readers", self._readers.tend()),
                ("fitters", self._fitters.tend()),
                ("retention", self._retention.run()),
                ("commands", self._watch_commands()),
                ("signal", _until(stopping)),
            )
        ]
        try:
            done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            for part in done:
                part.result()
        finally:
            await self._close(parts)

    async def _watch_commands(self) -> None:
        """Send what a command decided, such as ``studies approve``, as soon as it is committed."""
        while True:
            await self._database.wait_for_outside_change()
            self._outbox.wake()

    async def _close(self, parts: list[asyncio.Task[None]]) -> None:
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        await self._handlers.close()
        await self._children.close()
        await self._readers.close()
        await self._fitters.close()
        self._connection.detached(STOPPED, "")
        await self._connection.close()
        self._log.info("agent stopped")


async def _until(stopping: asyncio.Event) -> None:
    await stopping.wait()
