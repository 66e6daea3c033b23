"""Messages of the SupplierService: agent and hub convert with the same functions."""

from __future__ import annotations

from syncline.errors import WireError
from syncline.protocols.opening import COMMITMENT_BYTES
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.messages import (
    CHUNK_BYTES,
    MAX_PAYLOAD_BYTES,
    MAX_SPECIFICATION_BYTES,
    Attachment,
    CandidateSeal,
    Chunk,
    ChunkRequest,
    Decision,
    Declined,
    DeclineKind,
    Event,
    Heartbeat,
    Outcome,
    PayloadRef,
    Proposal,
    ReplyOutcome,
    StudyEnded,
    StudyHazards,
    StudyId,
    SupplierDecision,
    TaskId,
    TaskOffer,
    TaskReply,
    Welcome,
)
from syncline.wire.study_hazards import hazards_from_proto, hazards_to_proto

MAX_ROUNDS = 10_000
MAX_ATTEMPTS = 1_000_000
_MAX_CHUNKS = MAX_PAYLOAD_BYTES // CHUNK_BYTES
_MAX_DATASETS = 200
_MAX_TASKS = 1000

_OUTCOMES = {
    pb.STUDY_OUTCOME_RELEASED: Outcome.RELEASED,
    pb.STUDY_OUTCOME_FAILED: Outcome.FAILED,
    pb.STUDY_OUTCOME_CANCELLED: Outcome.CANCELLED,
}
_DECISIONS = {
    pb.STUDY_DECISION_APPROVE: Decision.APPROVE,
    pb.STUDY_DECISION_REFUSE: Decision.REFUSE,
}
_FLOWS = {
    pb.DATA_FLOW_SYNTHESIZED: DataFlow.SYNTHESIZED,
    pb.DATA_FLOW_SUMMARIES: DataFlow.SUMMARIES,
    pb.DATA_FLOW_PREPARED: DataFlow.PREPARED,
    pb.DATA_FLOW_RAW: DataFlow.RAW,
}
_REPLY_OUTCOMES = {
    pb.REPLY_STATUS_ACCEPTED: ReplyOutcome.ACCEPTED,
    pb.REPLY_STATUS_ALREADY_ACCEPTED: ReplyOutcome.ALREADY_ACCEPTED,
    pb.REPLY_STATUS_NOT_NEEDED: ReplyOutcome.NOT_NEEDED,
}
_DECLINE_KINDS = {
    pb.DECLINE_REASON_POLICY: DeclineKind.POLICY,
    pb.DECLINE_REASON_DATA: DeclineKind.DATA,
    pb.DECLINE_REASON_PROTOCOL: DeclineKind.PROTOCOL,
    pb.DECLINE_REASON_INTERNAL: DeclineKind.INTERNAL,
}
_OUTCOME_NUMBERS = {value: number for number, value in _OUTCOMES.items()}
_DECISION_NUMBERS = {value: number for number, value in _DECISIONS.items()}
_FLOW_NUMBERS = {value: number for number, value in _FLOWS.items()}
_REPLY_NUMBERS = {value: number for number, value in _REPLY_OUTCOMES.items()}
_DECLINE_NUMBERS = {value: number for number, value in _DECLINE_KINDS.items()}


def study_id(field: str, value: str) -> StudyId:
    """Return a checked study id."""
    return StudyId(strict.identifier(field, value))


def task_id(field: str, value: str) -> TaskId:
    """Return a checked task id."""
    return TaskId(strict.identifier(field, value))


def payload_to_proto(ref: PayloadRef) -> pb.PayloadRef:
    """Render a payload reference, with its bytes where it holds them."""
    return pb.PayloadRef(sha256=bytes.fromhex(ref.sha256), size=ref.size, inline=ref.inline or b"")


def payload_from_proto(field: str, message: pb.PayloadRef) -> PayloadRef:
    """Read a payload reference; empty ``inline`` with a size means that the bytes travel as chunks."""
    sha256 = strict.digest(f"{field}.sha256", message.sha256)
    size = strict.natural(f"{field}.size", message.size, MAX_PAYLOAD_BYTES)
    inline = message.inline if message.inline or size == 0 else None
    try:
        return PayloadRef(sha256, size, inline)
    except WireError as error:
        raise WireError(f"{field}: {error}") from None


def attachment_to_proto(value: Attachment) -> pb.AttachRequest:
    """Render what an agent says of itself when it attaches."""
    return pb.AttachRequest(
        instance=value.instance,
        software_version=value.software_version,
        algorithm_version=value.algorithm_version,
        datasets=value.datasets,
    )


def attachment_from_proto(message: pb.AttachRequest) -> Attachment:
    """Read what an agent says of itself."""
    strict.few("datasets", len(message.datasets), _MAX_DATASETS)
    return Attachment(
        instance=strict.identifier("instance", message.instance),
        software_version=strict.sentence("software_version", message.software_version, 64),
        algorithm_version=strict.natural("algorithm_version", message.algorithm_version, 1_000_000),
        datasets=tuple(strict.sentence("datasets", name, 128) for name in message.datasets),
    )


def event_to_proto(event: Event) -> pb.AttachResponse:
    """Render one event of the attached stream."""
    match event:
        case Welcome():
            return pb.AttachResponse(
                welcome=pb.Welcome(
                    software_version=event.software_version,
                    algorithm_version=event.algorithm_version,
                    hub_time_us=event.hub_time_us,
                )
            )
        case Proposal():
            return pb.AttachResponse(proposal=_proposal_to_proto(event))
        case TaskOffer():
            return pb.AttachResponse(task=_task_to_proto(event))
        case StudyEnded():
            return pb.AttachResponse(
                ended=pb.StudyEnded(
                    study_id=event.study_id,
                    outcome=_OUTCOME_NUMBERS[event.outcome],
                    reason=event.reason,
                )
            )
        case StudyHazards():
            return pb.AttachResponse(hazards=hazards_to_proto(event))


def event_from_proto(message: pb.AttachResponse) -> Event:
    """Read one event of the attached stream."""
    match message.WhichOneof("event"):
        case "welcome":
            return Welcome(
                software_version=strict.sentence(
                    "welcome.software_version", message.welcome.software_version, 64
                ),
                algorithm_version=message.welcome.algorithm_version,
                hub_time_us=message.welcome.hub_time_us,
            )
        case "proposal":
            return _proposal_from_proto(message.proposal)
        case "task":
            return _task_from_proto(message.task)
        case "ended":
            return StudyEnded(
                study_id=study_id("ended.study_id", message.ended.study_id),
                outcome=strict.choice("ended.outcome", message.ended.outcome, _OUTCOMES),
                reason=strict.sentence("ended.reason", message.ended.reason),
            )
        case "hazards":
            return hazards_from_proto(message.hazards)
        case _:
            raise WireError("event: none of welcome, proposal, task, ended and hazards is set")


def _proposal_to_proto(value: Proposal) -> pb.StudyProposal:
    return pb.StudyProposal(
        study_id=value.study_id,
        specification=value.specification,
        researcher=value.researcher,
        researcher_key=value.researcher_key,
        researcher_signature=value.researcher_signature,
    )


def _proposal_from_proto(message: pb.StudyProposal) -> Proposal:
    return Proposal(
        study_id=study_id("proposal.study_id", message.study_id),
        specification=strict.bounded(
            "proposal.specification", message.specification, MAX_SPECIFICATION_BYTES
        ),
        researcher=strict.party_name("proposal.researcher", message.researcher),
        researcher_key=strict.octets("proposal.researcher_key", message.researcher_key, 32),
        researcher_signature=strict.octets("proposal.researcher_signature", message.researcher_signature, 64),
    )


def _task_to_proto(value: TaskOffer) -> pb.Task:
    return pb.Task(
        task_id=value.task_id,
        study_id=value.study_id,
        round=value.round,
        attempt=value.attempt,
        request=payload_to_proto(value.request),
        specification_sha256=bytes.fromhex(value.specification_sha256),
        flow=_flow_number(value.flow),
        candidate_sha256=b"" if value.candidate is None else bytes.fromhex(value.candidate.sha256),
        candidate_signature=b"" if value.candidate is None else value.candidate.signature,
    )


def _seal(message: pb.Task) -> CandidateSeal | None:
    if not (message.candidate_sha256 or message.candidate_signature):
        return None
    return CandidateSeal(
        strict.digest("task.candidate_sha256", message.candidate_sha256),
        strict.octets("task.candidate_signature", message.candidate_signature, 64),
    )


def _task_from_proto(message: pb.Task) -> TaskOffer:
    return TaskOffer(
        task_id=task_id("task.task_id", message.task_id),
        study_id=study_id("task.study_id", message.study_id),
        round=strict.natural("task.round", message.round, MAX_ROUNDS),
        attempt=strict.natural("task.attempt", message.attempt, MAX_ATTEMPTS),
        request=payload_from_proto("task.request", message.request),
        specification_sha256=strict.digest("task.specification_sha256", message.specification_sha256),
        flow=_flow("task.flow", message.flow),
        candidate=_seal(message),
    )


def _flow_number(flow: DataFlow | None) -> pb.DataFlow:
    return pb.DATA_FLOW_UNSPECIFIED if flow is None else _FLOW_NUMBERS[flow]


def _flow(field: str, number: pb.DataFlow) -> DataFlow | None:
    """Return the flow that a message names; None where it leaves the flow as the study asks."""
    return None if number == pb.DATA_FLOW_UNSPECIFIED else strict.choice(field, number, _FLOWS)


def heartbeat_to_proto(value: Heartbeat) -> pb.HeartbeatRequest:
    """Render a heartbeat."""
    return pb.HeartbeatRequest(instance=value.instance, busy_task_ids=value.busy)


def heartbeat_from_proto(message: pb.HeartbeatRequest) -> Heartbeat:
    """Read a heartbeat."""
    strict.few("busy_task_ids", len(message.busy_task_ids), _MAX_TASKS)
    return Heartbeat(
        instance=strict.identifier("instance", message.instance),
        busy=tuple(task_id("busy_task_ids", item) for item in message.busy_task_ids),
    )


def decision_to_proto(value: SupplierDecision) -> pb.DecideStudyRequest:
    """Render a supplier's decision."""
    return pb.DecideStudyRequest(
        study_id=value.study_id,
        specification_sha256=bytes.fromhex(value.specification_sha256),
        decision=_DECISION_NUMBERS[value.decision],
        reason=value.reason,
        signature=value.signature,
        flow=_flow_number(value.participation.flow),
        preparation_sha256=bytes.fromhex(value.participation.preparation_sha256 or ""),
        commitment=bytes.fromhex(value.commitment or ""),
    )


def decision_from_proto(message: pb.DecideStudyRequest) -> SupplierDecision:
    """Read a supplier's decision; its signature is verified by those who know the key."""
    committed = message.commitment
    return SupplierDecision(
        study_id=study_id("study_id", message.study_id),
        specification_sha256=strict.digest("specification_sha256", message.specification_sha256),
        decision=strict.choice("decision", message.decision, _DECISIONS),
        reason=strict.sentence("reason", message.reason),
        signature=strict.octets("signature", message.signature, 64),
        participation=_participation(message),
        commitment=strict.octets("commitment", committed, COMMITMENT_BYTES).hex() if committed else None,
    )


def _participation(message: pb.DecideStudyRequest) -> Participation:
    sha256 = message.preparation_sha256
    preparation = strict.digest("preparation_sha256", sha256) if sha256 else None
    return Participation(_flow("flow", message.flow), preparation)


def chunk_request_to_proto(value: ChunkRequest) -> pb.ReadPayloadRequest:
    """Render a request to read a payload."""
    return pb.ReadPayloadRequest(
        task_id=value.task_id, sha256=bytes.fromhex(value.sha256), first_chunk=value.first_chunk
    )


def chunk_request_from_proto(message: pb.ReadPayloadRequest) -> ChunkRequest:
    """Read a request to read a payload."""
    return ChunkRequest(
        task_id=task_id("task_id", message.task_id),
        sha256=strict.digest("sha256", message.sha256),
        first_chunk=strict.natural("first_chunk", message.first_chunk, _MAX_CHUNKS),
    )


def read_chunk_to_proto(index: int, data: bytes) -> pb.ReadPayloadResponse:
    """Render one chunk of a payload that the hub sends."""
    return pb.ReadPayloadResponse(index=index, data=data)


def read_chunk_from_proto(message: pb.ReadPayloadResponse) -> tuple[int, bytes]:
    """Read one chunk of a payload that the hub sent: its index and bytes."""
    index = strict.natural("index", message.index, _MAX_CHUNKS)
    return index, strict.bounded("data", message.data, CHUNK_BYTES)


def missing_request_to_proto(task: TaskId, ref: PayloadRef) -> pb.FindMissingChunksRequest:
    """Render the question which chunks of ``ref`` the hub does not hold."""
    return pb.FindMissingChunksRequest(task_id=task, sha256=bytes.fromhex(ref.sha256), size=ref.size)


def missing_request_from_proto(message: pb.FindMissingChunksRequest) -> tuple[TaskId, PayloadRef]:
    """Read the question which chunks of a payload are missing."""
    sha256 = strict.digest("sha256", message.sha256)
    size = strict.natural("size", message.size, MAX_PAYLOAD_BYTES)
    return task_id("task_id", message.task_id), PayloadRef(sha256, size)


def missing_response_to_proto(indices: list[int]) -> pb.FindMissingChunksResponse:
    """Render the missing chunks."""
    return pb.FindMissingChunksResponse(indices=indices)


def missing_response_from_proto(message: pb.FindMissingChunksResponse, ref: PayloadRef) -> list[int]:
    """Read the missing chunks of ``ref``, in ascending order."""
    strict.few("indices", len(message.indices), ref.chunks)
    return sorted({strict.natural("indices", index, ref.chunks - 1) for index in message.indices})


def chunk_to_proto(value: Chunk) -> pb.WriteChunksRequest:
    """Render one chunk that an agent sends."""
    return pb.WriteChunksRequest(
        task_id=value.task_id, sha256=bytes.fromhex(value.sha256), index=value.index, data=value.data
    )


def chunk_from_proto(message: pb.WriteChunksRequest) -> Chunk:
    """Read one chunk that an agent sent."""
    return Chunk(
        task_id=task_id("task_id", message.task_id),
        sha256=strict.digest("sha256", message.sha256),
        index=strict.natural("index", message.index, _MAX_CHUNKS - 1),
        data=strict.bounded("data", message.data, CHUNK_BYTES),
    )


def reply_to_proto(value: TaskReply) -> pb.SubmitReplyRequest:
    """Render the reply to a task."""
    return pb.SubmitReplyRequest(
        task_id=value.task_id, attempt=value.attempt, reply=payload_to_proto(value.reply)
    )


def reply_from_proto(message: pb.SubmitReplyRequest) -> TaskReply:
    """Read the reply to a task."""
    return TaskReply(
        task_id=task_id("task_id", message.task_id),
        attempt=strict.natural("attempt", message.attempt, MAX_ATTEMPTS),
        reply=payload_from_proto("reply", message.reply),
    )


def reply_outcome_to_proto(value: ReplyOutcome) -> pb.SubmitReplyResponse:
    """Render what became of a reply."""
    return pb.SubmitReplyResponse(status=_REPLY_NUMBERS[value])


def reply_outcome_from_proto(message: pb.SubmitReplyResponse) -> ReplyOutcome:
    """Read what became of a reply."""
    return strict.choice("status", message.status, _REPLY_OUTCOMES)


def declined_to_proto(value: Declined) -> pb.DeclineTaskRequest:
    """Render that a task will not be answered."""
    return pb.DeclineTaskRequest(
        task_id=value.task_id, kind=_DECLINE_NUMBERS[value.kind], reason=value.reason
    )


def declined_from_proto(message: pb.DeclineTaskRequest) -> Declined:
    """Read that a task will not be answered."""
    return Declined(
        task_id=task_id("task_id", message.task_id),
        kind=strict.choice("kind", message.kind, _DECLINE_KINDS),
        reason=strict.sentence("reason", message.reason),
    )
