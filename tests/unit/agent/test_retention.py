"""Old payloads are looked for each hour, also after an hour in which the disk was at fault."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest

from supplier_agent.event_log import EventLog
from supplier_agent.tasks.retention import KEEP, SWEEP_SECONDS, Retention
from syncline.errors import StorageError
from tests.unit.virtual_clock import VirtualClock


class Disk:
    """A journal and payloads; the second sweep meets a fault."""

    def __init__(self) -> None:
        self.swept: list[dt.datetime] = []

    async def read(self, ask: Callable[[Any], Any]) -> frozenset[bytes]:
        if len(self.swept) == 1:
            self.swept.append(dt.datetime.min)
            raise StorageError("the disk is full")
        return frozenset()

    def expire(self, before: dt.datetime, needed: frozenset[bytes]) -> int:
        self.swept.append(before)
        return 1


async def at_once(function: Callable[..., Any], *given: object) -> Any:
    """Call a function in the place of a thread."""
    return function(*given)


def test_it_sweeps_each_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "to_thread", at_once)

    async def work() -> None:
        clock, disk, said = VirtualClock(), Disk(), io.StringIO()
        begun = clock.now()
        log = EventLog(clock, said, human=True)
        running = asyncio.create_task(Retention(disk, disk, clock, log).run())  # type: ignore[arg-type]
        for hour in range(3):
            await clock.pass_time(SWEEP_SECONDS - 1)
            assert len(disk.swept) == hour + 1
            await clock.pass_time(1)
        running.cancel()
        first, _, third = disk.swept[:3]
        assert (first, third) == (begun - KEEP, begun - KEEP + dt.timedelta(seconds=2 * SWEEP_SECONDS))
        assert "old payloads were not deleted" in said.getvalue()

    asyncio.run(work())
