"""An agent that says nothing for a lease is recorded as gone, by the clock alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from syncline.durable.payloads import PayloadStore
from syncline.identity.keys import generate_signing_key
from syncline.identity.peer import PeerRole
from syncline.wire.messages import Heartbeat
from tests.unit.virtual_clock import VirtualClock
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.members import find_member, put_member, set_connected
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.studies.attachment import Attachments
from trusted_party.studies.changes import Changes
from trusted_party.studies.presence import Presence
from trusted_party.studies.replies import Replies
from trusted_party.studies.vault import Vault

LEASE, LOOK = 15.0, 1.0


class Hub:
    """A hub's database with one attached supplier, and a clock of its own."""

    def __init__(self, root: Path) -> None:
        self.clock = VirtualClock()
        self.database = open_sqlite_store(root / "hub.sqlite")
        self.presence = Presence(self.clock, LEASE)
        audit = HubAudit(generate_signing_key(), self.clock)
        vault = Vault(PayloadStore(root / "payloads", bytes(32)))
        replies = Replies(self.database, vault, audit, self.clock)
        self.attachments = Attachments(self.database, self.presence, Changes(), replies, self.clock)
        self.database.write_now(self._fill)
        self.presence.attach("north", "a")

    def _fill(self, transaction) -> None:
        put_member(transaction, "north", PeerRole.SUPPLIER, bytes(32), 1)
        set_connected(transaction, "north", True, 1)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, a look at a time, until what was written then is written."""
        for _ in range(round(seconds / LOOK)):
            await self.clock.pass_time(LOOK)
            await self.database.write(lambda transaction: None)

    async def connected(self) -> bool:
        member = await self.database.read(lambda transaction: find_member(transaction, "north"))
        assert member is not None
        return member.connected

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.attachments.watch_leases(LOOK))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.database.close()


def test_an_agent_that_beats_stays_and_a_silent_one_is_gone_after_its_lease(tmp_path: Path) -> None:
    async def work() -> None:
        hub = Hub(tmp_path)
        async with hub.watched():
            for _ in range(10):
                await hub.pass_time(10)
                hub.attachments.beat("north", Heartbeat("a", ()))
            assert await hub.connected()
            await hub.pass_time(LEASE - LOOK)
            assert await hub.connected()
            await hub.pass_time(2 * LOOK)
            assert not await hub.connected()
            assert hub.presence.lost("north")

    asyncio.run(work())
