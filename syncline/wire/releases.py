"""Messages about releases and decisions about them, read and written alike by all sides."""

from __future__ import annotations

from syncline.errors import UsageError, WireError
from syncline.identity.token_text import SECRET_BYTES
from syncline.study.release_decision import ReleaseDecision, ReleaseSubject, ReleaseVerdict
from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from syncline.wire.gen.syncline.v1 import supplier_pb2 as supplier_pb
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.release_messages import (
    ApprovalEntry,
    GivenDecision,
    ReleaseEntry,
    ReleaseRequest,
    ReleaseState,
)

MAX_TABLES = 16
MAX_GATE_FAILURES = 100
MAX_APPROVALS = 100
MAX_REASON = 500
_SIGNATURE_BYTES = 64
_MOST_US = 253_402_300_799_999_999  # the end of the year 9999, the last that a date can show

_GATES = {pb.GATE_OUTCOME_NONE: None, pb.GATE_OUTCOME_PASSED: True, pb.GATE_OUTCOME_FAILED: False}
_VERDICTS = {
    pb.RELEASE_VERDICT_APPROVE: ReleaseVerdict.APPROVE,
    pb.RELEASE_VERDICT_OVERRIDE: ReleaseVerdict.OVERRIDE,
    pb.RELEASE_VERDICT_REFUSE: ReleaseVerdict.REFUSE,
}
_GATE_NUMBERS = {value: number for number, value in _GATES.items()}
_VERDICT_NUMBERS = {value: number for number, value in _VERDICTS.items()}


def subject_to_proto(value: ReleaseSubject) -> pb.ReleaseSubject:
    """Render what a decision is about."""
    return pb.ReleaseSubject(
        study_id=value.study_id,
        release_id=value.release_id,
        specification_sha256=bytes.fromhex(value.specification_sha256),
        content=[
            pb.TableDigest(name=name, sha256=bytes.fromhex(digest))
            for name, digest in sorted(value.content_sha256.items())
        ],
        report_sha256=bytes.fromhex(value.report_sha256),
        gate=_GATE_NUMBERS[value.gate_passed],
    )


def subject_from_proto(message: pb.ReleaseSubject) -> ReleaseSubject:
    """Read what a decision is about; tables stand in the order of their names, each once."""
    strict.few("subject.content", len(message.content), MAX_TABLES)
    names = [strict.identifier("subject.content.name", table.name) for table in message.content]
    if names != sorted(set(names)):
        raise WireError("subject.content: expected each table once, in the order of names")
    return ReleaseSubject(
        study_id=strict.identifier("subject.study_id", message.study_id),
        release_id=strict.identifier("subject.release_id", message.release_id),
        specification_sha256=strict.digest("subject.specification_sha256", message.specification_sha256),
        content_sha256={
            name: strict.digest("subject.content.sha256", table.sha256)
            for name, table in zip(names, message.content, strict=True)
        },
        report_sha256=strict.digest("subject.report_sha256", message.report_sha256),
        gate_passed=strict.choice("subject.gate", message.gate, _GATES),
    )


def release_to_proto(value: ReleaseEntry) -> pb.Release:
    """Render a release in a list."""
    return pb.Release(
        release_id=value.release_id,
        study_id=value.study_id,
        study_name=value.study_name,
        manifest_sha256=value.manifest_sha256,
        size=value.size,
        released_us=value.released_us,
        state=value.state,
        note=value.note,
        subject=None if value.subject is None else subject_to_proto(value.subject),
        gate_failures=value.gate_failures,
        approvals=[
            pb.Approval(approver=one.approver, decision=_VERDICT_NUMBERS[one.decision], reason=one.reason)
            for one in value.approvals
        ],
        granted_until_us=value.granted_until_us,
    )


def release_from_proto(message: pb.Release) -> ReleaseEntry:
    """Read a release in a list; one without a state is out."""
    strict.few("gate_failures", len(message.gate_failures), MAX_GATE_FAILURES)
    strict.few("approvals", len(message.approvals), MAX_APPROVALS)
    state = message.state or ReleaseState.RELEASED
    if state not in list(ReleaseState):
        raise WireError("state: expected waiting, released, withdrawn or ended")
    return ReleaseEntry(
        release_id=release_id_from_text(message.release_id),
        study_id=StudyId(strict.identifier("study_id", message.study_id)),
        study_name=strict.sentence("study_name", message.study_name, 200),
        manifest_sha256=strict.sentence("manifest_sha256", message.manifest_sha256, 64),
        size=message.size,
        released_us=message.released_us,
        state=ReleaseState(state),
        note=strict.sentence("note", message.note),
        subject=subject_from_proto(message.subject) if message.HasField("subject") else None,
        gate_failures=tuple(strict.sentence("gate_failures", text) for text in message.gate_failures),
        approvals=tuple(_approval(one) for one in message.approvals),
        granted_until_us=strict.natural("granted_until_us", message.granted_until_us, _MOST_US),
    )


def _approval(message: pb.Approval) -> ApprovalEntry:
    return ApprovalEntry(
        strict.party_name("approvals.approver", message.approver),
        strict.choice("approvals.decision", message.decision, _VERDICTS),
        strict.sentence("approvals.reason", message.reason),
    )


def request_to_proto(value: ReleaseRequest) -> pb.FetchReleaseRequest:
    """Render what somebody fetches."""
    return pb.FetchReleaseRequest(
        release_id=value.release_id,
        report_only=value.report_only,
        for_decision=value.for_decision,
        access_secret=value.access_secret,
    )


def request_from_proto(message: pb.FetchReleaseRequest) -> ReleaseRequest:
    """Read what somebody fetches; without an access token its secret is empty."""
    secret = message.access_secret
    return ReleaseRequest(
        release_id_from_text(message.release_id),
        message.report_only,
        message.for_decision,
        strict.octets("access_secret", secret, SECRET_BYTES) if secret else b"",
    )


def decision_to_proto(value: GivenDecision) -> pb.DecideReleaseRequest:
    """Render an approver's signed decision."""
    return pb.DecideReleaseRequest(
        subject=subject_to_proto(value.subject),
        decision=_VERDICT_NUMBERS[value.decision],
        reason=value.reason,
        signature=value.signature,
    )


def decision_from_proto(message: pb.DecideReleaseRequest) -> GivenDecision:
    """Read an approver's decision; its signature is verified by those who know the key."""
    return _given(message, strict.choice("decision", message.decision, _VERDICTS))


def refusal_to_proto(value: GivenDecision) -> supplier_pb.RefuseReleaseRequest:
    """Render a supplier's signed refusal."""
    return supplier_pb.RefuseReleaseRequest(
        subject=subject_to_proto(value.subject), reason=value.reason, signature=value.signature
    )


def refusal_from_proto(message: supplier_pb.RefuseReleaseRequest) -> GivenDecision:
    """Read a supplier's refusal."""
    return _given(message, ReleaseVerdict.REFUSE)


def _given(
    message: pb.DecideReleaseRequest | supplier_pb.RefuseReleaseRequest, verdict: ReleaseVerdict
) -> GivenDecision:
    subject = subject_from_proto(message.subject)
    reason = strict.sentence("reason", message.reason, MAX_REASON)
    try:
        ReleaseDecision(subject, verdict, reason, "")
    except UsageError:
        raise WireError("reason: an override and a refusal say why") from None
    return GivenDecision(
        subject, verdict, reason, strict.octets("signature", message.signature, _SIGNATURE_BYTES)
    )


def release_id_from_text(text: str) -> ReleaseId:
    """Read a release's id, which is also the name of its directory: never a path."""
    return ReleaseId(strict.identifier("release_id", text))
