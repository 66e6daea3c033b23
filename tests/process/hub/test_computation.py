"""The child works for one study at a time, within limits, and no longer than that study lives."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import grpc
import pytest

from syncline.clock import SystemClock
from syncline.compute import memory_share as shares
from syncline.compute.work_limits import LimitSide, WorkLimits
from syncline.errors import WorkLimitReached
from syncline.identity.peer import PeerRole
from syncline.wire.gen.syncline.v1 import research_pb2
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.test_enrolment import refused
from tests.unit.hub.small_study import specification
from trusted_party.synthesis.worker import Worker

START = {"op": "start", "study_id": "s1", "commitments": {"north": "ab" * 64}}
STEP = {"op": "step", "round": 0, "kept": ["seed", "draw", "state"], "parties": ["north"], "rows": []}
HANG = [b"{}", b"seed", b"draw", b"0", b"hang", b"0"]


def is_alive(pid):
    return os.path.exists(f"/proc/{pid}")


def test_a_call_that_takes_too_long_ends_its_study_and_not_the_next_one():
    async def work():
        worker = Worker(
            "tests.process.hub.fake_child",
            SystemClock(),
            limits=WorkLimits(wall_seconds=6.0, side=LimitSide.HUB),
        )
        begun = time.monotonic()
        with pytest.raises(WorkLimitReached, match=r"more than its 0\.1 minutes: .*--compute-minutes"):
            await worker.call(STEP, HANG)
        assert time.monotonic() - begun < 15, "it was not tried again"
        header, _ = await worker.call(START, [b"{}", bytes(16)])
        assert header["round"] == 0
        await worker.close()

    asyncio.run(work())


def test_nobody_waits_for_a_child_at_work_to_warm_it_up_and_its_caller_can_end_it():
    async def work():
        worker = Worker("tests.process.hub.fake_child", SystemClock())
        await worker.warm_up()
        first = worker.pid
        hanging = asyncio.create_task(worker.call(STEP, HANG))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(2):
            await worker.warm_up()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        assert not is_alive(first)
        await worker.call(START, [b"{}", bytes(16)])
        assert worker.pid != first
        await worker.close()

    asyncio.run(work())


def test_a_child_has_a_limit_of_memory():
    async def work():
        worker = Worker(
            "tests.process.hub.fake_child", SystemClock(), limits=WorkLimits(memory_bytes=3 << 30)
        )
        await worker.call(START, [b"{}", bytes(16)])
        with open(f"/proc/{worker.pid}/limits") as limits:
            (line,) = [line for line in limits if line.startswith("Max address space")]
        assert 3 << 30 <= int(line.split()[3]) < 5 << 30, "what libraries reserve comes on top"
        await worker.close()

    asyncio.run(work())


_LIMITED = """
import asyncio, resource
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from syncline.clock import SystemClock
from syncline.compute.work_limits import WorkLimits
from trusted_party.synthesis.worker import Worker
async def work():
    worker = Worker("tests.process.hub.fake_child", SystemClock(), limits=WorkLimits(memory_bytes=3 << 30))
    await worker.call({"op": "start", "commitments": {}}, [b"{}", bytes(16)])
    print(*resource.prlimit(worker.pid, resource.RLIMIT_AS))
    await worker.close()
asyncio.run(work())
"""


def test_an_inherited_limit_of_memory_holds_for_the_child_as_well():
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == [str(2 << 30)] * 2


def test_the_default_limit_of_memory_is_a_share_of_what_there_is(monkeypatch):
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": (16 << 30) // 4096}
    monkeypatch.setattr(os, "sysconf", sizes.__getitem__)
    monkeypatch.setattr(shares, "_group_limit", lambda otherwise: otherwise)
    assert shares.memory_share(1) == 12 << 30
    monkeypatch.setattr(shares, "_group_limit", lambda otherwise: 8 << 30)
    assert shares.memory_share(1) == 6 << 30
    assert shares.memory_share(2) == 3 << 30
    monkeypatch.setattr(shares, "_group_limit", lambda otherwise: 1 << 29)
    assert shares.memory_share(2) == shares.LEAST_BYTES


async def cancel(site, ada, study_id):
    async with ada.research(site.port) as stub:
        await stub.CancelStudy(research_pb2.CancelStudyRequest(study_id=study_id, reason="a test"), timeout=5)


@pytest.mark.network
def test_cancelling_a_study_frees_the_child_for_others(site, run):
    async def work():
        async with site.running(lease_seconds=30.0):
            ada = await site.member("ada", PeerRole.RESEARCHER)
            north, south = [FakeAgent(await site.member(name), site.port) for name in ("north", "south")]
            north.answer = lambda task: b"hang"
            async with running(north, south):
                stuck = await site.submit(ada, specification("north"))
                await site.until(ada, stuck, lambda status: status.bytes_received > 0, 40)
                other = await site.submit(ada, specification("south"))
                await eventually(lambda: bool(south.events), 30)
                await cancel(site, ada, stuck)
                status = await site.until(ada, other, lambda status: status.ended_us > 0, 40)
                assert status.state == "released"
                assert (await site.status(ada, stuck)).state == "cancelled"

    run(work())


@pytest.mark.network
def test_cancelling_a_study_that_is_being_released_leaves_no_draft(site, run, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_RELEASES_FOR_EVER", "1")

    def drafts():
        return list(site.home.releases_path.glob(".making-*/*"))

    async def work():
        async with site.running(lease_seconds=30.0):
            ada = await site.member("ada", PeerRole.RESEARCHER)
            north = FakeAgent(await site.member("north"), site.port)
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                await eventually(lambda: bool(drafts()), 30)
                await cancel(site, ada, study_id)
                await eventually(lambda: not list(site.home.releases_path.iterdir()), 30)
                assert (await site.status(ada, study_id)).state == "cancelled"

    run(work())


@pytest.mark.network
def test_a_study_that_asks_for_more_rows_than_the_hub_releases_is_refused_by_name(site, run):
    async def work():
        async with site.running(most_rows=1000):
            ada = await site.member("ada", PeerRole.RESEARCHER)
            await site.member("north")
            await site.submit(ada, specification("north", rows=1000))
            sentence = await refused(
                site.submit(ada, specification("north", rows=1001)), grpc.StatusCode.INVALID_ARGUMENT
            )
            assert sentence.startswith("synthesizer.rows: 1001 is more than the 1000 rows")
            assert "--most-rows" in sentence

    run(work())
