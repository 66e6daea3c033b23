from syncline.wire.gen.syncline.v1 import research_pb2 as _research_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StudyOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_OUTCOME_UNSPECIFIED: _ClassVar[StudyOutcome]
    STUDY_OUTCOME_RELEASED: _ClassVar[StudyOutcome]
    STUDY_OUTCOME_FAILED: _ClassVar[StudyOutcome]
    STUDY_OUTCOME_CANCELLED: _ClassVar[StudyOutcome]

class DataFlow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATA_FLOW_UNSPECIFIED: _ClassVar[DataFlow]
    DATA_FLOW_SYNTHESIZED: _ClassVar[DataFlow]
    DATA_FLOW_SUMMARIES: _ClassVar[DataFlow]
    DATA_FLOW_PREPARED: _ClassVar[DataFlow]
    DATA_FLOW_RAW: _ClassVar[DataFlow]

class StudyDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STUDY_DECISION_UNSPECIFIED: _ClassVar[StudyDecision]
    STUDY_DECISION_APPROVE: _ClassVar[StudyDecision]
    STUDY_DECISION_REFUSE: _ClassVar[StudyDecision]

class ReplyStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLY_STATUS_UNSPECIFIED: _ClassVar[ReplyStatus]
    REPLY_STATUS_ACCEPTED: _ClassVar[ReplyStatus]
    REPLY_STATUS_ALREADY_ACCEPTED: _ClassVar[ReplyStatus]
    REPLY_STATUS_NOT_NEEDED: _ClassVar[ReplyStatus]

class DeclineReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DECLINE_REASON_UNSPECIFIED: _ClassVar[DeclineReason]
    DECLINE_REASON_POLICY: _ClassVar[DeclineReason]
    DECLINE_REASON_DATA: _ClassVar[DeclineReason]
    DECLINE_REASON_PROTOCOL: _ClassVar[DeclineReason]
    DECLINE_REASON_INTERNAL: _ClassVar[DeclineReason]
STUDY_OUTCOME_UNSPECIFIED: StudyOutcome
STUDY_OUTCOME_RELEASED: StudyOutcome
STUDY_OUTCOME_FAILED: StudyOutcome
STUDY_OUTCOME_CANCELLED: StudyOutcome
DATA_FLOW_UNSPECIFIED: DataFlow
DATA_FLOW_SYNTHESIZED: DataFlow
DATA_FLOW_SUMMARIES: DataFlow
DATA_FLOW_PREPARED: DataFlow
DATA_FLOW_RAW: DataFlow
STUDY_DECISION_UNSPECIFIED: StudyDecision
STUDY_DECISION_APPROVE: StudyDecision
STUDY_DECISION_REFUSE: StudyDecision
REPLY_STATUS_UNSPECIFIED: ReplyStatus
REPLY_STATUS_ACCEPTED: ReplyStatus
REPLY_STATUS_ALREADY_ACCEPTED: ReplyStatus
REPLY_STATUS_NOT_NEEDED: ReplyStatus
DECLINE_REASON_UNSPECIFIED: DeclineReason
DECLINE_REASON_POLICY: DeclineReason
DECLINE_REASON_DATA: DeclineReason
DECLINE_REASON_PROTOCOL: DeclineReason
DECLINE_REASON_INTERNAL: DeclineReason

class AttachRequest(_message.Message):
    __slots__ = ("instance", "software_version", "algorithm_version", "datasets")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_VERSION_FIELD_NUMBER: _ClassVar[int]
    DATASETS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    software_version: str
    algorithm_version: int
    datasets: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instance: _Optional[str] = ..., software_version: _Optional[str] = ..., algorithm_version: _Optional[int] = ..., datasets: _Optional[_Iterable[str]] = ...) -> None: ...

class AttachResponse(_message.Message):
    __slots__ = ("welcome", "proposal", "task", "ended", "hazards")
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    HAZARDS_FIELD_NUMBER: _ClassVar[int]
    welcome: Welcome
    proposal: StudyProposal
    task: Task
    ended: StudyEnded
    hazards: StudyHazards
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., proposal: _Optional[_Union[StudyProposal, _Mapping]] = ..., task: _Optional[_Union[Task, _Mapping]] = ..., ended: _Optional[_Union[StudyEnded, _Mapping]] = ..., hazards: _Optional[_Union[StudyHazards, _Mapping]] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("software_version", "algorithm_version", "hub_time_us")
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_VERSION_FIELD_NUMBER: _ClassVar[int]
    HUB_TIME_US_FIELD_NUMBER: _ClassVar[int]
    software_version: str
    algorithm_version: int
    hub_time_us: int
    def __init__(self, software_version: _Optional[str] = ..., algorithm_version: _Optional[int] = ..., hub_time_us: _Optional[int] = ...) -> None: ...

class StudyProposal(_message.Message):
    __slots__ = ("study_id", "specification", "researcher", "researcher_key", "researcher_signature")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_FIELD_NUMBER: _ClassVar[int]
    RESEARCHER_FIELD_NUMBER: _ClassVar[int]
    RESEARCHER_KEY_FIELD_NUMBER: _ClassVar[int]
    RESEARCHER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    specification: bytes
    researcher: str
    researcher_key: bytes
    researcher_signature: bytes
    def __init__(self, study_id: _Optional[str] = ..., specification: _Optional[bytes] = ..., researcher: _Optional[str] = ..., researcher_key: _Optional[bytes] = ..., researcher_signature: _Optional[bytes] = ...) -> None: ...

class PayloadRef(_message.Message):
    __slots__ = ("sha256", "size", "inline")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    INLINE_FIELD_NUMBER: _ClassVar[int]
    sha256: bytes
    size: int
    inline: bytes
    def __init__(self, sha256: _Optional[bytes] = ..., size: _Optional[int] = ..., inline: _Optional[bytes] = ...) -> None: ...

class Task(_message.Message):
    __slots__ = ("task_id", "study_id", "round", "attempt", "request", "specification_sha256", "flow", "candidate_sha256", "candidate_signature")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_SHA256_FIELD_NUMBER: _ClassVar[int]
    CANDIDATE_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    study_id: str
    round: int
    attempt: int
    request: PayloadRef
    specification_sha256: bytes
    flow: DataFlow
    candidate_sha256: bytes
    candidate_signature: bytes
    def __init__(self, task_id: _Optional[str] = ..., study_id: _Optional[str] = ..., round: _Optional[int] = ..., attempt: _Optional[int] = ..., request: _Optional[_Union[PayloadRef, _Mapping]] = ..., specification_sha256: _Optional[bytes] = ..., flow: _Optional[_Union[DataFlow, str]] = ..., candidate_sha256: _Optional[bytes] = ..., candidate_signature: _Optional[bytes] = ...) -> None: ...

class StudyEnded(_message.Message):
    __slots__ = ("study_id", "outcome", "reason")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    outcome: StudyOutcome
    reason: str
    def __init__(self, study_id: _Optional[str] = ..., outcome: _Optional[_Union[StudyOutcome, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class StudyHazards(_message.Message):
    __slots__ = ("study_id", "words")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    words: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, study_id: _Optional[str] = ..., words: _Optional[_Iterable[str]] = ...) -> None: ...

class HeartbeatRequest(_message.Message):
    __slots__ = ("instance", "busy_task_ids")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    BUSY_TASK_IDS_FIELD_NUMBER: _ClassVar[int]
    instance: str
    busy_task_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, instance: _Optional[str] = ..., busy_task_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class HeartbeatResponse(_message.Message):
    __slots__ = ("hub_time_us",)
    HUB_TIME_US_FIELD_NUMBER: _ClassVar[int]
    hub_time_us: int
    def __init__(self, hub_time_us: _Optional[int] = ...) -> None: ...

class DecideStudyRequest(_message.Message):
    __slots__ = ("study_id", "specification_sha256", "decision", "reason", "signature", "flow", "preparation_sha256", "commitment")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    PREPARATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    COMMITMENT_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    specification_sha256: bytes
    decision: StudyDecision
    reason: str
    signature: bytes
    flow: DataFlow
    preparation_sha256: bytes
    commitment: bytes
    def __init__(self, study_id: _Optional[str] = ..., specification_sha256: _Optional[bytes] = ..., decision: _Optional[_Union[StudyDecision, str]] = ..., reason: _Optional[str] = ..., signature: _Optional[bytes] = ..., flow: _Optional[_Union[DataFlow, str]] = ..., preparation_sha256: _Optional[bytes] = ..., commitment: _Optional[bytes] = ...) -> None: ...

class DecideStudyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadPayloadRequest(_message.Message):
    __slots__ = ("task_id", "sha256", "first_chunk")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHUNK_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    sha256: bytes
    first_chunk: int
    def __init__(self, task_id: _Optional[str] = ..., sha256: _Optional[bytes] = ..., first_chunk: _Optional[int] = ...) -> None: ...

class ReadPayloadResponse(_message.Message):
    __slots__ = ("index", "data")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    index: int
    data: bytes
    def __init__(self, index: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class FindMissingChunksRequest(_message.Message):
    __slots__ = ("task_id", "sha256", "size")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    sha256: bytes
    size: int
    def __init__(self, task_id: _Optional[str] = ..., sha256: _Optional[bytes] = ..., size: _Optional[int] = ...) -> None: ...

class FindMissingChunksResponse(_message.Message):
    __slots__ = ("indices",)
    INDICES_FIELD_NUMBER: _ClassVar[int]
    indices: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, indices: _Optional[_Iterable[int]] = ...) -> None: ...

class WriteChunksRequest(_message.Message):
    __slots__ = ("task_id", "sha256", "index", "data")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    sha256: bytes
    index: int
    data: bytes
    def __init__(self, task_id: _Optional[str] = ..., sha256: _Optional[bytes] = ..., index: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class WriteChunksResponse(_message.Message):
    __slots__ = ("chunks_stored",)
    CHUNKS_STORED_FIELD_NUMBER: _ClassVar[int]
    chunks_stored: int
    def __init__(self, chunks_stored: _Optional[int] = ...) -> None: ...

class SubmitReplyRequest(_message.Message):
    __slots__ = ("task_id", "attempt", "reply")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    reply: PayloadRef
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ..., reply: _Optional[_Union[PayloadRef, _Mapping]] = ...) -> None: ...

class SubmitReplyResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: ReplyStatus
    def __init__(self, status: _Optional[_Union[ReplyStatus, str]] = ...) -> None: ...

class DeclineTaskRequest(_message.Message):
    __slots__ = ("task_id", "kind", "reason")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    kind: DeclineReason
    reason: str
    def __init__(self, task_id: _Optional[str] = ..., kind: _Optional[_Union[DeclineReason, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class DeclineTaskResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReofferTaskRequest(_message.Message):
    __slots__ = ("task_id", "attempt")
    TASK_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    task_id: str
    attempt: int
    def __init__(self, task_id: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class ReofferTaskResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListSupplierReleasesRequest(_message.Message):
    __slots__ = ("ended",)
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    def __init__(self, ended: bool = ...) -> None: ...

class ListSupplierReleasesResponse(_message.Message):
    __slots__ = ("releases",)
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    releases: _containers.RepeatedCompositeFieldContainer[_research_pb2.Release]
    def __init__(self, releases: _Optional[_Iterable[_Union[_research_pb2.Release, _Mapping]]] = ...) -> None: ...

class RefuseReleaseRequest(_message.Message):
    __slots__ = ("subject", "reason", "signature")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    subject: _research_pb2.ReleaseSubject
    reason: str
    signature: bytes
    def __init__(self, subject: _Optional[_Union[_research_pb2.ReleaseSubject, _Mapping]] = ..., reason: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class RefuseReleaseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
