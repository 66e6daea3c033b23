"""The calls that a researcher makes at the hub, in domain values; failures are errors of the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self, TypeVar

import grpc.aio

from syncline.identity.tls_identity import TlsIdentity
from syncline.wire import releases
from syncline.wire import research as convert
from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from syncline.wire.gen.syncline.v1.research_pb2_grpc import ResearchServiceStub
from syncline.wire.messages import FileChunk, ReleaseId, StudyId, StudyStatus
from syncline.wire.refusals import PeerUnreachable
from syncline.wire.release_messages import GivenDecision, ReleaseEntry, ReleaseRequest
from syncline.wire.status import error_from_rpc
from syncline.wire.transport import client_channel

CALL_SECONDS = 20.0
T = TypeVar("T")


class ResearchClient:
    """One mutual-TLS channel to the hub; use it with ``async with``."""

    def __init__(self, address: str, identity: TlsIdentity) -> None:
        self._address = address
        self._channel = client_channel(address, identity)
        self._stub = ResearchServiceStub(self._channel)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close(None)
        if isinstance(error, PeerUnreachable):
            raise PeerUnreachable(f"{self._address}: {error}") from error

    async def submit(self, specification: bytes, signature: bytes) -> StudyId:
        """Submit a specification; the same one again is the same study."""
        message = convert.submission_to_proto(specification, signature)
        answer = await _result(self._stub.SubmitStudy(message, timeout=CALL_SECONDS))
        return StudyId(answer.study_id)

    async def studies(self) -> list[StudyStatus]:
        """Return the caller's studies."""
        answer = await _result(self._stub.ListStudies(pb.ListStudiesRequest(), timeout=CALL_SECONDS))
        return [convert.status_from_proto(study) for study in answer.studies]

    async def study(self, study_id: StudyId) -> StudyStatus:
        """Return one study."""
        message = pb.GetStudyRequest(study_id=study_id)
        answer = await _result(self._stub.GetStudy(message, timeout=CALL_SECONDS))
        return convert.status_from_proto(answer.status)

    async def watch(self, study_id: StudyId) -> AsyncIterator[StudyStatus]:
        """Yield the study's status now and after every change, until it ends."""
        call = self._stub.WatchStudy(pb.WatchStudyRequest(study_id=study_id))
        try:
            with _catalogue_errors():
                async for message in call:
                    yield convert.status_from_proto(message.status)
        finally:
            call.cancel()

    async def cancel(self, study_id: StudyId, reason: str) -> None:
        """End a study without a release."""
        message = pb.CancelStudyRequest(study_id=study_id, reason=reason)
        await _result(self._stub.CancelStudy(message, timeout=CALL_SECONDS))

    async def releases(self, *, ended: bool = False) -> list[ReleaseEntry]:
        """Return the releases that the caller may know of, those that wait for approvals among them.

        With ``ended`` also those that never came out.
        """
        message = pb.ListReleasesRequest(ended=ended)
        answer = await _result(self._stub.ListReleases(message, timeout=CALL_SECONDS))
        return [releases.release_from_proto(release) for release in answer.releases]

    def fetch(
        self, release_id: ReleaseId, *, report_only: bool = False, access_secret: bytes = b""
    ) -> AsyncIterator[FileChunk]:
        """Yield the files of a release, or its report alone, piece by piece.

        ``access_secret`` is that of the caller's access token, empty for those who need none.
        """
        return self._files(ReleaseRequest(release_id, report_only, False, access_secret))

    def look_up_report(self, release_id: ReleaseId) -> AsyncIterator[FileChunk]:
        """Yield a release's report.json piece by piece, for a command that signs and shows it to nobody."""
        return self._files(ReleaseRequest(release_id, report_only=True, for_decision=True))

    async def _files(self, wanted: ReleaseRequest) -> AsyncIterator[FileChunk]:
        call = self._stub.FetchRelease(releases.request_to_proto(wanted))
        try:
            with _catalogue_errors():
                async for chunk in call:
                    yield convert.file_chunk_from_proto(chunk)
        finally:
            call.cancel()

    async def decide(self, decision: GivenDecision) -> None:
        """Send an approver's signed decision about a release; the same one again changes nothing."""
        message = releases.decision_to_proto(decision)
        await _result(self._stub.DecideRelease(message, timeout=CALL_SECONDS))


@contextmanager
def _catalogue_errors() -> Iterator[None]:
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_from_rpc(error) from None


async def _result(call: Awaitable[T]) -> T:
    with _catalogue_errors():
        return await call
