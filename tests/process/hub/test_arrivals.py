"""What a supplier sends in pieces: cheap for the hub, one payload a task, and nothing after the end."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from pathlib import Path

import grpc
import pytest

from syncline.durable.payloads import PayloadStore
from syncline.errors import StudyFailed
from syncline.identity.peer import PeerRole
from syncline.wire import supplier as convert
from syncline.wire.gen.syncline.v1 import research_pb2
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.messages import CHUNK_BYTES, MAX_PAYLOAD_BYTES, Chunk, PayloadRef, TaskReply
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import offers, silent
from tests.unit.hub.small_study import specification
from trusted_party.rounds.load import MOST_ROUND_BYTES, require_load, require_request
from trusted_party.studies import arrivals

BIG = b"1\n" + os.urandom(39 * CHUNK_BYTES)


@contextlib.asynccontextmanager
async def asked(site):
    """Run a hub with an open task for a supplier that answers by hand."""
    async with site.running():
        ada = await site.member("ada", PeerRole.RESEARCHER)
        north = FakeAgent(await site.member("north"), site.port, silent)
        async with running(north), north.member.supplier(site.port) as stub:
            study_id = await site.submit(ada, specification("north"))
            await eventually(lambda: bool(offers(north)))
            yield ada, study_id, stub, offers(north)[0].task_id


def missing(stub, task, ref):
    return stub.FindMissingChunks(convert.missing_request_to_proto(task, ref), timeout=10)


def chunks(task, content, indices=None):
    ref = PayloadRef.of(content)
    for index in range(ref.chunks) if indices is None else indices:
        data = content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
        yield convert.chunk_to_proto(Chunk(task, ref.sha256, index, data))


def stored(site):
    """Return the files of payloads; a folder may be deleted while it is looked at."""
    folders = os.walk(site.home.root / "payloads", onerror=None)
    return [Path(folder) / name for folder, _, names in folders for name in names]


def of_reply(site, content):
    return [path for path in stored(site) if path.name.startswith(PayloadRef.of(content).sha256)]


@pytest.mark.network
def test_a_reply_is_opened_once_however_many_chunks_it_has(site, run, monkeypatch):
    opened, real = [], PayloadStore.open_upload
    digest = PayloadRef.of(BIG).sha256

    def counting(store, sha256, size):
        opened.append(sha256.hex())
        return real(store, sha256, size)

    monkeypatch.setattr(PayloadStore, "open_upload", counting)

    async def work():
        async with asked(site) as (ada, study_id, stub, task):
            await missing(stub, task, PayloadRef.of(BIG))
            await stub.WriteChunks(chunks(task, BIG), timeout=20)
            assert not (await missing(stub, task, PayloadRef.of(BIG))).indices
            reply = convert.reply_to_proto(TaskReply(task, 1, PayloadRef.of(BIG)))
            await stub.SubmitReply(reply, timeout=20)
            assert opened.count(digest) == 1
            await site.until(ada, study_id, lambda status: status.rounds_done > 0)

    run(work())


@pytest.mark.network
def test_a_reply_outlives_another_payload_that_was_announced_just_before(site, run, monkeypatch):
    begun, go_on, real = asyncio.Event(), asyncio.Event(), arrivals.Arrivals._still_open

    async def slow(self, task):
        begun.set()
        await go_on.wait()
        return await real(self, task)

    monkeypatch.setattr(arrivals.Arrivals, "_still_open", slow)

    async def work():
        async with site.running(lease_seconds=30.0):
            ada = await site.member("ada", PeerRole.RESEARCHER)
            north, south = [
                FakeAgent(await site.member(name), site.port, silent) for name in ("north", "south")
            ]
            async with running(north, south), north.member.supplier(site.port) as stub:
                await site.submit(ada, specification("north", "south"))
                await eventually(lambda: bool(offers(north)))
                task = offers(north)[0].task_id
                announced = asyncio.ensure_future(_answer(missing(stub, task, PayloadRef.of(BIG))))
                await begun.wait()
                reply = convert.reply_to_proto(TaskReply(task, 1, PayloadRef.of(b"1")))
                sent = asyncio.ensure_future(_answer(stub.SubmitReply(reply, timeout=20)))
                await asyncio.wait((sent,), timeout=1.0)
                go_on.set()
                await announced
                assert (await sent).status == pb.REPLY_STATUS_ACCEPTED
                assert len(of_reply(site, b"1")) == 1

    run(work())


async def _answer(call):
    return await call


@pytest.mark.network
def test_a_task_takes_one_payload_until_that_was_abandoned(site, run, monkeypatch):
    other = BIG + b"other"

    async def work():
        async with asked(site) as (_, _, stub, task):
            await missing(stub, task, PayloadRef.of(BIG))
            await stub.WriteChunks(chunks(task, BIG, [0, 1]), timeout=20)
            sentence = await refused(
                missing(stub, task, PayloadRef.of(other)), grpc.StatusCode.FAILED_PRECONDITION
            )
            assert "another payload is on its way" in sentence
            assert len(of_reply(site, BIG)) == 1
            assert not of_reply(site, other)
            monkeypatch.setattr(arrivals, "ABANDONED_SECONDS", 0.0)
            assert len((await missing(stub, task, PayloadRef.of(other))).indices) == 40
            assert not of_reply(site, BIG)
            late = stub.WriteChunks(chunks(task, BIG, [2]), timeout=20)
            assert "ask which chunks" in await refused(late, grpc.StatusCode.FAILED_PRECONDITION)

    run(work())


@pytest.mark.network
def test_chunks_after_the_end_of_a_study_fill_nothing(site, run):
    async def work():
        async with asked(site) as (ada, study_id, stub, task):
            await missing(stub, task, PayloadRef.of(BIG))
            call = stub.WriteChunks(timeout=20)
            for message in chunks(task, BIG, [0, 1]):
                await call.write(message)
            await eventually(lambda: bool(of_reply(site, BIG)))
            async with ada.research(site.port) as research:
                await research.CancelStudy(research_pb2.CancelStudyRequest(study_id=study_id), timeout=5)
            await eventually(lambda: not stored(site))
            with contextlib.suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
                for message in chunks(task, BIG, range(2, 40)):
                    await call.write(message)
            assert (await call).chunks_stored <= 32
            assert (await missing(stub, task, PayloadRef.of(BIG))).indices == []
            inline = convert.reply_to_proto(TaskReply(task, 1, PayloadRef.of(b"1")))
            assert (await stub.SubmitReply(inline, timeout=5)).status == pb.REPLY_STATUS_NOT_NEEDED
            assert not stored(site)

    run(work())


@pytest.mark.network
def test_a_reply_to_an_attempt_that_was_not_offered_is_not_stored(site, run):
    async def work():
        async with asked(site) as (_, _, stub, task):
            reply = convert.reply_to_proto(TaskReply(task, 2, PayloadRef.of(b"1")))
            await refused(stub.SubmitReply(reply, timeout=5), grpc.StatusCode.FAILED_PRECONDITION)
            assert not of_reply(site, b"1")

    run(work())


@pytest.mark.network
def test_bytes_that_do_not_match_may_be_sent_again(site, run):
    async def work():
        async with asked(site) as (_, _, stub, task):
            ref = PayloadRef.of(BIG)
            await missing(stub, task, ref)
            wrong = [
                convert.chunk_to_proto(
                    Chunk(
                        task,
                        ref.sha256,
                        index,
                        bytes(ref.size - index * CHUNK_BYTES) if index == 39 else bytes(CHUNK_BYTES),
                    )
                )
                for index in range(40)
            ]
            await stub.WriteChunks(iter(wrong), timeout=20)
            reply = convert.reply_to_proto(TaskReply(task, 1, ref))
            sentence = await refused(stub.SubmitReply(reply, timeout=20), grpc.StatusCode.FAILED_PRECONDITION)
            assert "do not match its SHA-256" in sentence
            assert len((await missing(stub, task, ref)).indices) == 40
            await stub.WriteChunks(chunks(task, BIG), timeout=20)
            await stub.SubmitReply(reply, timeout=20)

    run(work())


@pytest.mark.network
def test_what_could_not_be_decoded_is_refused_when_it_is_announced(site, run):
    async def work():
        async with asked(site) as (_, _, stub, task):
            digest = hashlib.sha256(b"").digest()
            request = pb.FindMissingChunksRequest(task_id=task, sha256=digest, size=MAX_PAYLOAD_BYTES + 1)
            sentence = await refused(
                stub.FindMissingChunks(request, timeout=5), grpc.StatusCode.INVALID_ARGUMENT
            )
            assert sentence.startswith("size")
            ref = pb.PayloadRef(sha256=digest, size=MAX_PAYLOAD_BYTES + 1)
            reply = pb.SubmitReplyRequest(task_id=task, attempt=1, reply=ref)
            await refused(stub.SubmitReply(reply, timeout=5), grpc.StatusCode.INVALID_ARGUMENT)

    run(work())


def test_a_round_that_is_too_much_at_once_names_who_sent_the_most():
    require_load({"north": MOST_ROUND_BYTES // 2, "south": MOST_ROUND_BYTES // 2}, 3)
    with pytest.raises(StudyFailed, match=r"round 3: .* more than the 2048 MiB .*; south sent the most"):
        require_load({"north": MOST_ROUND_BYTES // 2, "south": MOST_ROUND_BYTES // 2 + 1}, 3)


def test_a_request_that_no_agent_would_decode_is_not_offered():
    require_request(MAX_PAYLOAD_BYTES, 4)
    with pytest.raises(StudyFailed, match="round 4: its request takes"):
        require_request(MAX_PAYLOAD_BYTES + 1, 4)
