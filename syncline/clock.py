"""Time as a port: domain code asks a :class:`Clock`, only the commands wire the real one."""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol


class Clock(Protocol):
    """Tell the time of day (UTC) and a monotonic time for deadlines."""

    def now(self) -> dt.datetime:
        """Return the current time, always with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary origin that never run backwards."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> dt.datetime:
        """Return the current time in UTC."""
        return dt.datetime.now(dt.UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()
