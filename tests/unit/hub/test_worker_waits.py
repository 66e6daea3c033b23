"""The hub's child is tried again after a pause, and ended once it had no work for a while: by the clock."""

from __future__ import annotations

import asyncio

import pytest

from syncline.errors import StudyFailed
from tests.unit.dying_child import DyingChild
from trusted_party.synthesis import worker as module
from trusted_party.synthesis.worker import IDLE_SECONDS, PAUSE_SECONDS, Worker


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    monkeypatch.setattr(module, "ChildProcess", DyingChild.anew())
    return Worker("no.module", DyingChild.clock)


@pytest.mark.parametrize("deaths", [0, 1, 2, 3])
def test_a_child_that_dies_is_tried_again_after_longer_pauses(worker: Worker, deaths: int) -> None:
    DyingChild.deaths = deaths

    async def work() -> None:
        calling = asyncio.create_task(worker.call({}, []))
        await DyingChild.clock.pass_time(10)
        assert isinstance(calling.exception(), StudyFailed) == (deaths == 3)
        await worker.close()

    asyncio.run(work())
    assert DyingChild.called == [0.0, PAUSE_SECONDS, 3 * PAUSE_SECONDS][: deaths + 1]


def test_a_child_without_work_is_ended_and_each_call_puts_that_off(worker: Worker) -> None:
    async def work() -> None:
        for _ in range(2):
            await worker.call({}, [])
            await DyingChild.clock.pass_time(IDLE_SECONDS - 1)
            assert worker.pid is not None
        await DyingChild.clock.pass_time(1)
        assert worker.pid is None
        await worker.close()

    asyncio.run(work())
