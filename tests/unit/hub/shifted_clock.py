"""Time that a test moves."""

from __future__ import annotations

import datetime as dt

from syncline.clock import SystemClock


class ShiftedClock(SystemClock):
    """The system's clock, moved by hand."""

    def __init__(self) -> None:
        self.shift = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.shift
