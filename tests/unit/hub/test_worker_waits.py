"""The hub's child is tried again after a pause, and ended once it had no work for a while: by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from syncline.compute.child import ChildDied
from syncline.compute.work_limits import WorkLimits
from syncline.errors import StudyFailed
from tests.unit.virtual_clock import VirtualClock
from trusted_party.synthesis import worker as module
from trusted_party.synthesis.worker import IDLE_SECONDS, PAUSE_SECONDS, Worker


class Child:
    """A child without a process, which dies in its first calls: as often as ``deaths`` says in all."""

    deaths = 0
    clock: VirtualClock
    called: list[float]

    def __init__(self) -> None:
        self.alive, self.pid = True, 7

    @classmethod
    async def start(cls, module: str, *, limits: WorkLimits) -> Child:
        return cls()

    async def call(self, header: object, blobs: Sequence[bytes]) -> tuple[dict[str, object], list[bytes]]:
        type(self).called.append(self.clock.monotonic())
        if len(self.called) <= self.deaths:
            raise ChildDied("the child was killed")
        return {}, []

    async def close(self) -> None:
        self.alive = False


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    Child.clock, Child.called, Child.deaths = VirtualClock(), [], 0
    monkeypatch.setattr(module, "ChildProcess", Child)
    return Worker("no.module", Child.clock)


@pytest.mark.parametrize("deaths", [0, 1, 2, 3])
def test_a_child_that_dies_is_tried_again_after_longer_pauses(worker: Worker, deaths: int) -> None:
    Child.deaths = deaths

    async def work() -> None:
        calling = asyncio.create_task(worker.call({}, []))
        await Child.clock.pass_time(10)
        assert isinstance(calling.exception(), StudyFailed) == (deaths == 3)
        await worker.close()

    asyncio.run(work())
    assert Child.called == [0.0, PAUSE_SECONDS, 3 * PAUSE_SECONDS][: deaths + 1]


def test_a_child_without_work_is_ended_and_each_call_puts_that_off(worker: Worker) -> None:
    async def work() -> None:
        for _ in range(2):
            await worker.call({}, [])
            await Child.clock.pass_time(IDLE_SECONDS - 1)
            assert worker.pid is not None
        await Child.clock.pass_time(1)
        assert worker.pid is None
        await worker.close()

    asyncio.run(work())
