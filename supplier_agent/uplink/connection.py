"""The agent's current channel to the hub: replaced when the certificate is, reported as it comes and goes."""

from __future__ import annotations

import asyncio
from pathlib import Path

from supplier_agent.tasks.journal import microseconds
from supplier_agent.uplink.contact import CONNECTED, CONNECTING, Contact, write_contact
from supplier_agent.uplink.hub_client import HubClient
from syncline.clock import Clock
from syncline.wire.membership import Membership

DRAIN_SECONDS = 30.0


class Connection:
    """Hold the channel, say whether the hub is attached, and keep the contact file.

    Whoever calls the hub takes :attr:`client` at that moment; after a rotation the old channel lets its
    calls finish for :data:`DRAIN_SECONDS`.
    """

    def __init__(self, membership: Membership, contact_file: Path, clock: Clock, pid: int) -> None:
        self.membership = membership
        self.client = HubClient(membership.hub, membership.tls)
        self._attached = asyncio.Event()
        self._rotated = asyncio.Event()
        self._contact_file = contact_file
        self._clock = clock
        self._draining: set[asyncio.Task[None]] = set()
        self._contact = Contact(pid, CONNECTING, "", 0, "", self._expires_us())

    @property
    def is_attached(self) -> bool:
        """Whether the hub has welcomed this agent on a stream that is open."""
        return self._attached.is_set()

    async def wait_until_attached(self) -> None:
        """Return once the hub has welcomed this agent."""
        await self._attached.wait()

    async def wait_for_rotation(self) -> None:
        """Return once another channel has taken the place of the one in use."""
        self._rotated.clear()
        await self._rotated.wait()

    def rotate(self, membership: Membership) -> None:
        """Use a new certificate from now on; let calls on the old channel finish."""
        old, self.client = self.client, HubClient(membership.hub, membership.tls)
        self.membership = membership
        task = asyncio.create_task(old.close(DRAIN_SECONDS))
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)
        self._rotated.set()
        self.report(self._contact.state, self._contact.message)

    def attached(self, hub_version: str) -> None:
        """Note that the hub welcomed this agent."""
        self._attached.set()
        self.report(CONNECTED, "", hub_version=hub_version)

    def detached(self, state: str, message: str) -> None:
        """Note that there is no stream, and why."""
        self._attached.clear()
        self.report(state, message)

    def heard(self) -> None:
        """Note that the hub answered just now."""
        self.report(self._contact.state, self._contact.message)

    def report(self, state: str, message: str, hub_version: str | None = None) -> None:
        """Write the contact file; a full disk must not end the connection."""
        heard = microseconds(self._clock) if self.is_attached else self._contact.last_contact_us
        self._contact = Contact(
            self._contact.pid,
            state,
            message,
            heard,
            self._contact.hub_version if hub_version is None else hub_version,
            self._expires_us(),
        )
        try:
            write_contact(self._contact_file, self._contact)
        except OSError:
            return

    async def close(self) -> None:
        """Close the channel at once, and those that still drain."""
        for task in self._draining:
            task.cancel()
        await self.client.close()

    def _expires_us(self) -> int:
        return round(self.membership.certificate.not_after.timestamp() * 1_000_000)
