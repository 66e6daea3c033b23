"""What an agent may call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from syncline.identity.peer import PeerRole
from syncline.wire import releases
from syncline.wire import supplier as convert
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import SupplierServiceServicer
from syncline.wire.mending import mended_from_proto
from syncline.wire.messages import Chunk
from trusted_party.api.gate import CallContext, Gate
from trusted_party.release.decisions import ReleaseDecisions
from trusted_party.studies.attachment import Attachments
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study, about_supplier
from trusted_party.studies.decisions import Decisions
from trusted_party.studies.replies import Replies


@dataclass(frozen=True, slots=True)
class SupplierService(SupplierServiceServicer):
    """Serve the agents; a caller's name comes from its certificate and from nowhere else."""

    gate: Gate
    changes: Changes
    attachments: Attachments
    decisions: Decisions
    replies: Replies
    release_decisions: ReleaseDecisions

    async def Attach(
        self, request: pb.AttachRequest, context: CallContext
    ) -> AsyncIterator[pb.AttachResponse]:
        """Send what is open for an agent, and every change."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            attachment = convert.attachment_from_proto(request)
            async for event in self.attachments.events(caller.name, attachment):
                yield convert.event_to_proto(event)

    async def Heartbeat(self, request: pb.HeartbeatRequest, context: CallContext) -> pb.HeartbeatResponse:
        """Prolong an agent's lease."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            heartbeat = convert.heartbeat_from_proto(request)
            return pb.HeartbeatResponse(hub_time_us=self.attachments.beat(caller.name, heartbeat))

    async def DecideStudy(
        self, request: pb.DecideStudyRequest, context: CallContext
    ) -> pb.DecideStudyResponse:
        """Take a supplier's decision."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            decision = convert.decision_from_proto(request)
            await self.decisions.decide(caller.name, decision)
            self.changes.notify(about_study(decision.study_id), ANY_STUDY)
            return pb.DecideStudyResponse()

    async def ReadPayload(
        self, request: pb.ReadPayloadRequest, context: CallContext
    ) -> AsyncIterator[pb.ReadPayloadResponse]:
        """Send the chunks of a task's request."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            asked = convert.chunk_request_from_proto(request)
            async for index, data in self.replies.read_request(caller.name, asked):
                yield convert.read_chunk_to_proto(index, data)

    async def FindMissingChunks(
        self, request: pb.FindMissingChunksRequest, context: CallContext
    ) -> pb.FindMissingChunksResponse:
        """Say which chunks of a reply are not here yet."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            task, ref = convert.missing_request_from_proto(request)
            missing = await self.replies.missing_chunks(caller.name, task, ref)
            return convert.missing_response_to_proto(missing)

    async def WriteChunks(
        self, request_iterator: AsyncIterator[pb.WriteChunksRequest], context: CallContext
    ) -> pb.WriteChunksResponse:
        """Store chunks of a reply."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            stored = await self.replies.write_chunks(caller.name, _chunks(request_iterator))
            return pb.WriteChunksResponse(chunks_stored=stored)

    async def SubmitReply(
        self, request: pb.SubmitReplyRequest, context: CallContext
    ) -> pb.SubmitReplyResponse:
        """Commit a reply."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            study_id, outcome = await self.replies.submit(caller.name, convert.reply_from_proto(request))
            self.changes.notify(about_study(study_id))
            return convert.reply_outcome_to_proto(outcome)

    async def DeclineTask(
        self, request: pb.DeclineTaskRequest, context: CallContext
    ) -> pb.DeclineTaskResponse:
        """Take a supplier's word that a task will not be answered."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            study_id = await self.replies.decline(caller.name, convert.declined_from_proto(request))
            self.changes.notify(about_study(study_id))
            return pb.DeclineTaskResponse()

    async def ReofferTask(
        self, request: pb.ReofferTaskRequest, context: CallContext
    ) -> pb.ReofferTaskResponse:
        """Offer a task again that its supplier declined, now that what stood against it is mended."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            study_id = await self.replies.reoffer(caller.name, mended_from_proto(request))
            self.changes.notify(about_study(study_id), about_supplier(caller.name))
            return pb.ReofferTaskResponse()

    async def ListSupplierReleases(
        self, request: pb.ListSupplierReleasesRequest, context: CallContext
    ) -> pb.ListSupplierReleasesResponse:
        """List the releases that a supplier's data is in."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            found = await self.release_decisions.releases(caller.name, ended=request.ended)
            return pb.ListSupplierReleasesResponse(releases=map(releases.release_to_proto, found))

    async def RefuseRelease(
        self, request: pb.RefuseReleaseRequest, context: CallContext
    ) -> pb.RefuseReleaseResponse:
        """Take a supplier's refusal of a release."""
        async with self.gate.admit(context, PeerRole.SUPPLIER) as caller:
            study_id = await self.release_decisions.refuse(caller.name, releases.refusal_from_proto(request))
            self.changes.notify(about_study(study_id), ANY_STUDY)
            return pb.RefuseReleaseResponse()


async def _chunks(messages: AsyncIterator[pb.WriteChunksRequest]) -> AsyncIterator[Chunk]:
    async for message in messages:
        yield convert.chunk_from_proto(message)
