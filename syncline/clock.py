"""Time as a port: domain code asks a :class:`Clock`, only the commands wire the real one.

Rules of hub and agent that wait (a lease that runs out, a retry, a certificate at half-life) wait by the
clock, so that a test passes their hours at once.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """Let it not come."""
        ...


class Clock(Protocol):
    """Tell the time of day (UTC) and a monotonic time for deadlines."""

    def now(self) -> dt.datetime:
        """Return the current time, always with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary origin that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once so many seconds have passed."""
        ...

    def deadline(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """Return a block that a TimeoutError ends once so many seconds have passed; None lets it last."""
        ...

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call once so many seconds have passed, in the event loop that runs now."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """Return the current time in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return once so many seconds have passed."""
        import asyncio  # commands that wait for nothing tell the time as well

        await asyncio.sleep(seconds)

    def deadline(self, seconds: float | None) -> AbstractAsyncContextManager[object]:
        """Return a block that a TimeoutError ends once so many seconds have passed; None lets it last."""
        import asyncio

        return asyncio.timeout(seconds)

    def call_later(self, seconds: float, call: Callable[[], object]) -> Timer:
        """Call once so many seconds have passed, in the event loop that runs now."""
        import asyncio

        return asyncio.get_running_loop().call_later(seconds, call)
