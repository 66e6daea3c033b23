"""The calls that an agent makes at the hub, in domain values; every failure is an error of the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import grpc.aio

from syncline.errors import WireError
from syncline.identity.tls_identity import TlsIdentity
from syncline.wire import releases
from syncline.wire import supplier as convert
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import SupplierServiceStub
from syncline.wire.mending import Mended, mended_to_proto
from syncline.wire.messages import (
    Attachment,
    Chunk,
    ChunkRequest,
    Declined,
    Event,
    Heartbeat,
    PayloadRef,
    ReplyOutcome,
    SupplierDecision,
    TaskId,
    TaskReply,
)
from syncline.wire.release_messages import GivenDecision, ReleaseEntry
from syncline.wire.status import error_from_rpc
from syncline.wire.transport import client_channel

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL_SECONDS = 20.0
HEARTBEAT_SECONDS = 5.0
TRANSFER_SECONDS = 600.0
T = TypeVar("T")


class HubClient:
    """One mutual-TLS channel to the hub and the calls of its supplier service."""

    def __init__(self, address: str, identity: TlsIdentity) -> None:
        self._channel = client_channel(address, identity)
        self._stub = SupplierServiceStub(self._channel)

    async def close(self, grace: float | None = None) -> None:
        """Close the channel; calls that run may end within ``grace`` seconds."""
        await self._channel.close(grace)

    async def attach(
        self, attachment: Attachment, unreadable: Callable[[WireError], None]
    ) -> AsyncIterator[Event]:
        """Attach and yield the hub's events, beginning with its welcome, until the stream breaks.

        One that does not read is told to ``unreadable``, and the others follow.
        """
        call = self._stub.Attach(convert.attachment_to_proto(attachment))
        try:
            with catalogue_errors():
                async for message in call:
                    try:
                        event = convert.event_from_proto(message)
                    except WireError as error:
                        unreadable(error)
                        continue
                    yield event
        finally:
            call.cancel()

    async def heartbeat(self, heartbeat: Heartbeat) -> int:
        """Say that the agent lives; return the hub's time, microseconds since 1970 UTC."""
        message = convert.heartbeat_to_proto(heartbeat)
        answer = await _result(self._stub.Heartbeat(message, timeout=HEARTBEAT_SECONDS))
        return int(answer.hub_time_us)

    async def decide(self, decision: SupplierDecision) -> None:
        """Send a signed decision about a study."""
        message = convert.decision_to_proto(decision)
        await _result(self._stub.DecideStudy(message, timeout=CALL_SECONDS))

    async def releases(self, *, ended: bool = False) -> list[ReleaseEntry]:
        """Return the releases that this supplier's data is in; with ``ended`` also what never came out."""
        message = pb.ListSupplierReleasesRequest(ended=ended)
        answer = await _result(self._stub.ListSupplierReleases(message, timeout=CALL_SECONDS))
        return [releases.release_from_proto(release) for release in answer.releases]

    async def refuse_release(self, refusal: GivenDecision) -> None:
        """Send a signed refusal of a release; the same one again changes nothing."""
        message = releases.refusal_to_proto(refusal)
        await _result(self._stub.RefuseRelease(message, timeout=CALL_SECONDS))

    async def read_payload(self, request: ChunkRequest) -> AsyncIterator[tuple[int, bytes]]:
        """Yield index and bytes of each chunk of a payload from the one asked for on."""
        call = self._stub.ReadPayload(convert.chunk_request_to_proto(request), timeout=TRANSFER_SECONDS)
        try:
            with catalogue_errors():
                async for message in call:
                    yield convert.read_chunk_from_proto(message)
        finally:
            call.cancel()

    async def find_missing(self, task: TaskId, ref: PayloadRef) -> list[int]:
        """Return the chunks of a payload that the hub does not hold yet."""
        message = convert.missing_request_to_proto(task, ref)
        answer = await _result(self._stub.FindMissingChunks(message, timeout=CALL_SECONDS))
        return convert.missing_response_from_proto(answer, ref)

    async def write_chunks(self, chunks: AsyncIterator[Chunk]) -> int:
        """Send chunks; return how many the hub stored."""

        async def messages() -> AsyncIterator[pb.WriteChunksRequest]:
            async for chunk in chunks:
                yield convert.chunk_to_proto(chunk)

        answer = await _result(self._stub.WriteChunks(messages(), timeout=TRANSFER_SECONDS))
        return int(answer.chunks_stored)

    async def submit(self, reply: TaskReply) -> ReplyOutcome:
        """Commit the reply to a task; the same reply may be submitted any number of times."""
        message = convert.reply_to_proto(reply)
        answer = await _result(self._stub.SubmitReply(message, timeout=CALL_SECONDS))
        return convert.reply_outcome_from_proto(answer)

    async def decline(self, declined: Declined) -> None:
        """Say that a task will not be answered, and why."""
        message = convert.declined_to_proto(declined)
        await _result(self._stub.DeclineTask(message, timeout=CALL_SECONDS))

    async def reoffer(self, mended: Mended) -> None:
        """Ask for a declined task to be offered again; one that was is left as it is."""
        message = mended_to_proto(mended)
        await _result(self._stub.ReofferTask(message, timeout=CALL_SECONDS))


@contextmanager
def catalogue_errors() -> Iterator[None]:
    """Turn an error of gRPC into the one that the hub raised."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise error_from_rpc(error) from None


async def _result(call: Awaitable[T]) -> T:
    with catalogue_errors():
        return await call
