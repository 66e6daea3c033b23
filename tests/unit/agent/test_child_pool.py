"""When a study's child is started again, and when it is ended, by the clock alone."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence

import pytest

from supplier_agent.event_log import EventLog
from supplier_agent.tasks import child_pool
from supplier_agent.tasks.child_pool import IDLE_SECONDS, PAUSES_SECONDS, ChildPool
from syncline.compute.child import ChildDied
from syncline.compute.work_limits import WorkLimits
from tests.unit.virtual_clock import VirtualClock

LIMITS = WorkLimits()


class Child:
    """A child without a process, which dies in its first calls: as often as ``deaths`` says in all."""

    deaths = 0
    clock: VirtualClock
    called: list[float]
    started: int

    def __init__(self, limits: WorkLimits) -> None:
        self.limits, self.alive = limits, True

    @classmethod
    async def start(cls, module: str, *, limits: WorkLimits) -> Child:
        cls.started += 1
        return cls(limits)

    async def call(self, header: object, blobs: Sequence[bytes]) -> tuple[dict[str, object], list[bytes]]:
        type(self).called.append(self.clock.monotonic())
        if len(self.called) <= self.deaths:
            self.alive = False
            raise ChildDied("the child was killed")
        return {}, []

    async def close(self) -> None:
        self.alive = False


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> ChildPool:
    Child.clock, Child.called, Child.started, Child.deaths = VirtualClock(), [], 0, 0
    monkeypatch.setattr(child_pool, "ChildProcess", Child)
    return ChildPool("no.module", EventLog(Child.clock, io.StringIO()), Child.clock)


@pytest.mark.parametrize("deaths", [0, 1, 2, 3])
def test_a_child_that_dies_is_tried_again_after_each_pause(pool: ChildPool, deaths: int) -> None:
    Child.deaths = deaths

    async def work() -> None:
        calling = asyncio.create_task(pool.call("s", {}, [], LIMITS))
        await Child.clock.pass_time(60)
        assert isinstance(calling.exception(), ChildDied) == (deaths > len(PAUSES_SECONDS))

    asyncio.run(work())
    first, second = PAUSES_SECONDS
    assert Child.called == pytest.approx([0.0, first, first + second][: deaths + 1])
    assert Child.started == len(Child.called)


def test_a_child_without_work_is_ended(pool: ChildPool) -> None:
    async def work() -> None:
        tending = asyncio.create_task(pool.tend())
        await pool.call("s", {}, [], LIMITS)
        await Child.clock.pass_time(IDLE_SECONDS - 1)
        assert pool.child_of("s") is not None
        await pool.call("s", {}, [], LIMITS)
        await Child.clock.pass_time(IDLE_SECONDS - 1)
        assert pool.child_of("s") is not None
        await Child.clock.pass_time(6)
        assert pool.child_of("s") is None
        tending.cancel()

    asyncio.run(work())
    assert Child.started == 1
