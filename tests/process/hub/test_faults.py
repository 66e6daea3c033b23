"""Lost suppliers, restarts, repeated and foreign messages: a study goes on, or ends by a named reason."""

from __future__ import annotations

import asyncio
import json
import re
import time

import grpc
import pytest

from syncline.durable.payloads import PayloadStore
from syncline.errors import StorageError
from syncline.identity.peer import PeerRole
from syncline.wire import supplier as convert
from syncline.wire.messages import (
    CHUNK_BYTES,
    Chunk,
    ChunkRequest,
    Declined,
    DeclineKind,
    PayloadRef,
    ReplyOutcome,
    TaskId,
    TaskOffer,
    TaskReply,
)
from tests.process.hub.clients import FakeAgent, eventually, running
from tests.process.hub.test_enrolment import dismiss, refused
from tests.unit.hub.small_study import specification
from trusted_party.studies import operation
from trusted_party.studies.dismissal import ban
from trusted_party.studies.endings import Endings

pytestmark = pytest.mark.network


INTERNAL = re.compile("internal error [0-9a-f]{8}: the operator of that machine finds it in its log")


def offers(agent: FakeAgent) -> list[TaskOffer]:
    return [event for event in agent.events if isinstance(event, TaskOffer)]


def silent(task: TaskOffer) -> None:
    """Answer nothing."""


async def team(site, *names):
    ada = await site.member("ada", PeerRole.RESEARCHER)
    return ada, [FakeAgent(await site.member(name), site.port) for name in names]


def test_a_lost_supplier_pauses_the_study_by_name_and_its_return_lets_it_go_on(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            south.answer = silent
            async with running(north):
                async with running(south):
                    study_id = await site.submit(ada, specification("north", "south"))
                    await eventually(lambda: bool(offers(south)))
                lost_at = time.monotonic()
                status = await site.until(ada, study_id, lambda status: status.state == "paused")
                assert time.monotonic() - lost_at < 3
                assert status.reason == "south is not connected; the study goes on when it is back"
                assert {item.name: item.state for item in status.suppliers} == {
                    "north": "answered",
                    "south": "lost",
                }
                again = FakeAgent(south.member, site.port)
                async with running(again):
                    status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                    assert (status.state, status.reason) == ("released", "")
                    assert offers(again)[0].attempt == 2

    run(work())


@pytest.mark.parametrize("then", ["pause", "fail"])
def test_a_supplier_that_never_comes_back_ends_the_study_by_name_at_the_deadline(site, run, then):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            south.answer = silent
            async with running(north, south):
                study_id = await site.submit(ada, specification("north", "south", deadline="1s", then=then))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "failed"
            assert status.reason == "south did not answer within 1 s"

    run(work())


def test_a_study_that_may_proceed_goes_on_without_a_silent_supplier_before_the_fit(site, run):
    async def work():
        async with site.running():
            ada, (north, _) = await team(site, "north", "south")
            async with running(north):
                study_id = await site.submit(
                    ada, specification("north", "south", deadline="1s", then="proceed")
                )
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "released"
            manifest = site.home.releases_path / status.release_id / "manifest.json"
            assert [entry["name"] for entry in json.loads(manifest.read_text())["roster"]] == ["north"]

    run(work())


def test_a_declined_task_pauses_with_its_reason_and_the_operator_lets_it_be_tried_again(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north"))
                await eventually(lambda: bool(offers(north)))
                declined = Declined(offers(north)[0].task_id, DeclineKind.DATA, "file heart.csv is missing")
                await stub.DeclineTask(convert.declined_to_proto(declined), timeout=5)
                status = await site.until(ada, study_id, lambda status: status.state == "paused")
                assert status.reason == "north declined to answer: file heart.csv is missing"
                assert operation.needs_a_person(status)
                north.answer = lambda task: b"1"
                await asyncio.to_thread(resume, site, study_id)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert status.state == "released"

    run(work())


def test_suppliers_hear_of_an_end_in_words_that_are_short_and_say_nothing_of_each_other(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer = silent
            async with running(north, south), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north", "south", then="fail"))
                await eventually(lambda: bool(offers(north)))
                reason = "no such column as Ann Smith " * 35
                declined = Declined(offers(north)[0].task_id, DeclineKind.DATA, reason)
                await stub.DeclineTask(convert.declined_to_proto(declined), timeout=5)
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
                assert "Ann Smith" in status.reason
                await eventually(lambda: bool(south.ended))
            assert south.ended[0].reason == "north declined to answer"

    run(work())


def test_a_reason_of_any_length_is_kept_as_the_wire_takes_it(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                await eventually(lambda: bool(offers(north)))
                with site.home.open_database() as database:
                    endings = Endings(site.home.open_audit(site.clock), site.clock)
                    database.write_now(
                        lambda connection: operation.cancel_study(
                            connection, endings, study_id, "too\x07 long " * 200
                        )
                    )
                await eventually(lambda: bool(north.ended))
                assert len(north.ended[0].reason) <= 1000

    run(work())


def resume(site, study_id):
    with site.home.open_database() as database:
        endings = Endings(site.home.open_audit(site.clock), site.clock)
        database.write_now(lambda connection: operation.resume_study(connection, endings, study_id))


def test_a_banned_supplier_is_not_waited_for_as_if_it_might_come_back(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                await eventually(lambda: bool(offers(north)))
                await asyncio.to_thread(dismiss, site, ban, "north", "a test")
                status = await site.until(ada, study_id, lambda status: status.state == "paused")
            assert status.reason == "north declined to answer: it was banned by the hub's operator"

    run(work())


def test_a_restarted_hub_goes_on_in_the_same_round_and_asks_nobody_twice(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            south.answer = lambda task: b"1" if task.round == 0 else None
            async with running(north, south):
                study_id = await site.submit(ada, specification("north", "south"))
                await site.until(
                    ada,
                    study_id,
                    lambda status: {one.name: one.rounds_answered for one in status.suppliers}["north"] == 2,
                )
        async with site.running():
            before = await site.status(ada, study_id)
            assert (before.state, before.rounds_done) == ("running", 1)
            again = [FakeAgent(agent.member, site.port) for agent in (north, south)]
            async with running(*again):
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
        assert status.state == "released"
        assert [task.round for task in offers(again[0])] == [2]
        assert [task.round for task in offers(again[1])] == [1, 2]
        release = site.home.releases_path / status.release_id
        assert (release / "synthetic.parquet").read_bytes() == b"12"

    run(work())


def test_a_reply_counts_once_however_often_it_comes_and_never_changes(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            south.answer = silent
            async with running(north, south), north.member.supplier(site.port) as stub:
                await site.submit(ada, specification("north", "south"))
                await eventually(lambda: bool(north.answered))
                reply = TaskReply(TaskId(north.answered[0]), 1, PayloadRef.of(b"1"))
                for _ in range(3):
                    answer = await stub.SubmitReply(convert.reply_to_proto(reply), timeout=5)
                    assert convert.reply_outcome_from_proto(answer) is ReplyOutcome.ALREADY_ACCEPTED
                other = TaskReply(reply.task_id, 1, PayloadRef.of(b"2"))
                sentence = await refused(
                    stub.SubmitReply(convert.reply_to_proto(other), timeout=5),
                    grpc.StatusCode.FAILED_PRECONDITION,
                )
                assert "answered once" in sentence

    run(work())


def test_large_requests_and_replies_travel_as_chunks_that_resume(site, run, monkeypatch):
    monkeypatch.setenv("FAKE_CHILD_BIG_REQUESTS", "1")

    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = silent
            async with running(north), north.member.supplier(site.port) as stub:
                study_id = await site.submit(ada, specification("north"))
                for number in range(3):
                    await eventually(lambda number=number: len(offers(north)) > number)
                    await answer_in_chunks(stub, offers(north)[number])
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "released"
            assert status.bytes_received > 3 * 2 * CHUNK_BYTES
            assert status.bytes_sent > 3 * 2 * CHUNK_BYTES

    run(work())


async def answer_in_chunks(stub, task):
    """Read the request from its second chunk on; send the reply in two goes."""
    assert task.request.inline is None
    asked = ChunkRequest(task.task_id, task.request.sha256, 1)
    indices = [
        convert.read_chunk_from_proto(message)[0]
        async for message in stub.ReadPayload(convert.chunk_request_to_proto(asked), timeout=5)
    ]
    assert indices == [1, 2]
    content = b"1\n" + bytes(2 * CHUNK_BYTES)
    ref = PayloadRef.of(content)
    for wanted, sent in (([0, 1, 2], [2, 0]), ([1], [1])):
        answer = await stub.FindMissingChunks(convert.missing_request_to_proto(task.task_id, ref), timeout=5)
        assert convert.missing_response_from_proto(answer, ref) == wanted
        chunks = [
            Chunk(task.task_id, ref.sha256, index, content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES])
            for index in sent
        ]
        await stub.WriteChunks(iter([convert.chunk_to_proto(chunk) for chunk in chunks]), timeout=5)
        reply = convert.reply_to_proto(TaskReply(task.task_id, 1, ref))
        if len(wanted) > 1:
            assert "missing" in await refused(
                stub.SubmitReply(reply, timeout=5), grpc.StatusCode.FAILED_PRECONDITION
            )
    answer = await stub.SubmitReply(reply, timeout=5)
    assert convert.reply_outcome_from_proto(answer) is ReplyOutcome.ACCEPTED


def test_a_step_that_fails_ends_the_study_with_its_sentence(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = lambda task: b"fail"
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.reason == "the study cannot go on: a test said so"

    run(work())


def test_a_defect_in_the_child_ends_the_study_without_quoting_anything(site, run, caplog):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            north.answer = lambda task: b"secret-value"
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "failed"
            assert INTERNAL.fullmatch(status.reason)
            (logged,) = [record for record in caplog.records if record.message == "child_failed"]
            assert logged.fields["reference"] in status.reason
            assert logged.fields["kind"] == "ValueError"

    run(work())


def test_a_child_that_dies_is_started_again_and_the_call_repeated(site, run, monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_CHILD_DIES_ONCE", str(tmp_path / "died"))

    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert status.state == "released"
        assert (tmp_path / "died").exists()

    run(work())


def test_bad_submissions_are_refused_with_a_name(site, run):
    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north-hospital")
            invalid = grpc.StatusCode.INVALID_ARGUMENT
            sentence = await refused(site.submit(ada, specification("north-hospitl")), invalid)
            assert sentence.endswith("the nearest enrolled name is north-hospital")
            good = specification("north-hospital")
            assert "canonical" in await refused(site.submit(ada, good + b" "), invalid)
            assert await refused(site.submit(ada, b"[" * 100_000), invalid)
            frozen = good.replace(b'"then":"pause"', b'"then":"freeze"')
            assert "not implemented by this version" in await refused(site.submit(ada, frozen), invalid)
            ada.signing_key = north.member.signing_key
            assert "signature" in await refused(site.submit(ada, good))

    run(work())


def test_a_submission_is_idempotent_and_a_cancelled_study_may_be_submitted_again(site, run):
    from syncline.wire.gen.syncline.v1 import research_pb2

    async def work():
        async with site.running():
            ada, _ = await team(site, "north")
            content = specification("north")
            first = await site.submit(ada, content)
            assert await site.submit(ada, content) == first
            async with ada.research(site.port) as stub:
                cancel = research_pb2.CancelStudyRequest(study_id=first, reason="a test")
                await stub.CancelStudy(cancel, timeout=5)
            status = await site.status(ada, first)
            assert (status.state, status.reason) == ("cancelled", "cancelled by ada: a test")
            assert await site.submit(ada, content) != first

    run(work())


def test_a_decision_needs_the_suppliers_own_signature(site, run):
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.member.signing_key = south.member.signing_key
            study_id = await site.submit(ada, specification("north"))
            task = asyncio.create_task(north.run())
            assert "signature" in await refused(task)
            assert (await site.status(ada, study_id)).suppliers[0].state == "waiting"

    run(work())


def test_a_full_disk_is_waited_out_and_the_study_goes_on(site, run, monkeypatch):
    original, left = PayloadStore.put, [3]

    def failing(self, data):
        if left[0]:
            left[0] -= 1
            raise StorageError("file payloads: the disk is full")
        return original(self, data)

    async def work():
        async with site.running():
            ada, (north,) = await team(site, "north")
            monkeypatch.setattr(PayloadStore, "put", failing)
            async with running(north):
                study_id = await site.submit(ada, specification("north"))
                status = await site.until(ada, study_id, lambda status: status.ended_us > 0)
            assert (status.state, left) == ("released", [0])

    run(work())
