"""The life of a study at the hub: its states, and the one table of the ways between them.

The hub, the documentation and the tests read this table; nothing else decides which change is allowed. Within
``running`` the stage of the protocol (``docs/study.md`` lists them) is told beside the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from syncline.errors import UsageError


class StudyState(StrEnum):
    """Name where a study stands."""

    SUBMITTED = "submitted"
    AWAITING_APPROVAL = "awaiting_approval"
    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    RELEASING = "releasing"
    AWAITING_RELEASE = "awaiting_release"
    RELEASED = "released"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether the study has ended; a study ends once, with a reason."""
        return not NEXT[self]


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed change of state and what causes it."""

    source: StudyState
    target: StudyState
    cause: str


_S = StudyState

TRANSITIONS: tuple[Transition, ...] = (
    Transition(
        _S.SUBMITTED, _S.AWAITING_APPROVAL, "the hub has checked the specification and asks the suppliers"
    ),
    Transition(_S.SUBMITTED, _S.FAILED, "the specification does not fit this hub"),
    Transition(_S.SUBMITTED, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(
        _S.AWAITING_APPROVAL, _S.READY, "every supplier has approved it, or enough under then: proceed"
    ),
    Transition(
        _S.AWAITING_APPROVAL,
        _S.FAILED,
        "every supplier has decided, or the deadline has passed, and too few approve it",
    ),
    Transition(_S.AWAITING_APPROVAL, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(_S.READY, _S.RUNNING, "the first requests are committed"),
    Transition(_S.READY, _S.FAILED, "a supplier withdraws, or the study cannot be started"),
    Transition(_S.READY, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(_S.RUNNING, _S.PAUSED, "a supplier is lost under then: pause, or the operator pauses it"),
    Transition(_S.RUNNING, _S.RELEASING, "the synthetic table is made"),
    Transition(_S.RUNNING, _S.FAILED, "a supplier is lost under then: fail, or a step fails"),
    Transition(_S.RUNNING, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(_S.PAUSED, _S.RUNNING, "the lost supplier is back, or the operator resumes it"),
    Transition(_S.PAUSED, _S.FAILED, "the deadline passes"),
    Transition(_S.PAUSED, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(
        _S.RELEASING, _S.AWAITING_RELEASE, "the draft is written; approvals are missing, or the gate failed"
    ),
    Transition(_S.RELEASING, _S.RELEASED, "the release is signed and verified, and needs no approval"),
    Transition(_S.RELEASING, _S.FAILED, "the release cannot be written or is refused"),
    Transition(_S.RELEASING, _S.CANCELLED, "its researcher or the operator cancels it"),
    Transition(_S.AWAITING_RELEASE, _S.RELEASED, "enough approvers have signed; it is signed and verified"),
    Transition(
        _S.AWAITING_RELEASE,
        _S.FAILED,
        "an approver, the operator or a supplier refuses it, or its draft cannot be made again",
    ),
    Transition(_S.AWAITING_RELEASE, _S.CANCELLED, "its researcher or the operator cancels it"),
)
"""Every allowed change; what is not here does not happen."""

NEXT: Mapping[StudyState, frozenset[StudyState]] = MappingProxyType(
    {
        state: frozenset(change.target for change in TRANSITIONS if change.source is state)
        for state in StudyState
    }
)
"""The states that may follow each state."""


def check_transition(source: StudyState, target: StudyState) -> None:
    """Refuse a change that the table does not hold."""
    if target not in NEXT[source]:
        if source.is_final:
            raise UsageError(f"a study that is {source} cannot become {target}: it has ended, and stays so")
        allowed = ", ".join(sorted(NEXT[source]))
        raise UsageError(f"a study that is {source} cannot become {target}; it can become {allowed}")
