"""Bare-bones members: they enrol, attach and answer with the generated stubs and nothing of the agent."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split
import grpc.aio

from syncline.identity.certificate_request import make_request
from syncline.identity.keys import (
    generate_signing_key,
    generate_tls_key,
    private_key_pem,
    public_signing_key,
)
from syncline.identity.signatures import Purpose, sign
from syncline.identity.tls_identity import TlsIdentity
from syncline.identity.tokens import EnrolmentToken
from syncline.study.participation import AS_ASKED, Participation
from syncline.version import ALGORITHM_VERSION, __version__
from syncline.wire import enrolment as enrolment_messages
from syncline.wire import supplier as convert
from syncline.wire.enrolment_messages import Enrolment, EnrolmentRequest
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import EnrolmentServiceStub
from syncline.wire.gen.syncline.v1.research_pb2_grpc import ResearchServiceStub
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import SupplierServiceStub
from syncline.wire.messages import (
    Attachment,
    Decision,
    Event,
    Heartbeat,
    PayloadRef,
    Proposal,
    StudyEnded,
    SupplierDecision,
    TaskOffer,
    TaskReply,
    decision_digest,
)
from syncline.wire.transport import client_channel, enrolment_channel


@dataclass
class Member:
    """Keys and certificate of one member."""

    enrolment: Enrolment
    tls_key: object
    signing_key: object

    @property
    def name(self) -> str:
        return self.enrolment.name

    @property
    def tls(self) -> TlsIdentity:
        return TlsIdentity(
            self.enrolment.certificate, private_key_pem(self.tls_key), self.enrolment.authority
        )

    @contextlib.asynccontextmanager
    async def supplier(self, port: int) -> AsyncIterator[SupplierServiceStub]:
        async with client_channel(f"localhost:{port}", self.tls) as channel:
            yield SupplierServiceStub(channel)

    @contextlib.asynccontextmanager
    async def research(self, port: int) -> AsyncIterator[ResearchServiceStub]:
        async with client_channel(f"localhost:{port}", self.tls) as channel:
            yield ResearchServiceStub(channel)

    def decision(
        self,
        proposal: Proposal,
        decision: Decision,
        reason: str = "",
        participation: Participation = AS_ASKED,
    ) -> SupplierDecision:
        of = proposal.study_id, proposal.specification_sha256, decision, reason
        commitment = None
        if decision is Decision.APPROVE:
            commitment = hashlib.sha512(f"{self.name} {proposal.study_id}".encode()).hexdigest()
        digest = decision_digest(*of, participation, commitment)
        signature = sign(self.signing_key, Purpose.STUDY_DECISION, digest)
        return SupplierDecision(*of, signature, participation, commitment)

    def signed(self, specification: bytes) -> bytes:
        digest = hashlib.sha256(specification).digest()
        return sign(self.signing_key, Purpose.STUDY_SPECIFICATION, digest)


async def enrol(
    port: int, authority: bytes, token_text: str, tls_key=None, signing_key=None, host: str = "localhost"
) -> Member:
    """Exchange a token for a certificate."""
    tls_key, signing_key = tls_key or generate_tls_key(), signing_key or generate_signing_key()
    token = EnrolmentToken.parse(token_text)
    signing_request = make_request(tls_key)
    proof = sign(signing_key, Purpose.ENROLMENT, hashlib.sha256(signing_request).digest())
    request = EnrolmentRequest(
        token.secret, signing_request, public_signing_key(signing_key), __version__, proof
    )
    async with enrolment_channel(f"{host}:{port}", authority) as channel:
        answer = await EnrolmentServiceStub(channel).Enrol(
            enrolment_messages.enrolment_request_to_proto(request), timeout=10
        )
    return Member(enrolment_messages.enrolment_from_proto(answer), tls_key, signing_key)


def attachment(instance: str | None = None, version: int = ALGORITHM_VERSION):
    """Return the message with which an agent attaches."""
    return convert.attachment_to_proto(
        Attachment(instance or secrets.token_hex(8), __version__, version, ("heart",))
    )


@dataclass
class FakeAgent:
    """Attach, approve everything, answer each task with a number; remember what came.

    ``decision`` is what it says to each proposal, None where a test decides for it.
    """

    member: Member
    port: int
    answer: Callable[[TaskOffer], bytes | None] = lambda task: b"%d" % (task.round + 1)
    decision: Decision | None = Decision.APPROVE
    instance: str = field(default_factory=lambda: secrets.token_hex(8))
    events: list[Event] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    beat_seconds: float = 0.2
    participation: Participation = AS_ASKED

    async def run(self) -> None:
        """Work until cancelled or cut off."""
        async with self.member.supplier(self.port) as stub:
            beats = asyncio.create_task(self._beat(stub))
            try:
                async for message in stub.Attach(attachment(self.instance)):
                    await self._take(stub, convert.event_from_proto(message))
            finally:
                beats.cancel()
                await asyncio.gather(beats, return_exceptions=True)

    async def _beat(self, stub: SupplierServiceStub) -> None:
        while True:
            await asyncio.sleep(self.beat_seconds)
            message = convert.heartbeat_to_proto(Heartbeat(self.instance, ()))
            with contextlib.suppress(grpc.aio.AioRpcError):
                await stub.Heartbeat(message, timeout=2)

    async def _take(self, stub: SupplierServiceStub, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Proposal) and self.decision is not None:
            decision = self.member.decision(event, self.decision, "not our kind of study", self.participation)
            await stub.DecideStudy(convert.decision_to_proto(decision), timeout=10)
        if isinstance(event, TaskOffer):
            content = self.answer(event)
            if content is not None:
                reply = TaskReply(event.task_id, event.attempt, PayloadRef.of(content))
                await stub.SubmitReply(convert.reply_to_proto(reply), timeout=10)
                self.answered.append(event.task_id)

    @property
    def ended(self) -> list[StudyEnded]:
        """The endings that the hub told."""
        return [event for event in self.events if isinstance(event, StudyEnded)]


@contextlib.asynccontextmanager
async def running(*agents: FakeAgent) -> AsyncIterator[None]:
    """Run agents during a block."""
    tasks = [asyncio.create_task(agent.run()) for agent in agents]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def eventually(check: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until ``check`` holds."""
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110  (any condition may be waited for)
            await asyncio.sleep(0.01)
