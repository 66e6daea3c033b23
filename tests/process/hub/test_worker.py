"""The computing child is started when needed, repeated after a death, ended when idle."""

from __future__ import annotations

import asyncio
import errno
import os

import pytest

from syncline.clock import SystemClock
from syncline.errors import StudyFailed
from trusted_party.synthesis.worker import Worker

START = {"op": "start", "study_id": "s1", "commitments": {"north": "ab" * 64}}


def test_a_child_that_keeps_dying_ends_the_study_with_a_sentence():
    async def work():
        worker = Worker("tests.process.hub.no_such_module", SystemClock(), attempts=2)
        with pytest.raises(StudyFailed, match="ended 2 times in the same step"):
            await worker.call(START, [b"{}", bytes(16)])
        await worker.close()

    asyncio.run(work())


def test_a_machine_that_cannot_start_a_child_just_now_is_asked_again(monkeypatch):
    start, refused = asyncio.create_subprocess_exec, [OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))]

    async def scarce(*line, **options):
        if refused:
            raise refused.pop()
        return await start(*line, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", scarce)

    async def work():
        worker = Worker("tests.process.hub.fake_child", SystemClock())
        header, _ = await worker.call(START, [b"{}", bytes(16)])
        assert header["round"] == 0
        assert refused == []
        await worker.close()

    asyncio.run(work())


def test_an_idle_child_gives_its_memory_back_and_the_next_call_starts_another():
    async def work():
        worker = Worker("tests.process.hub.fake_child", SystemClock(), idle_seconds=0.1)
        await worker.warm_up()
        first = worker.pid
        assert first is not None
        header, blobs = await worker.call(START, [b"{}", bytes(16)])
        assert (header["round"], blobs) == (0, [b"0", b"0"])
        assert worker.pid == first
        await asyncio.sleep(0.5)
        assert worker.pid is None
        await worker.call(START, [b"{}", bytes(16)])
        assert worker.pid not in (None, first)
        await worker.close()
        assert worker.pid is None

    asyncio.run(work())
