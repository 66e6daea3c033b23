"""Compute for a study as long as it lives: when it ends, the child that works for it is killed.

So a study that asks for too much, or that a supplier sent something endless, holds up the others no longer
than until it is cancelled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from syncline.compute.frames import Header, Json
from syncline.wire.messages import StudyId
from trusted_party.datastore.studies import StudyMoved
from trusted_party.synthesis.worker import Worker

UntilEnded: TypeAlias = Callable[[StudyId], Awaitable[None]]
"""Return when a study has ended."""


class Computation:
    """Calls of the hub's child, each on behalf of a study."""

    def __init__(self, worker: Worker, until_ended: UntilEnded) -> None:
        self._worker = worker
        self._until_ended = until_ended

    async def warm_up(self) -> None:
        """Start the child before it is needed, unless it is at work."""
        await self._worker.warm_up()

    async def call(
        self, study_id: StudyId, header: Header, blobs: Sequence[bytes]
    ) -> tuple[dict[str, Json], list[bytes]]:
        """Compute, or raise StudyMoved once the study has ended and nothing works for it any more."""
        work = asyncio.ensure_future(self._worker.call(header, blobs))
        end = asyncio.ensure_future(self._until_ended(study_id))
        try:
            await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            end.result()
            raise StudyMoved(f"study {study_id}: it ended while the hub computed for it")
        finally:
            for task in (work, end):
                task.cancel()
            await asyncio.gather(work, end, return_exceptions=True)
