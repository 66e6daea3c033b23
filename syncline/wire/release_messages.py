"""Releases as hub and members speak of them: one that waits, is out or was withdrawn, and who said what."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from syncline.study.release_decision import ReleaseSubject, ReleaseVerdict
from syncline.wire.messages import ReleaseId, StudyId


class ReleaseState(StrEnum):
    """Where a release stands; ``ended`` without having been released, as when somebody refused it."""

    WAITING = "waiting"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ApprovalEntry:
    """Who approved a release, and how."""

    approver: str
    decision: ReleaseVerdict
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseEntry:
    """A release in a list.

    ``note`` says what is missing, or why it was withdrawn or ended. ``subject`` is what a decision about it
    signs, None from a hub that released it before there were decisions. ``manifest_sha256`` is empty and
    ``released_us`` is 0 while it waits. ``granted_until_us`` is not 0 where the member to whom it is listed
    was granted it, and says until when their access token opens it.
    """

    release_id: ReleaseId
    study_id: StudyId
    study_name: str
    manifest_sha256: str
    size: int
    released_us: int
    state: ReleaseState = ReleaseState.RELEASED
    note: str = ""
    subject: ReleaseSubject | None = None
    gate_failures: tuple[str, ...] = ()
    approvals: tuple[ApprovalEntry, ...] = ()
    granted_until_us: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """What somebody fetches; its ``repr`` does not show the access token's secret, which may be empty."""

    release_id: ReleaseId
    report_only: bool = False
    for_decision: bool = False
    access_secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class GivenDecision:
    """A decision as it arrives: its subject, the word, the reason and the signature.

    Who gave it the connection says, and the key is the one that the member enrolled with.
    """

    subject: ReleaseSubject
    decision: ReleaseVerdict
    reason: str
    signature: bytes
