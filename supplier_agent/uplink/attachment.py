"""Stay attached to the hub: one stream of events, a heartbeat beside it, and patience when it breaks."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from supplier_agent.event_log import EventLog
from supplier_agent.tasks.journal import microseconds
from supplier_agent.uplink.connection import Connection
from supplier_agent.uplink.contact import CONNECTING, EXPIRED, REFUSED
from syncline.clock import Clock
from syncline.errors import IdentityError, SynclineError, WireError
from syncline.version import ALGORITHM_VERSION, __version__
from syncline.wire.messages import Attachment, Event, Heartbeat, TaskId, Welcome
from syncline.wire.refusals import PeerUnreachable, VersionMismatch

CLOCK_SKEW_US = 60 * 1_000_000


@dataclass(frozen=True, slots=True)
class HeartbeatPace:
    """Seconds between heartbeats, and between attempts to come back."""

    heartbeat: float = 3.0
    first_retry: float = 0.2
    last_retry: float = 3.0
    refused_retry: float = 5.0


@dataclass(frozen=True, slots=True)
class AttachmentPorts:
    """What the attachment asks of the rest of the agent."""

    datasets: Callable[[], Awaitable[tuple[str, ...]]]
    busy: Callable[[], Awaitable[tuple[TaskId, ...]]]
    handle: Callable[[Event], Awaitable[None]]


class StreamLeft(SynclineError):
    """The stream was left on purpose, to attach on a new channel."""


class Uplink:
    """Attach, pass events on, and attach again until cancelled."""

    def __init__(
        self,
        connection: Connection,
        ports: AttachmentPorts,
        clock: Clock,
        log: EventLog,
        pace: HeartbeatPace = HeartbeatPace(),
    ) -> None:
        self._connection = connection
        self._ports = ports
        self._clock = clock
        self._log = log
        self._pace = pace
        self._instance = secrets.token_hex(16)
        self._said = ""

    async def run(self) -> None:
        """Keep the agent attached; never returns by itself."""
        retry = self._pace.first_retry
        while True:
            try:
                self._check_own_certificate()
                await self._attached_once()
            except StreamLeft:
                retry = self._pace.first_retry
                continue
            except SynclineError as error:
                retry = self._next_retry(retry, error)
                self._lost(error)
                await self._clock.sleep(retry)

    def _check_own_certificate(self) -> None:
        self._connection.membership.certificate.check_current(self._clock.now())

    async def _attached_once(self) -> None:
        """Read one stream to its end; whichever part fails first ends the others with its error."""
        tasks = [
            asyncio.create_task(self._read_events(), name="events"),
            asyncio.create_task(self._heartbeats(), name="heartbeats"),
            asyncio.create_task(self._leave_on_rotation(), name="rotation"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _leave_on_rotation(self) -> None:
        await self._connection.wait_for_rotation()
        raise StreamLeft("the certificate was renewed")

    async def _read_events(self) -> None:
        attachment = Attachment(self._instance, __version__, ALGORITHM_VERSION, await self._ports.datasets())
        async for event in self._connection.client.attach(attachment, self._unreadable):
            if isinstance(event, Welcome):
                self._welcomed(event)
            await self._ports.handle(event)
        raise PeerUnreachable("the hub closed the connection")

    def _unreadable(self, error: WireError) -> None:
        """Leave out one event, so that it does not cost the agent all others; the welcome it needs."""
        if not self._connection.is_attached:
            raise error
        self._log.error("event left out: it does not read", reason=str(error))

    def _welcomed(self, welcome: Welcome) -> None:
        if welcome.algorithm_version != ALGORITHM_VERSION:
            raise VersionMismatch(
                f"the hub ({welcome.software_version}) computes by version {welcome.algorithm_version} and"
                f" this agent ({__version__}) by {ALGORITHM_VERSION}: install one release of Syncline at both"
            )
        skew = microseconds(self._clock) - welcome.hub_time_us
        if abs(skew) > CLOCK_SKEW_US:
            self._log.warning("clock differs from the hub's: set it by NTP", seconds=skew // 1_000_000)
        self._said = ""
        self._connection.attached(welcome.software_version)
        self._log.info("connected", hub=self._connection.membership.hub, hub_version=welcome.software_version)

    async def _heartbeats(self) -> None:
        await self._connection.wait_until_attached()
        while True:
            await self._clock.sleep(self._pace.heartbeat)
            beat = Heartbeat(self._instance, await self._ports.busy())
            await self._connection.client.heartbeat(beat)
            self._connection.heard()

    def _next_retry(self, last: float, error: SynclineError) -> float:
        """Return seconds to wait: few after a break, slowly more without a hub, many after a refusal."""
        if self._connection.is_attached:
            return self._pace.first_retry
        if not isinstance(error, PeerUnreachable):
            return self._pace.refused_retry
        return min(2 * last, self._pace.last_retry)

    def _lost(self, error: SynclineError) -> None:
        """Report why there is no stream, once for each reason."""
        refused = not isinstance(error, PeerUnreachable)
        state, sentence = (REFUSED if refused else CONNECTING), str(error)
        if isinstance(error, IdentityError) and not self._is_current():
            state = EXPIRED
        if sentence != self._said:
            self._log.warning("not connected", state=state, reason=sentence)
        self._said = sentence
        self._connection.detached(state, sentence)

    def _is_current(self) -> bool:
        return self._clock.now() <= self._connection.membership.certificate.not_after
