"""What researchers, approvers and operators may call, and suppliers who read the report of a release."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from syncline.identity.peer import PeerIdentity, PeerRole
from syncline.wire import releases
from syncline.wire import research as convert
from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from syncline.wire.gen.syncline.v1.research_pb2_grpc import ResearchServiceServicer
from trusted_party.api.gate import CallContext, Gate
from trusted_party.release.access import ReleaseAccess
from trusted_party.release.decisions import ReleaseDecisions
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study, about_supplier
from trusted_party.studies.inquiries import Inquiries, Owner
from trusted_party.studies.submission import Submissions

_READERS = (PeerRole.RESEARCHER, PeerRole.OPERATOR)
_RELEASE_READERS = (*_READERS, PeerRole.APPROVER)


def _owner(caller: PeerIdentity) -> Owner:
    return None if caller.role is PeerRole.OPERATOR else caller.name


@dataclass(frozen=True, slots=True)
class ResearchService(ResearchServiceServicer):
    """Serve the researchers; each sees their own studies and releases only."""

    gate: Gate
    changes: Changes
    submissions: Submissions
    inquiries: Inquiries
    access: ReleaseAccess
    release_decisions: ReleaseDecisions

    async def SubmitStudy(
        self, request: pb.SubmitStudyRequest, context: CallContext
    ) -> pb.SubmitStudyResponse:
        """Take a study."""
        async with self.gate.admit(context, PeerRole.RESEARCHER) as caller:
            specification, signature = convert.submission_from_proto(request)
            study_id, suppliers = await self.submissions.submit(caller.name, specification, signature)
            self.changes.notify(ANY_STUDY, *map(about_supplier, suppliers))
            return pb.SubmitStudyResponse(study_id=study_id)

    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: CallContext
    ) -> pb.ListStudiesResponse:
        """List studies."""
        async with self.gate.admit(context, *_READERS) as caller:
            found = await self.inquiries.studies(_owner(caller))
            return pb.ListStudiesResponse(studies=[convert.status_to_proto(status) for status in found])

    async def GetStudy(self, request: pb.GetStudyRequest, context: CallContext) -> pb.GetStudyResponse:
        """Show one study."""
        async with self.gate.admit(context, *_READERS) as caller:
            status = await self.inquiries.study(_owner(caller), convert.study_id_from_text(request.study_id))
            return pb.GetStudyResponse(status=convert.status_to_proto(status))

    async def WatchStudy(
        self, request: pb.WatchStudyRequest, context: CallContext
    ) -> AsyncIterator[pb.WatchStudyResponse]:
        """Show one study after every change."""
        async with self.gate.admit(context, *_READERS) as caller:
            study_id = convert.study_id_from_text(request.study_id)
            async for status in self.inquiries.watch(_owner(caller), study_id):
                yield pb.WatchStudyResponse(status=convert.status_to_proto(status))

    async def CancelStudy(
        self, request: pb.CancelStudyRequest, context: CallContext
    ) -> pb.CancelStudyResponse:
        """End a study."""
        async with self.gate.admit(context, *_READERS) as caller:
            study_id, reason = convert.cancellation_from_proto(request)
            await self.inquiries.cancel(_owner(caller), study_id, reason, caller.name)
            return pb.CancelStudyResponse()

    async def ListReleases(
        self, request: pb.ListReleasesRequest, context: CallContext
    ) -> pb.ListReleasesResponse:
        """List releases."""
        async with self.gate.admit(context, *_RELEASE_READERS) as caller:
            found = await self.access.releases(caller.name, caller.role, ended=request.ended)
            return pb.ListReleasesResponse(releases=[releases.release_to_proto(entry) for entry in found])

    async def FetchRelease(
        self, request: pb.FetchReleaseRequest, context: CallContext
    ) -> AsyncIterator[pb.FetchReleaseResponse]:
        """Send a release, or its report; to a supplier whose data is in it the report alone."""
        async with self.gate.admit(context, *_RELEASE_READERS, PeerRole.SUPPLIER) as caller:
            wanted = releases.request_from_proto(request)
            async for chunk in self.access.fetch(caller.name, caller.role, wanted):
                yield convert.file_chunk_to_proto(chunk)

    async def DecideRelease(
        self, request: pb.DecideReleaseRequest, context: CallContext
    ) -> pb.DecideReleaseResponse:
        """Take an approver's decision."""
        async with self.gate.admit(context, PeerRole.APPROVER) as caller:
            study_id = await self.release_decisions.decide(caller.name, releases.decision_from_proto(request))
            self.changes.notify(about_study(study_id), ANY_STUDY)
            return pb.DecideReleaseResponse()
