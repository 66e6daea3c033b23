from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GateOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GATE_OUTCOME_UNSPECIFIED: _ClassVar[GateOutcome]
    GATE_OUTCOME_NONE: _ClassVar[GateOutcome]
    GATE_OUTCOME_PASSED: _ClassVar[GateOutcome]
    GATE_OUTCOME_FAILED: _ClassVar[GateOutcome]

class ReleaseVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELEASE_VERDICT_UNSPECIFIED: _ClassVar[ReleaseVerdict]
    RELEASE_VERDICT_APPROVE: _ClassVar[ReleaseVerdict]
    RELEASE_VERDICT_OVERRIDE: _ClassVar[ReleaseVerdict]
    RELEASE_VERDICT_REFUSE: _ClassVar[ReleaseVerdict]
GATE_OUTCOME_UNSPECIFIED: GateOutcome
GATE_OUTCOME_NONE: GateOutcome
GATE_OUTCOME_PASSED: GateOutcome
GATE_OUTCOME_FAILED: GateOutcome
RELEASE_VERDICT_UNSPECIFIED: ReleaseVerdict
RELEASE_VERDICT_APPROVE: ReleaseVerdict
RELEASE_VERDICT_OVERRIDE: ReleaseVerdict
RELEASE_VERDICT_REFUSE: ReleaseVerdict

class SubmitStudyRequest(_message.Message):
    __slots__ = ("specification", "signature")
    SPECIFICATION_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    specification: bytes
    signature: bytes
    def __init__(self, specification: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SubmitStudyResponse(_message.Message):
    __slots__ = ("study_id",)
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    def __init__(self, study_id: _Optional[str] = ...) -> None: ...

class StudyStatus(_message.Message):
    __slots__ = ("study_id", "name", "state", "reason", "stage", "rounds_done", "bytes_received", "bytes_sent", "suppliers", "specification_sha256", "release_id", "submitted_us", "ended_us", "hazards", "rounds_expected")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_DONE_FIELD_NUMBER: _ClassVar[int]
    BYTES_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    SUPPLIERS_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    SUBMITTED_US_FIELD_NUMBER: _ClassVar[int]
    ENDED_US_FIELD_NUMBER: _ClassVar[int]
    HAZARDS_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_EXPECTED_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    name: str
    state: str
    reason: str
    stage: str
    rounds_done: int
    bytes_received: int
    bytes_sent: int
    suppliers: _containers.RepeatedCompositeFieldContainer[SupplierStatus]
    specification_sha256: str
    release_id: str
    submitted_us: int
    ended_us: int
    hazards: _containers.RepeatedCompositeFieldContainer[Hazard]
    rounds_expected: int
    def __init__(self, study_id: _Optional[str] = ..., name: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., stage: _Optional[str] = ..., rounds_done: _Optional[int] = ..., bytes_received: _Optional[int] = ..., bytes_sent: _Optional[int] = ..., suppliers: _Optional[_Iterable[_Union[SupplierStatus, _Mapping]]] = ..., specification_sha256: _Optional[str] = ..., release_id: _Optional[str] = ..., submitted_us: _Optional[int] = ..., ended_us: _Optional[int] = ..., hazards: _Optional[_Iterable[_Union[Hazard, _Mapping]]] = ..., rounds_expected: _Optional[int] = ...) -> None: ...

class Hazard(_message.Message):
    __slots__ = ("words", "severe", "accepted")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    SEVERE_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    words: str
    severe: bool
    accepted: bool
    def __init__(self, words: _Optional[str] = ..., severe: bool = ..., accepted: bool = ...) -> None: ...

class SupplierStatus(_message.Message):
    __slots__ = ("name", "connected", "state", "reason", "rounds_answered", "flow_asked", "flow")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROUNDS_ANSWERED_FIELD_NUMBER: _ClassVar[int]
    FLOW_ASKED_FIELD_NUMBER: _ClassVar[int]
    FLOW_FIELD_NUMBER: _ClassVar[int]
    name: str
    connected: bool
    state: str
    reason: str
    rounds_answered: int
    flow_asked: str
    flow: str
    def __init__(self, name: _Optional[str] = ..., connected: bool = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., rounds_answered: _Optional[int] = ..., flow_asked: _Optional[str] = ..., flow: _Optional[str] = ...) -> None: ...

class ListStudiesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListStudiesResponse(_message.Message):
    __slots__ = ("studies",)
    STUDIES_FIELD_NUMBER: _ClassVar[int]
    studies: _containers.RepeatedCompositeFieldContainer[StudyStatus]
    def __init__(self, studies: _Optional[_Iterable[_Union[StudyStatus, _Mapping]]] = ...) -> None: ...

class GetStudyRequest(_message.Message):
    __slots__ = ("study_id",)
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    def __init__(self, study_id: _Optional[str] = ...) -> None: ...

class GetStudyResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: StudyStatus
    def __init__(self, status: _Optional[_Union[StudyStatus, _Mapping]] = ...) -> None: ...

class WatchStudyRequest(_message.Message):
    __slots__ = ("study_id",)
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    def __init__(self, study_id: _Optional[str] = ...) -> None: ...

class WatchStudyResponse(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: StudyStatus
    def __init__(self, status: _Optional[_Union[StudyStatus, _Mapping]] = ...) -> None: ...

class CancelStudyRequest(_message.Message):
    __slots__ = ("study_id", "reason")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    reason: str
    def __init__(self, study_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelStudyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Release(_message.Message):
    __slots__ = ("release_id", "study_id", "study_name", "manifest_sha256", "size", "released_us", "state", "note", "subject", "gate_failures", "approvals", "granted_until_us")
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    STUDY_NAME_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    RELEASED_US_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    GATE_FAILURES_FIELD_NUMBER: _ClassVar[int]
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    GRANTED_UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    release_id: str
    study_id: str
    study_name: str
    manifest_sha256: str
    size: int
    released_us: int
    state: str
    note: str
    subject: ReleaseSubject
    gate_failures: _containers.RepeatedScalarFieldContainer[str]
    approvals: _containers.RepeatedCompositeFieldContainer[Approval]
    granted_until_us: int
    def __init__(self, release_id: _Optional[str] = ..., study_id: _Optional[str] = ..., study_name: _Optional[str] = ..., manifest_sha256: _Optional[str] = ..., size: _Optional[int] = ..., released_us: _Optional[int] = ..., state: _Optional[str] = ..., note: _Optional[str] = ..., subject: _Optional[_Union[ReleaseSubject, _Mapping]] = ..., gate_failures: _Optional[_Iterable[str]] = ..., approvals: _Optional[_Iterable[_Union[Approval, _Mapping]]] = ..., granted_until_us: _Optional[int] = ...) -> None: ...

class ReleaseSubject(_message.Message):
    __slots__ = ("study_id", "release_id", "specification_sha256", "content", "report_sha256", "gate")
    STUDY_ID_FIELD_NUMBER: _ClassVar[int]
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    SPECIFICATION_SHA256_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    REPORT_SHA256_FIELD_NUMBER: _ClassVar[int]
    GATE_FIELD_NUMBER: _ClassVar[int]
    study_id: str
    release_id: str
    specification_sha256: bytes
    content: _containers.RepeatedCompositeFieldContainer[TableDigest]
    report_sha256: bytes
    gate: GateOutcome
    def __init__(self, study_id: _Optional[str] = ..., release_id: _Optional[str] = ..., specification_sha256: _Optional[bytes] = ..., content: _Optional[_Iterable[_Union[TableDigest, _Mapping]]] = ..., report_sha256: _Optional[bytes] = ..., gate: _Optional[_Union[GateOutcome, str]] = ...) -> None: ...

class TableDigest(_message.Message):
    __slots__ = ("name", "sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: bytes
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Approval(_message.Message):
    __slots__ = ("approver", "decision", "reason")
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    approver: str
    decision: ReleaseVerdict
    reason: str
    def __init__(self, approver: _Optional[str] = ..., decision: _Optional[_Union[ReleaseVerdict, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class ListReleasesRequest(_message.Message):
    __slots__ = ("ended",)
    ENDED_FIELD_NUMBER: _ClassVar[int]
    ended: bool
    def __init__(self, ended: bool = ...) -> None: ...

class ListReleasesResponse(_message.Message):
    __slots__ = ("releases",)
    RELEASES_FIELD_NUMBER: _ClassVar[int]
    releases: _containers.RepeatedCompositeFieldContainer[Release]
    def __init__(self, releases: _Optional[_Iterable[_Union[Release, _Mapping]]] = ...) -> None: ...

class FetchReleaseRequest(_message.Message):
    __slots__ = ("release_id", "report_only", "for_decision", "access_secret")
    RELEASE_ID_FIELD_NUMBER: _ClassVar[int]
    REPORT_ONLY_FIELD_NUMBER: _ClassVar[int]
    FOR_DECISION_FIELD_NUMBER: _ClassVar[int]
    ACCESS_SECRET_FIELD_NUMBER: _ClassVar[int]
    release_id: str
    report_only: bool
    for_decision: bool
    access_secret: bytes
    def __init__(self, release_id: _Optional[str] = ..., report_only: bool = ..., for_decision: bool = ..., access_secret: _Optional[bytes] = ...) -> None: ...

class FetchReleaseResponse(_message.Message):
    __slots__ = ("file_name", "file_size", "data")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    FILE_SIZE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    file_size: int
    data: bytes
    def __init__(self, file_name: _Optional[str] = ..., file_size: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class DecideReleaseRequest(_message.Message):
    __slots__ = ("subject", "decision", "reason", "signature")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    subject: ReleaseSubject
    decision: ReleaseVerdict
    reason: str
    signature: bytes
    def __init__(self, subject: _Optional[_Union[ReleaseSubject, _Mapping]] = ..., decision: _Optional[_Union[ReleaseVerdict, str]] = ..., reason: _Optional[str] = ..., signature: _Optional[bytes] = ...) -> None: ...

class DecideReleaseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
