"""What a person signs about a release: yes, yes although the gate failed, or no, about exactly these bytes.

The signature is Ed25519 with purpose ``release-decision`` over the SHA-256 of canonical JSON with the keys
``approver``, ``content_sha256``, ``decision``, ``gate_passed``, ``reason``, ``release_id``,
``report_sha256``, ``specification_sha256`` and ``study_id``: none of them can be changed, and no decision
passes as another's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncline.compute.frames import Json
from syncline.errors import UsageError
from syncline.identity.keys import public_signing_key
from syncline.identity.signatures import Purpose, sign, verify


class ReleaseVerdict(StrEnum):
    """What a person says to a release."""

    APPROVE = "approve"
    OVERRIDE = "override"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ReleaseSubject:
    """What is decided about: the release of one study, by the digests of its tables and of ``report.json``.

    ``gate_passed`` is None where the study runs no disclosure gate.
    """

    study_id: str
    release_id: str
    specification_sha256: str
    content_sha256: Mapping[str, str]
    report_sha256: str
    gate_passed: bool | None


@dataclass(frozen=True, slots=True)
class ReleaseDecision:
    """One person's word on one release, before it is signed; an override and a refusal have a reason."""

    subject: ReleaseSubject
    decision: ReleaseVerdict
    reason: str
    approver: str

    def __post_init__(self) -> None:
        if self.decision is not ReleaseVerdict.APPROVE and not self.reason.strip():
            raise UsageError(f"{self.decision} release {self.subject.release_id}: say why with --reason")

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the canonical JSON, which is signed."""
        body: dict[str, Json] = {
            "approver": self.approver,
            "content_sha256": dict(self.subject.content_sha256),
            "decision": self.decision.value,
            "gate_passed": self.subject.gate_passed,
            "reason": self.reason,
            "release_id": self.subject.release_id,
            "report_sha256": self.subject.report_sha256,
            "specification_sha256": self.subject.specification_sha256,
            "study_id": self.subject.study_id,
        }
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()

    def signed(self, key: Ed25519PrivateKey) -> SignedReleaseDecision:
        """Return the decision with the signature of ``key``."""
        return SignedReleaseDecision(
            self, public_signing_key(key), sign(key, Purpose.RELEASE_DECISION, self.digest)
        )


@dataclass(frozen=True, slots=True)
class SignedReleaseDecision:
    """A decision with its signature and the raw Ed25519 key that made it."""

    statement: ReleaseDecision
    public_key: bytes
    signature: bytes

    def verify(self) -> None:
        """Raise IdentityError unless the signature is the key's, over this very statement."""
        verify(self.public_key, Purpose.RELEASE_DECISION, self.statement.digest, self.signature)


def wanted(approvals: int, gate_passed: bool | None) -> tuple[int, ReleaseVerdict]:
    """Return how many decisions a release needs, and of which kind.

    A gate that failed is let pass by overrides alone, by one at least.
    """
    if gate_passed is False:
        return max(1, approvals), ReleaseVerdict.OVERRIDE
    return approvals, ReleaseVerdict.APPROVE
