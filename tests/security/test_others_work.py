"""A supplier that reaches for another's work: no task, request or reply is there for anybody else."""

from __future__ import annotations

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest

from syncline.wire import supplier as convert
from syncline.wire.mending import Mended, mended_to_proto
from syncline.wire.messages import Chunk, ChunkRequest, Declined, DeclineKind, PayloadRef, TaskReply
from tests.process.hub.clients import eventually, running
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_faults import offers, silent, team
from tests.unit.hub.small_study import specification
from trusted_party.studies.replies import Replies

pytestmark = [pytest.mark.network]


def test_another_suppliers_task_does_not_exist_for_a_caller(site, run, monkeypatch):  # noqa: F811
    async def work():
        async with site.running():
            ada, (north, south) = await team(site, "north", "south")
            north.answer = south.answer = silent
            async with running(north, south), south.member.supplier(site.port) as stub:
                await site.submit(ada, specification("north", "south"))
                await eventually(lambda: bool(offers(north)))
                offer = offers(north)[0]
                task, ref = offer.task_id, PayloadRef.of(b"1")

                def asked():
                    wanted = ChunkRequest(task, offer.request.sha256, 0)
                    return stub.ReadPayload(convert.chunk_request_to_proto(wanted), timeout=5).read()

                calls = [
                    stub.SubmitReply(convert.reply_to_proto(TaskReply(task, 1, ref)), timeout=5),
                    stub.FindMissingChunks(convert.missing_request_to_proto(task, ref), timeout=5),
                    asked(),
                    stub.WriteChunks(
                        iter([convert.chunk_to_proto(Chunk(task, ref.sha256, 0, b"1"))]), timeout=5
                    ),
                    stub.DeclineTask(
                        convert.declined_to_proto(Declined(task, DeclineKind.DATA, "no")), timeout=5
                    ),
                    stub.ReofferTask(mended_to_proto(Mended(task, 1)), timeout=5),
                ]
                for call in calls:
                    assert "no such task for south" in await refused(call, grpc.StatusCode.NOT_FOUND)

                async def anybodys(replies, name, task_id):
                    return await replies._look(task_id)

                monkeypatch.setattr(Replies, "_own_task", anybodys)
                assert len((await asked()).data) == offer.request.size

    run(work())
