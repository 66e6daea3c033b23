"""Messages of the ResearchService: the researcher's command and the hub convert with the same functions."""

from __future__ import annotations

from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from syncline.wire.messages import (
    CHUNK_BYTES,
    MAX_FILE_BYTES,
    MAX_HAZARDS,
    MAX_SPECIFICATION_BYTES,
    FileChunk,
    HazardStatus,
    ReleaseId,
    StudyId,
    StudyStatus,
    SupplierStatus,
)

_MAX_SUPPLIERS = 1000


def submission_to_proto(specification: bytes, signature: bytes) -> pb.SubmitStudyRequest:
    """Render a specification with its researcher's signature."""
    return pb.SubmitStudyRequest(specification=specification, signature=signature)


def submission_from_proto(message: pb.SubmitStudyRequest) -> tuple[bytes, bytes]:
    """Read a specification and its signature."""
    return (
        strict.bounded("specification", message.specification, MAX_SPECIFICATION_BYTES),
        strict.octets("signature", message.signature, 64),
    )


def status_to_proto(value: StudyStatus) -> pb.StudyStatus:
    """Render a study's status."""
    return pb.StudyStatus(
        study_id=value.study_id,
        name=value.name,
        state=value.state,
        reason=value.reason,
        stage=value.stage,
        rounds_done=value.rounds_done,
        bytes_received=value.bytes_received,
        bytes_sent=value.bytes_sent,
        suppliers=[_supplier_to_proto(item) for item in value.suppliers],
        specification_sha256=value.specification_sha256,
        release_id=value.release_id or "",
        submitted_us=value.submitted_us,
        ended_us=value.ended_us,
        hazards=[
            pb.Hazard(words=hazard.words, severe=hazard.severe, accepted=hazard.accepted)
            for hazard in value.hazards
        ],
        rounds_expected=value.rounds_expected,
    )


def status_from_proto(message: pb.StudyStatus) -> StudyStatus:
    """Read a study's status."""
    strict.few("suppliers", len(message.suppliers), _MAX_SUPPLIERS)
    strict.few("hazards", len(message.hazards), MAX_HAZARDS)
    release_id = strict.identifier("release_id", message.release_id) if message.release_id else None
    return StudyStatus(
        study_id=StudyId(strict.identifier("study_id", message.study_id)),
        name=strict.sentence("name", message.name, 200),
        state=strict.sentence("state", message.state, 64),
        reason=strict.sentence("reason", message.reason),
        stage=strict.sentence("stage", message.stage, 200),
        rounds_done=message.rounds_done,
        bytes_received=message.bytes_received,
        bytes_sent=message.bytes_sent,
        suppliers=tuple(_supplier_from_proto(item) for item in message.suppliers),
        specification_sha256=strict.sentence("specification_sha256", message.specification_sha256, 64),
        release_id=None if release_id is None else ReleaseId(release_id),
        submitted_us=message.submitted_us,
        ended_us=message.ended_us,
        hazards=tuple(
            HazardStatus(strict.sentence("hazard", item.words), item.severe, item.accepted)
            for item in message.hazards
        ),
        rounds_expected=message.rounds_expected,
    )


def _supplier_to_proto(value: SupplierStatus) -> pb.SupplierStatus:
    return pb.SupplierStatus(
        name=value.name,
        connected=value.connected,
        state=value.state,
        reason=value.reason,
        rounds_answered=value.rounds_answered,
        flow_asked=value.flow_asked,
        flow=value.flow,
    )


def _supplier_from_proto(message: pb.SupplierStatus) -> SupplierStatus:
    return SupplierStatus(
        name=strict.party_name("suppliers.name", message.name),
        connected=message.connected,
        state=strict.sentence("suppliers.state", message.state, 64),
        reason=strict.sentence("suppliers.reason", message.reason),
        rounds_answered=message.rounds_answered,
        flow_asked=strict.sentence("suppliers.flow_asked", message.flow_asked, 64),
        flow=strict.sentence("suppliers.flow", message.flow, 64),
    )


def file_chunk_to_proto(value: FileChunk) -> pb.FetchReleaseResponse:
    """Render a piece of a released file."""
    return pb.FetchReleaseResponse(file_name=value.name, file_size=value.size, data=value.data)


def file_chunk_from_proto(message: pb.FetchReleaseResponse) -> FileChunk:
    """Read a piece of a released file; a name is a plain file name, never a path."""
    name = strict.identifier("file_name", message.file_name) if message.file_name else ""
    size = strict.natural("file_size", message.file_size, MAX_FILE_BYTES)
    data = strict.bounded("data", message.data, CHUNK_BYTES) if message.data else b""
    return FileChunk(name, size, data)


def study_id_from_text(text: str) -> StudyId:
    """Read a study's id."""
    return StudyId(strict.identifier("study_id", text))


def cancellation_from_proto(message: pb.CancelStudyRequest) -> tuple[StudyId, str]:
    """Read which study to cancel, and why."""
    return study_id_from_text(message.study_id), strict.sentence("reason", message.reason, 500)
