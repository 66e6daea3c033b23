"""Delete what is no longer needed: memory at a study's end, requests and replies a while after it."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3

from supplier_agent.consent.study_record import ConsentState
from supplier_agent.event_log import EventLog
from supplier_agent.tasks.responder import memories
from supplier_agent.tasks.round_record import forget_memory
from syncline.clock import Clock
from syncline.durable.database import Database
from syncline.durable.payloads import PayloadStore
from syncline.errors import StorageError

KEEP = dt.timedelta(days=7)
"""Requests and replies stay so long after they were last used, for the audit to be compared with them."""

SWEEP_SECONDS = 3600.0


class Retention:
    """Apply the times to live."""

    def __init__(
        self,
        database: Database,
        payloads: PayloadStore,
        clock: Clock,
        log: EventLog,
        keep: dt.timedelta = KEEP,
    ) -> None:
        self._database = database
        self._payloads = payloads
        self._clock = clock
        self._log = log
        self._keep = keep

    async def study_ended(self, study_id: str) -> None:
        """Delete the study's memory at once."""
        await self._database.write(lambda connection: forget_memory(connection, study_id))
        await asyncio.to_thread(memories(self._payloads, study_id).clear)

    async def sweep(self) -> int:
        """Delete old payloads that no open study needs; return how many."""
        needed = await self._database.read(_needed)
        before = self._clock.now() - self._keep
        return await asyncio.to_thread(self._payloads.expire, before, needed)

    async def run(self) -> None:
        """Sweep now and every hour; never returns by itself."""
        while True:
            try:
                removed = await self.sweep()
            except StorageError as error:
                self._log.error("old payloads were not deleted", reason=str(error))
            else:
                if removed:
                    self._log.info("old payloads deleted", files=removed)
            await self._clock.sleep(SWEEP_SECONDS)


def _needed(connection: sqlite3.Connection) -> frozenset[bytes]:
    """Return the digests that studies which have not ended still refer to."""
    rows = connection.execute(
        "SELECT request_sha256, reply_sha256, sha256 FROM study"
        " LEFT JOIN round USING (study_id) LEFT JOIN memory USING (study_id) WHERE study.state != ?",
        (ConsentState.ENDED.value,),
    )
    return frozenset(bytes.fromhex(digest) for row in rows for digest in row if digest)
