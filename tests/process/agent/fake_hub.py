"""A hub in this process, over real loopback TLS, that offers whatever a test puts on its list."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import itertools
from dataclasses import dataclass, field

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc.aio

from syncline.identity.authority import CertificateAuthority
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import generate_signing_key, generate_tls_key, private_key_pem, public_signing_key
from syncline.identity.peer import PeerIdentity, PeerRole
from syncline.identity.renewal import verify_possession
from syncline.identity.signatures import Purpose, sign
from syncline.identity.tls_identity import TlsIdentity
from syncline.identity.tokens import invite
from syncline.version import ALGORITHM_VERSION
from syncline.wire import enrolment as enrolment_messages
from syncline.wire import supplier as convert
from syncline.wire.enrolment_messages import Enrolment, Renewal
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import (
    EnrolmentServiceServicer,
    add_EnrolmentServiceServicer_to_server,
)
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import (
    SupplierServiceServicer,
    add_SupplierServiceServicer_to_server,
)
from syncline.wire.mending import mended_from_proto
from syncline.wire.messages import (
    CHUNK_BYTES,
    Event,
    PayloadRef,
    Proposal,
    ReplyOutcome,
    StudyId,
    TaskId,
    TaskOffer,
    Welcome,
)
from syncline.wire.status import METADATA_KEY, status_of
from syncline.wire.transport import (
    enrolment_credentials,
    mutual_tls_credentials,
    server_options,
)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Offered:
    """A task on the list, with the request's bytes."""

    offer: TaskOffer
    content: bytes


@dataclass
class FakeHub(SupplierServiceServicer, EnrolmentServiceServicer):
    authority: CertificateAuthority = field(
        default_factory=lambda: CertificateAuthority.create("test-hub", now())
    )
    signing_key: object = field(default_factory=generate_signing_key)
    researcher_key: object = field(default_factory=generate_signing_key)
    algorithm_version: int = ALGORITHM_VERSION
    leaf_days: float = 30
    attach_error: Exception | None = None
    enrol_failures: int = 0
    tickets: dict = field(default_factory=dict)
    issued: dict = field(default_factory=dict)
    renewals: int = 0
    attachments: list = field(default_factory=list)
    beats: list = field(default_factory=list)
    decisions: list = field(default_factory=list)
    submitted: list = field(default_factory=list)
    declined: list = field(default_factory=list)
    mended: list = field(default_factory=list)
    chunks: dict = field(default_factory=dict)
    chunks_received: int = 0
    chunks_sent: int = 0
    cut_upload_after: int | None = None
    cut_download_after: int | None = None
    fail_download_after: int | None = None
    tasks: dict = field(default_factory=dict)
    port: int = 0

    async def start(self, port: int = 0) -> None:
        key = generate_tls_key()
        hosts = ["127.0.0.1", "localhost"]
        leaf = self.authority.issue_server(make_request(key), hosts, now())
        identity = TlsIdentity(leaf, private_key_pem(key), self.authority.root_pem)
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.changed = asyncio.Condition()
        self.server = grpc.aio.server(options=server_options())
        add_SupplierServiceServicer_to_server(self, self.server)
        self.port = self.server.add_secure_port(f"127.0.0.1:{port}", mutual_tls_credentials(lambda: identity))
        self.enrolment = grpc.aio.server(options=server_options())
        add_EnrolmentServiceServicer_to_server(self, self.enrolment)
        self.enrolment_port = self.enrolment.add_secure_port(
            "127.0.0.1:0", enrolment_credentials(lambda: identity)
        )
        await self.server.start()
        await self.enrolment.start()

    async def stop(self) -> None:
        await self.server.stop(None)
        await self.enrolment.stop(None)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def enrolment_address(self) -> str:
        return f"127.0.0.1:{self.enrolment_port}"

    def invite(self, name: str, role: PeerRole = PeerRole.SUPPLIER) -> str:
        token, ticket = invite(name, role, self.authority.root_sha256, now())
        self.tickets[token.secret] = ticket
        return token.text()

    def proposal(self, specification: bytes, study_id: str = "study-1") -> Proposal:
        signature = sign(
            self.researcher_key, Purpose.STUDY_SPECIFICATION, hashlib.sha256(specification).digest()
        )
        key = public_signing_key(self.researcher_key)
        return Proposal(StudyId(study_id), specification, "rosa", key, signature)

    def task(self, specification: bytes, number: int, content: bytes, **changes) -> TaskOffer:
        fields = {
            "task_id": TaskId(f"task-{number}"),
            "study_id": StudyId("study-1"),
            "round": number,
            "attempt": 1,
            "request": PayloadRef.of(content),
            "specification_sha256": hashlib.sha256(specification).hexdigest(),
        }
        offer = TaskOffer(**{**fields, **changes})
        self.tasks[offer.task_id] = Offered(offer, content)
        return offer

    async def send(self, event: Event) -> None:
        await self.events.put(event)

    async def until(self, condition, seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(condition)

    async def _note(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def _fail(self, context, error: Exception) -> None:
        code, sentence, kind = status_of(error)
        await context.abort(code, sentence, ((METADATA_KEY, kind),))

    async def Attach(self, request, context):
        if self.attach_error is not None:
            await self._fail(context, self.attach_error)
        self.attachments.append(convert.attachment_from_proto(request))
        await self._note()
        welcome = Welcome("9.9.9", self.algorithm_version, round(now().timestamp() * 1e6))
        yield convert.event_to_proto(welcome)
        while True:
            yield convert.event_to_proto(await self.events.get())

    async def Heartbeat(self, request, context):
        self.beats.append(convert.heartbeat_from_proto(request))
        await self._note()
        return pb.HeartbeatResponse(hub_time_us=1)

    async def DecideStudy(self, request, context):
        self.decisions.append(convert.decision_from_proto(request))
        await self._note()
        return pb.DecideStudyResponse()

    async def ReadPayload(self, request, context):
        asked = convert.chunk_request_from_proto(request)
        content = self.tasks[asked.task_id].content
        for count in itertools.count():
            index = asked.first_chunk + count
            data = content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
            if not data:
                return
            if self.fail_download_after == count:
                self.fail_download_after = None
                await self._fail(context, RuntimeError("a defect"))
            if self.cut_download_after == count:
                self.cut_download_after = None
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
            self.chunks_sent += 1
            yield convert.read_chunk_to_proto(index, data)

    async def FindMissingChunks(self, request, context):
        _, ref = convert.missing_request_from_proto(request)
        held = self.chunks.setdefault(ref.sha256, {})
        return convert.missing_response_to_proto([i for i in range(ref.chunks) if i not in held])

    async def WriteChunks(self, requests, context):
        count = 0
        async for message in requests:
            chunk = convert.chunk_from_proto(message)
            if self.cut_upload_after == count:
                self.cut_upload_after = None
                await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
            self.chunks[chunk.sha256][chunk.index] = chunk.data
            self.chunks_received += 1
            count += 1
        return pb.WriteChunksResponse(chunks_stored=count)

    async def SubmitReply(self, request, context):
        reply = convert.reply_from_proto(request)
        again = any(known.reply.sha256 == reply.reply.sha256 for known in self.submitted)
        self.submitted.append(reply)
        await self._note()
        outcome = ReplyOutcome.ALREADY_ACCEPTED if again else ReplyOutcome.ACCEPTED
        return convert.reply_outcome_to_proto(outcome)

    async def DeclineTask(self, request, context):
        self.declined.append(convert.declined_from_proto(request))
        await self._note()
        return pb.DeclineTaskResponse()

    async def ReofferTask(self, request, context):
        self.mended.append(mended_from_proto(request))
        await self._note()
        return pb.ReofferTaskResponse()

    async def Enrol(self, request, context):
        asked = enrolment_messages.enrolment_request_from_proto(request)
        if self.enrol_failures:
            self.enrol_failures -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
        ticket = self.tickets[asked.secret]
        key = (asked.secret, asked.signing_key)
        if key not in self.issued:
            self.issued[key] = self.authority.issue(
                asked.signing_request, ticket.name, ticket.role, now(), self.leaf_days
            )
        enrolment = Enrolment(
            self.issued[key],
            self.authority.root_pem,
            ticket.name,
            ticket.role,
            self.address,
            public_signing_key(self.signing_key),
        )
        return enrolment_messages.enrolment_to_proto(enrolment)

    async def Renew(self, request, context):
        asked = enrolment_messages.renewal_request_from_proto(request)
        verify_possession(asked.certificate, asked.signing_request, asked.proof)
        peer = PeerIdentity.from_pem(asked.certificate)
        leaf = self.authority.issue(asked.signing_request, peer.name, peer.role, now())
        self.renewals += 1
        await self._note()
        return enrolment_messages.renewal_to_proto(Renewal(leaf, self.authority.root_pem))
