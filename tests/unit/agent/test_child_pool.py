"""When a study's child is started again, and when it is ended, by the clock alone."""

from __future__ import annotations

import asyncio
import io

import pytest

from supplier_agent.event_log import EventLog
from supplier_agent.tasks import child_pool
from supplier_agent.tasks.child_pool import IDLE_SECONDS, PAUSES_SECONDS, ChildPool
from syncline.compute.child import ChildDied
from syncline.compute.work_limits import WorkLimits
from tests.unit.dying_child import DyingChild

LIMITS = WorkLimits()


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> ChildPool:
    monkeypatch.setattr(child_pool, "ChildProcess", DyingChild.anew())
    return ChildPool("no.module", EventLog(DyingChild.clock, io.StringIO()), DyingChild.clock)


@pytest.mark.parametrize("deaths", [0, 1, 2, 3])
def test_a_child_that_dies_is_tried_again_after_each_pause(pool: ChildPool, deaths: int) -> None:
    DyingChild.deaths = deaths

    async def work() -> None:
        calling = asyncio.create_task(pool.call("s", {}, [], LIMITS))
        await DyingChild.clock.pass_time(60)
        assert isinstance(calling.exception(), ChildDied) == (deaths > len(PAUSES_SECONDS))

    asyncio.run(work())
    first, second = PAUSES_SECONDS
    assert DyingChild.called == pytest.approx([0.0, first, first + second][: deaths + 1])
    assert DyingChild.started == len(DyingChild.called)


def test_a_child_without_work_is_ended(pool: ChildPool) -> None:
    async def work() -> None:
        tending = asyncio.create_task(pool.tend())
        await pool.call("s", {}, [], LIMITS)
        await DyingChild.clock.pass_time(IDLE_SECONDS - 1)
        assert pool.child_of("s") is not None
        await pool.call("s", {}, [], LIMITS)
        await DyingChild.clock.pass_time(IDLE_SECONDS - 1)
        assert pool.child_of("s") is not None
        await DyingChild.clock.pass_time(6)
        assert pool.child_of("s") is None
        tending.cancel()

    asyncio.run(work())
    assert DyingChild.started == 1
