"""A clock whose hours pass at once, when a test says so: nobody waits for a rule about time."""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_TURNS = 10
"""Turns of the loop until all that was woken waits again, unless it waits for another thread."""


class VirtualTimer:
    """A call that is to come, unless it is cancelled."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call: Callable[[], object] | None = call

    def cancel(self) -> None:
        self._call = None

    def ring(self) -> None:
        if self._call is not None:
            self._call()


class VirtualClock:
    """Tell a time that stands still until :meth:`pass_time`, which wakes in order who sleeps until then."""

    def __init__(self, now: dt.datetime = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)) -> None:
        self._start = now
        self._seconds = 0.0
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, VirtualTimer]] = []

    def now(self) -> dt.datetime:
        return self._start + dt.timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        self.call_later(seconds, awake.set)
        await awake.wait()

    @asynccontextmanager
    async def deadline(self, seconds: float | None) -> AsyncIterator[None]:
        async with asyncio.timeout(None) as limit:
            if seconds is not None:
                self.call_later(seconds, lambda: None if limit.expired() else self._end(limit))
            yield

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and everybody who waits for it do what they do then."""
        until = self._seconds + seconds
        await self._settle()
        while self._waiting and self._waiting[0][0] <= until:
            self._seconds, _, timer = heapq.heappop(self._waiting)
            timer.ring()
            await self._settle()
        self._seconds = until

    def call_later(self, seconds: float, call: Callable[[], object]) -> VirtualTimer:
        timer = VirtualTimer(call)
        heapq.heappush(self._waiting, (self._seconds + seconds, next(self._order), timer))
        return timer

    @staticmethod
    def _end(limit: asyncio.Timeout) -> None:
        try:
            limit.reschedule(asyncio.get_running_loop().time())
        except RuntimeError:  # the block has ended by itself
            return

    @staticmethod
    async def _settle() -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)
