"""A file of chunks is closed once it is idle, and a payload gives way once it was abandoned: by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from syncline.durable.payloads import PayloadStore
from syncline.durable.upload import Upload
from syncline.errors import ProtocolError
from syncline.wire.messages import CHUNK_BYTES, Chunk, PayloadRef, StudyId, TaskId
from tests.unit.virtual_clock import VirtualClock
from trusted_party.datastore.tasks import Task, TaskState
from trusted_party.studies.arrivals import ABANDONED_SECONDS, IDLE_SECONDS, Arrivals
from trusted_party.studies.vault import Vault

T = TypeVar("T")
OPEN = Task(TaskId("t"), StudyId("s"), 0, "north", 1, TaskState.OPEN, "", True, None, 0)
ONE, OTHER = bytes(3 * CHUNK_BYTES), bytes(4 * CHUNK_BYTES)


class Arriving:
    """The chunks of one task, and how often its file was opened and closed."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock, self.opened, self.closed = VirtualClock(), 0, 0
        self.arrivals = Arrivals(Vault(PayloadStore(root, bytes(32))), self._look, self.clock)
        monkeypatch.setattr(PayloadStore, "open_upload", self._counted("opened", PayloadStore.open_upload))
        monkeypatch.setattr(Upload, "close", self._counted("closed", Upload.close))

    async def _look(self, task_id: TaskId) -> Task:
        return OPEN

    def _counted(self, what: str, real: Callable[..., T]) -> Callable[..., T]:
        def counting(*given: object) -> T:
            setattr(self, what, getattr(self, what) + 1)
            return real(*given)

        return counting

    async def missing(self, content: bytes) -> list[int]:
        return await self.arrivals.missing(OPEN.id, PayloadRef.of(content))

    async def write(self, content: bytes, index: int) -> None:
        data = content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        assert await self.arrivals.write(OPEN, Chunk(OPEN.id, PayloadRef.of(content).sha256, index, data))


@pytest.fixture
def arriving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arriving:
    return Arriving(tmp_path, monkeypatch)


def test_a_file_stays_open_until_it_is_idle_and_goes_on_where_it_stood(arriving: Arriving) -> None:
    async def work() -> None:
        assert await arriving.missing(ONE) == [0, 1, 2]
        for index in (0, 1):
            await arriving.clock.pass_time(IDLE_SECONDS - 1)
            await arriving.write(ONE, index)
        assert (arriving.opened, arriving.closed) == (1, 0)
        await arriving.clock.pass_time(IDLE_SECONDS)
        assert (arriving.opened, arriving.closed) == (1, 1)
        assert await arriving.missing(ONE) == [2]
        assert arriving.opened == 2
        async with arriving.arrivals.turn(OPEN.id):
            await arriving.arrivals.forget(OPEN.id)

    asyncio.run(work())


def test_another_payload_is_taken_once_the_first_was_abandoned(arriving: Arriving) -> None:
    async def work() -> None:
        await arriving.missing(ONE)
        await arriving.write(ONE, 0)
        await arriving.clock.pass_time(ABANDONED_SECONDS - 1)
        with pytest.raises(ProtocolError, match="another payload is on its way"):
            await arriving.missing(OTHER)
        await arriving.clock.pass_time(1)
        assert await arriving.missing(OTHER) == [0, 1, 2, 3]
        async with arriving.arrivals.turn(OPEN.id):
            await arriving.arrivals.forget(OPEN.id)

    asyncio.run(work())
