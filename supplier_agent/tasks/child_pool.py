"""The child processes that compute: one a study, kept warm between rounds, started again when killed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from supplier_agent.event_log import EventLog
from syncline.clock import Clock
from syncline.compute.child import ChildDied, ChildProcess
from syncline.compute.frames import Header, Json
from syncline.compute.memory_share import memory_share
from syncline.compute.work_limits import WorkLimits

PAUSES_SECONDS = (0.2, 1.0)
"""Waits before the second and the third attempt; after the third the task is declined."""

IDLE_SECONDS = 30.0
MOST_AT_WORK = 2
_TEND_SECONDS = 5.0


def default_memory() -> int:
    """Return how many bytes of memory a child may take where the policy does not say."""
    return memory_share(MOST_AT_WORK)


@dataclass(slots=True)
class _Place:
    """One study's child and whose turn it is to call it."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    child: ChildProcess | None = None
    free_since: float = 0.0
    closed: bool = False

    def check_open(self) -> None:
        if self.closed:
            raise ChildDied("the study has ended")


class ChildPool:
    """Call the computing child of each study.

    Parameters
    ----------
    module : str
        The child's module, run as ``python -m MODULE``.
    log : EventLog
        Where a killed child is reported.
    clock : Clock
        Tells how long to wait before another attempt, and how long a child had no work.
    pauses : sequence of float, optional
        Seconds to wait before each further attempt.
    idle_seconds : float, optional
        A child without work for so long is ended, which gives its memory back.
    """

    def __init__(
        self,
        module: str,
        log: EventLog,
        clock: Clock,
        pauses: Sequence[float] = PAUSES_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._module = module
        self._log = log
        self._clock = clock
        self._pauses = tuple(pauses)
        self._idle_seconds = idle_seconds
        self._places: dict[str, _Place] = {}
        self._at_work = asyncio.Semaphore(MOST_AT_WORK)

    async def call(
        self, study_id: str, header: Header, blobs: Sequence[bytes], limits: WorkLimits
    ) -> tuple[dict[str, Json], list[bytes]]:
        """Ask the study's child; a child that dies is started again, :class:`ChildDied` comes last.

        What met one of the ``limits`` would meet it again, and is not tried again.
        """
        place = self._places.setdefault(study_id, _Place())
        async with place.turn, self._at_work:
            for pause in self._pauses:
                try:
                    return await self._ask(place, header, blobs, limits)
                except ChildDied as error:
                    if place.closed:
                        raise
                    self._log.warning("child died", study=study_id, reason=str(error), again_in_s=pause)
                await self._clock.sleep(pause)
            return await self._ask(place, header, blobs, limits)

    def child_of(self, study_id: str) -> ChildProcess | None:
        """Return the study's child where it runs."""
        place = self._places.get(study_id)
        return None if place is None else place.child

    async def close_study(self, study_id: str) -> None:
        """End the study's child, also in the middle of a call."""
        place = self._places.pop(study_id, None)
        if place is not None:
            place.closed = True
            await _end(place)

    async def close(self) -> None:
        """End all children."""
        for study_id in list(self._places):
            await self.close_study(study_id)

    async def tend(self) -> None:
        """End children that had no work for a while; runs until it is cancelled."""
        while True:
            await self._clock.sleep(min(_TEND_SECONDS, self._idle_seconds))
            now = self._clock.monotonic()
            for place in list(self._places.values()):
                if not place.turn.locked() and now - place.free_since >= self._idle_seconds:
                    async with place.turn:
                        await _end(place)

    async def _ask(
        self, place: _Place, header: Header, blobs: Sequence[bytes], limits: WorkLimits
    ) -> tuple[dict[str, Json], list[bytes]]:
        place.check_open()
        if place.child is None or not place.child.alive or place.child.limits != limits:
            await _end(place)
            place.child = await ChildProcess.start(self._module, limits=limits)
        try:
            place.check_open()
            return await place.child.call(header, blobs)
        finally:
            if place.closed:
                await _end(place)
            place.free_since = self._clock.monotonic()


async def _end(place: _Place) -> None:
    child, place.child = place.child, None
    if child is not None:
        await child.close()
