"""What hub and agents say to each other, as values that check themselves; no protobuf and no gRPC in here.

The converters in :mod:`syncline.wire.supplier`, :mod:`syncline.wire.enrolment` and
:mod:`syncline.wire.research` build these from messages, and refuse a message that does not make a
valid value. Digests are lower-case hexadecimal SHA-256 here and 32 bytes on the wire.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from syncline.errors import WireError
from syncline.study.flow import DataFlow
from syncline.study.participation import AS_ASKED, Participation

StudyId = NewType("StudyId", str)
TaskId = NewType("TaskId", str)
ReleaseId = NewType("ReleaseId", str)

CHUNK_BYTES = 1 << 20
"""Payloads above this size travel as chunks of this size."""

MAX_PAYLOAD_BYTES = 1 << 30
"""A request or a reply above this size is refused by both sides, announced or decoded."""

MAX_FILE_BYTES = 4 << 30
"""The largest file of a release that is fetched."""

MAX_SPECIFICATION_BYTES = 1 << 20

COMPARISON_ROUNDS = 62
"""Rounds at most in which a study's synthetic table is compared, beside those of its fit."""


class Decision(Enum):
    """What a supplier says to a study."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Outcome(Enum):
    """How a study ended."""

    RELEASED = "released"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ReplyOutcome(Enum):
    """What became of a submitted reply."""

    ACCEPTED = "accepted"
    ALREADY_ACCEPTED = "already accepted"
    NOT_NEEDED = "not needed"


class DeclineKind(Enum):
    """Why a task will not be answered."""

    POLICY = "policy"
    DATA = "data"
    PROTOCOL = "protocol"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class PayloadRef:
    """A payload by content; ``inline`` holds the bytes where there are at most 1 MiB of them."""

    sha256: str
    size: int
    inline: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_PAYLOAD_BYTES:
            raise WireError(f"payload: size {self.size} is not between 0 and {MAX_PAYLOAD_BYTES}")
        if self.inline is None:
            return
        if len(self.inline) != self.size or self.size > CHUNK_BYTES:
            raise WireError(
                f"payload: {len(self.inline)} inline bytes do not make the stated size {self.size}"
            )
        if hashlib.sha256(self.inline).hexdigest() != self.sha256:
            raise WireError("payload: the inline bytes do not have the stated SHA-256")

    def __repr__(self) -> str:
        """Show digest and size, never the content."""
        return f"PayloadRef({self.sha256[:12]}, {self.size} bytes)"

    @classmethod
    def of(cls, content: bytes) -> PayloadRef:
        """Describe ``content``, inline where it is small enough."""
        inline = content if len(content) <= CHUNK_BYTES else None
        return cls(hashlib.sha256(content).hexdigest(), len(content), inline)

    @property
    def chunks(self) -> int:
        """Number of chunks of 1 MiB."""
        return -(-self.size // CHUNK_BYTES)


@dataclass(frozen=True, slots=True)
class Attachment:
    """An agent that attaches: which start of the process it is, its versions and its data sets."""

    instance: str
    software_version: str
    algorithm_version: int
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Welcome:
    """The hub's first word: its versions and its time in microseconds since 1970 UTC."""

    software_version: str
    algorithm_version: int
    hub_time_us: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """A study that waits for a supplier's decision, with the researcher's signature over its digest."""

    study_id: StudyId
    specification: bytes
    researcher: str
    researcher_key: bytes
    researcher_signature: bytes

    @property
    def specification_sha256(self) -> str:
        """What is approved: the digest of the specification's canonical JSON."""
        return hashlib.sha256(self.specification).hexdigest()


@dataclass(frozen=True, slots=True)
class CandidateSeal:
    """The one synthetic table that a study compares, by its SHA-256, with the hub's signature."""

    sha256: str
    signature: bytes


def candidate_digest(study_id: StudyId, specification_sha256: str, candidate_sha256: str) -> bytes:
    """Return the digest under the hub's signature with purpose ``candidate``: SHA-256 of canonical JSON."""
    body = {
        "candidate_sha256": candidate_sha256,
        "specification_sha256": specification_sha256,
        "study_id": study_id,
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class TaskOffer:
    """One round's request to one supplier.

    ``flow`` is the narrower one that its approval named, if any; ``candidate`` is there once the study
    compares its synthetic table.
    """

    task_id: TaskId
    study_id: StudyId
    round: int
    attempt: int
    request: PayloadRef
    specification_sha256: str
    flow: DataFlow | None = None
    candidate: CandidateSeal | None = None


@dataclass(frozen=True, slots=True)
class StudyEnded:
    """A study is over; the agent deletes what it remembered for it."""

    study_id: StudyId
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class StudyHazards:
    """What the suppliers' answers beside each other show of this supplier's data, in sentences."""

    study_id: StudyId
    words: tuple[str, ...]


Event = Welcome | Proposal | TaskOffer | StudyEnded | StudyHazards
"""What the hub sends on an attached stream."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An agent is alive and works on these tasks."""

    instance: str
    busy: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class SupplierDecision:
    """A supplier's signed decision about one digest; an approval says how the supplier takes part.

    ``commitment`` is what an approval commits the supplier to for the study's salt, as hexadecimal; None in a
    refusal, and in approvals of earlier versions.
    """

    study_id: StudyId
    specification_sha256: str
    decision: Decision
    reason: str
    signature: bytes
    participation: Participation = AS_ASKED
    commitment: str | None = None

    @property
    def digest(self) -> bytes:
        """The digest under the signature with purpose ``study-decision``."""
        of = self.study_id, self.specification_sha256, self.decision, self.reason
        return decision_digest(*of, self.participation, self.commitment)


def decision_digest(
    study_id: StudyId,
    specification_sha256: str,
    decision: Decision,
    reason: str,
    participation: Participation = AS_ASKED,
    commitment: str | None = None,
) -> bytes:
    """Return the digest that a supplier signs: SHA-256 of the decision's canonical JSON.

    What the participation leaves out is left out of the JSON too, as releases before it signed; so is a
    commitment that there is not.
    """
    body: dict[str, str] = {
        "decision": decision.value,
        "reason": reason,
        "specification_sha256": specification_sha256,
        "study_id": study_id,
    }
    if participation.flow is not None:
        body["flow"] = participation.flow.value
    if participation.preparation_sha256 is not None:
        body["preparation_sha256"] = participation.preparation_sha256
    if commitment is not None:
        body["commitment"] = commitment
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class ChunkRequest:
    """Read a payload of one's own task from chunk ``first_chunk`` on."""

    task_id: TaskId
    sha256: str
    first_chunk: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk of a payload that is sent to the hub within a task."""

    task_id: TaskId
    sha256: str
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TaskReply:
    """The answer to one attempt at a task."""

    task_id: TaskId
    attempt: int
    reply: PayloadRef


@dataclass(frozen=True, slots=True)
class Declined:
    """A task that will not be answered, with one sentence that holds no value from data."""

    task_id: TaskId
    kind: DeclineKind
    reason: str


@dataclass(frozen=True, slots=True)
class SupplierStatus:
    """One supplier's part in a study: waiting, approved, refused, answering, answered or lost.

    ``flow_asked`` is what the study asks of it and ``flow`` what it answers; empty from a hub that does not
    say, and ``flow`` also before the supplier has approved.
    """

    name: str
    connected: bool
    state: str
    reason: str
    rounds_answered: int
    flow_asked: str = ""
    flow: str = ""


MAX_HAZARDS = 1000
"""Hazards that a status tells of at most; the report has all."""


@dataclass(frozen=True, slots=True)
class HazardStatus:
    """A hazard in the suppliers' data, and whether the operator has let a severe one pass."""

    words: str
    severe: bool
    accepted: bool


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """What a researcher sees of a study; times are microseconds since 1970 UTC, 0 where not yet.

    ``rounds_expected`` are the rounds of the whole study as far as the hub can say, 0 where it cannot.
    """

    study_id: StudyId
    name: str
    state: str
    reason: str
    stage: str
    rounds_done: int
    bytes_received: int
    bytes_sent: int
    suppliers: tuple[SupplierStatus, ...]
    specification_sha256: str
    release_id: ReleaseId | None
    submitted_us: int
    ended_us: int
    hazards: tuple[HazardStatus, ...] = ()
    rounds_expected: int = 0


@dataclass(frozen=True, slots=True)
class FileChunk:
    """A piece of a released file; ``name`` and ``size`` stand on the first piece of each file."""

    name: str
    size: int
    data: bytes
