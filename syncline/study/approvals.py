"""The approvals in a manifest: how they stand there, and whether they are what the study asked for.

Each holds its signer's key, so that a release is checked offline. Whose key it is the hub vouches for, which
signed the manifest and knows its members; an operator's approval is signed with the hub's own key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from syncline.compute.frames import Json
from syncline.data.section import shown
from syncline.errors import IdentityError, UsageError
from syncline.study.release_decision import (
    ReleaseDecision,
    ReleaseSubject,
    ReleaseVerdict,
    SignedReleaseDecision,
    wanted,
)

if TYPE_CHECKING:
    from syncline.study.sections import Thresholds

REPORT_NAME = "report.json"
SPECIFICATION_NAME = "specification.json"
"""The specification, in canonical form, beside the report that somebody reads before a decision."""

SIMULATED = "simulated"
NETWORKED = "networked"
_UNREADABLE = "manifest.json: its approvals do not read"


@dataclass(frozen=True, slots=True)
class GateRecord:
    """The gate of a release: its effective thresholds, and what it said."""

    alpha: float
    tolerated: float
    passed: bool
    failures: tuple[str, ...]

    @classmethod
    def of(cls, limits: Thresholds | None, passed: bool, failures: Sequence[str]) -> GateRecord | None:
        """Return what the gate of a study with these limits said, None where the study runs none."""
        return None if limits is None else cls(limits.alpha, limits.tolerated, passed, tuple(failures))


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """One approval as it stands in a manifest; ``at`` is the hub's time, as ISO 8601 in UTC."""

    approver: str
    key_fingerprint: str
    public_key: str
    decision: str
    reason: str
    signature: str
    at: str

    @classmethod
    def of(cls, signed: SignedReleaseDecision, at: str) -> ApprovalRecord:
        """Return the record of a decision that was taken at ``at``."""
        said = signed.statement
        return cls(
            said.approver,
            hashlib.sha256(signed.public_key).hexdigest(),
            signed.public_key.hex(),
            said.decision.value,
            said.reason,
            signed.signature.hex(),
            at,
        )


def distinct(decisions: Sequence[SignedReleaseDecision], hub_key: bytes) -> list[SignedReleaseDecision]:
    """Return the decisions of different people: nobody counts twice, by name or by a key of their own."""
    found: list[SignedReleaseDecision] = []
    names: set[str] = set()
    keys: set[bytes] = set()
    for signed in decisions:
        name, key = signed.statement.approver.casefold(), signed.public_key
        if name in names or (key != hub_key and key in keys):
            continue
        names.add(name)
        keys.add(key)
        found.append(signed)
    return found


# Any: the manifest is JSON that somebody else may have written.
def check_approvals(body: Mapping[str, Any], hub_key: bytes) -> list[str]:
    """Return what is wrong with the approvals of a manifest that ``hub_key`` signed, one sentence each."""
    if "approvals" not in body:
        return []  # of a release before there were approvals
    try:
        decisions = _decisions(body)
        asked = _asked(body)
        named = [str(name).casefold() for name in _release(body).get("approvers", [])]
        needed, kind = wanted(asked, _gate_passed(body))
    except (KeyError, TypeError, ValueError, AttributeError, UsageError):
        return [_UNREADABLE]
    failures = [fault for signed in decisions if (fault := _fault(signed, kind, named, hub_key))]
    if body.get("run") != SIMULATED and len(distinct(decisions, hub_key)) < needed:
        failures.append(
            f"manifest.json: {needed} people had to {kind} this release, and {len(decisions)} did so"
        )
    return failures


def _fault(
    signed: SignedReleaseDecision, kind: ReleaseVerdict, named: Sequence[str], hub_key: bytes
) -> str | None:
    said = signed.statement
    who = f"manifest.json: the approval of {shown(said.approver)!r}"
    try:
        signed.verify()
    except IdentityError:
        return f"{who} is not signed by its key, or is about another release"
    if said.decision is not kind:
        return f"{who} says {said.decision}, and this release needed {kind}"
    if named and said.approver.casefold() not in named:
        return f"{who} is not by one of the approvers whom the study names"
    if named and signed.public_key == hub_key:
        return f"{who} is signed by the hub, and the study names its approvers"
    return None


def _decisions(body: Mapping[str, Any]) -> list[SignedReleaseDecision]:
    found = []
    subject = _subject(body) if body["approvals"] else None
    for record in body["approvals"]:
        assert subject is not None
        key = bytes.fromhex(record["public_key"])
        if hashlib.sha256(key).hexdigest() != record["key_fingerprint"]:
            raise ValueError("fingerprint")
        said = ReleaseDecision(
            subject, ReleaseVerdict(record["decision"]), str(record["reason"]), str(record["approver"])
        )
        found.append(SignedReleaseDecision(said, key, bytes.fromhex(record["signature"])))
    return found


def _subject(body: Mapping[str, Any]) -> ReleaseSubject:
    content: dict[str, Json] = dict(body["content_sha256"])
    return ReleaseSubject(
        study_id=str(body["study_id"]),
        release_id=str(body["release_id"]),
        specification_sha256=str(body["specification_sha256"]),
        content_sha256={str(name): str(digest) for name, digest in content.items()},
        report_sha256=str(body["files"][REPORT_NAME]["file_sha256"]),
        gate_passed=_gate_passed(body),
    )


def _gate_passed(body: Mapping[str, Any]) -> bool | None:
    gate = body.get("gate")
    return None if gate is None else gate["passed"] is True


def _release(body: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = body["parameters"].get("release", {})
    return found


def _asked(body: Mapping[str, Any]) -> int:
    return int(_release(body).get("approvals", 0))
