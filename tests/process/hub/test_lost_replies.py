"""A reply that is gone from the hub's disk is its supplier's failure; a failing disk ends a study at last."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from syncline.durable.payloads import PayloadStore
from syncline.errors import StorageError
from syncline.wire.messages import PayloadRef
from tests.process.hub.clients import eventually, running
from tests.process.hub.test_arrivals import of_reply
from tests.process.hub.test_faults import offers, resume, silent, team
from tests.unit.hub.small_study import specification
from trusted_party.rounds.engine import EnginePace

pytestmark = pytest.mark.network


@asynccontextmanager
async def north_answered(site, **rules):
    """Run a study whose first round waits for south alone, and lose what north sent."""
    async with site.running(lease_seconds=30.0):
        ada, (north, south) = await team(site, "north", "south")
        south.answer = silent
        async with running(north, south):
            study_id = await site.submit(ada, specification("north", "south", **rules))
            await eventually(lambda: bool(north.answered and offers(south)), 30)
            (stored,) = of_reply(site, b"1")
            stored.unlink()
            yield ada, study_id, north, south


async def answer(site, agent):
    """Let an agent answer what it was offered and kept to itself."""
    from syncline.wire import supplier as convert
    from syncline.wire.messages import TaskReply

    agent.answer = lambda task: b"%d" % (task.round + 1)
    async with agent.member.supplier(site.port) as stub:
        task = offers(agent)[0]
        reply = TaskReply(task.task_id, task.attempt, PayloadRef.of(b"1"))
        await stub.SubmitReply(convert.reply_to_proto(reply), timeout=10)


def test_a_lost_reply_pauses_the_study_until_it_is_sent_again(site, run):
    async def work():
        async with north_answered(site) as (ada, study_id, north, south):
            await answer(site, south)
            status = await site.until(ada, study_id, lambda status: status.state == "paused", 40)
            assert "north declined to answer: its reply is not on the hub's disk any more" in status.reason
            assert {item.name: item.rounds_answered for item in status.suppliers} == {"north": 0, "south": 1}
            await asyncio.to_thread(resume, site, study_id)
            status = await site.until(ada, study_id, lambda status: status.ended_us > 0, 40)
            assert status.state == "released"
            assert [task.attempt for task in offers(north) if task.round == 0] == [1, 2]

    run(work())


def test_a_lost_reply_ends_a_study_that_waits_for_nobody(site, run):
    async def work():
        async with north_answered(site, then="fail") as (ada, study_id, _, south):
            await answer(site, south)
            status = await site.until(ada, study_id, lambda status: status.ended_us > 0, 40)
            assert status.state == "failed"
            assert status.reason.startswith("north declined to answer: its reply is not on the hub's disk")

    run(work())


def test_a_store_that_is_not_there_has_lost_nothing(tmp_path):
    store = PayloadStore(tmp_path / "payloads", bytes(32)).scope("reply/1")
    digest = store.put(b"1")
    assert not store.is_lost(digest)
    store.delete(digest)
    assert store.is_lost(digest)
    (tmp_path / "payloads").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match=r"does not exist|no directory"):
        store.is_lost(digest)


def test_a_disk_that_never_recovers_ends_the_study(site, run, monkeypatch):
    def failing(self, data):
        raise StorageError("file payloads: the disk is full")

    async def work():
        async with site.running(lease_seconds=30.0, pace=EnginePace(0.05, 0.05, give_up_seconds=0.3)):
            ada, (north,) = await team(site, "north")
            monkeypatch.setattr(PayloadStore, "put", failing)
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0, 40)
            assert status.state == "failed"
            assert "the hub's disk could not be used" in status.reason

    run(work())
