"""The hub's hold on its computing child: started when needed, repeated after a crash, ended when idle.

Every operation of the child is a pure function of what is sent to it, so a call may be repeated as it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from syncline.clock import Clock, Timer
from syncline.compute.child import ChildDied, ChildProcess
from syncline.compute.frames import Header, Json
from syncline.compute.work_limits import LimitSide, WorkLimits
from syncline.errors import StudyFailed, WorkLimitReached
from trusted_party.datastore.event_log import log_warning

ATTEMPTS = 3
PAUSE_SECONDS = 0.5
"""Wait before the second attempt, twice as long before the third: memory may be short just now."""

IDLE_SECONDS = 20.0

HUB_LIMITS = WorkLimits(wall_seconds=3600.0, side=LimitSide.HUB)
"""The steps of large studies take minutes."""


class Worker:
    """One child process for all studies of a hub; calls go one at a time.

    A call that is cancelled kills the child, and the next one starts another.

    Parameters
    ----------
    module
        What ``python -m`` starts; ``trusted_party.synthesis.child`` in the daemon, a small fake in tests.
    clock
        Tells how long to wait before another attempt, and how long the child had no work.
    limits
        What one call may take; what it waits for its turn does not count.
    """

    def __init__(
        self,
        module: str,
        clock: Clock,
        *,
        attempts: int = ATTEMPTS,
        idle_seconds: float = IDLE_SECONDS,
        limits: WorkLimits = HUB_LIMITS,
    ) -> None:
        self._module = module
        self._clock = clock
        self._limits = limits
        self._attempts = attempts
        self._idle_seconds = idle_seconds
        self._child: ChildProcess | None = None
        self._turn = asyncio.Lock()
        self._ending: Timer | None = None
        self._reaper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is no child."""
        return None if self._child is None else self._child.pid

    async def call(self, header: Header, blobs: Sequence[bytes]) -> tuple[dict[str, Json], list[bytes]]:
        """Compute; errors of the catalogue come through, a child that keeps dying ends the study.

        What met a limit would meet it again, and is not tried again.
        """
        async with self._turn:
            self._keep_alive()
            try:
                return await self._call(header, blobs)
            finally:
                self._end_later()

    async def _call(self, header: Header, blobs: Sequence[bytes]) -> tuple[dict[str, Json], list[bytes]]:
        for attempt in range(1, self._attempts + 1):
            try:
                return await (await self._living()).call(header, blobs)
            except WorkLimitReached as limit:
                log_warning("child_met_limit", operation=str(header.get("op")), limit=str(limit))
                raise
            except ChildDied as death:
                log_warning("child_died", operation=str(header.get("op")), attempt=attempt, status=str(death))
                await self._end()
                if attempt < self._attempts:
                    await self._clock.sleep(attempt * PAUSE_SECONDS)
        raise StudyFailed(
            f"the hub's computing process was ended {self._attempts} times in the same step, perhaps for want"
            " of memory: ask for fewer columns or rows, or let the hub's operator see the log"
        )

    async def _living(self) -> ChildProcess:
        if self._child is None or not self._child.alive:
            await self._end()
            self._child = await ChildProcess.start(self._module, limits=self._limits)
        return self._child

    async def warm_up(self) -> None:
        """Start the child before it is needed, so that its imports cost no study any time.

        Where it is at work it is there already, and nobody waits for it.
        """
        if self._turn.locked():
            return
        async with self._turn:
            self._keep_alive()
            try:
                await self._living()
            finally:
                self._end_later()

    async def close(self) -> None:
        """End the child."""
        self._keep_alive()
        if self._reaper is not None:
            await self._reaper
        async with self._turn:
            await self._end()

    def _keep_alive(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end_later(self) -> None:
        self._ending = self._clock.call_later(self._idle_seconds, self._begin_rest)

    def _begin_rest(self) -> None:
        self._ending = None
        if not self._turn.locked():
            self._reaper = asyncio.get_running_loop().create_task(self._rest())

    async def _rest(self) -> None:
        async with self._turn:
            if self._ending is None:
                await self._end()

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.close()
