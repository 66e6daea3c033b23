"""Decide about a study: change its state, sign the decision and audit it, all in the caller's transaction."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from supplier_agent.consent.earlier_studies import BY_PERSON
from supplier_agent.consent.study_record import (
    ConsentState,
    StudyRecord,
    check_move,
    has_begun,
    known_study,
    move,
    set_decision,
    set_participation,
    set_secrets,
)
from syncline.durable.audit import FieldValue
from syncline.durable.audit_table import AuditLog
from syncline.errors import SynclineError, UsageError
from syncline.identity.signatures import Purpose, sign
from syncline.protocols.opening import CONTRIBUTION_BYTES, Occasion
from syncline.protocols.person_key import KEY_BYTES, public_key_of
from syncline.study.participation import AS_ASKED, Participation
from syncline.wire.messages import Decision, StudyId, SupplierDecision, decision_digest
from syncline.wire.people_sentence import people_sentence

__all__ = [
    "BY_PERSON",
    "BY_POLICY",
    "Seal",
    "UnsignedDecision",
    "amend_preparation",
    "check_decision",
    "decide",
    "decision_of",
]

BY_POLICY = "policy"

STATES = {Decision.APPROVE: ConsentState.APPROVED, Decision.REFUSE: ConsentState.REFUSED}
"""What a study becomes by each decision."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What makes a decision this supplier's: its signing key, its audit and its name."""

    key: Ed25519PrivateKey
    audit: AuditLog
    supplier: str

    def __repr__(self) -> str:
        """Never show the key."""
        return "Seal(...)"


@dataclass(frozen=True, slots=True)
class UnsignedDecision:
    """A decision before it is signed: by whom, for people why, and with an approval how to take part."""

    decision: Decision
    reason: str
    by: str
    participation: Participation = AS_ASKED


def check_decision(connection: sqlite3.Connection, study: StudyRecord, decision: Decision) -> None:
    """Raise where a study cannot be decided so any more.

    A refusal is taken back before the study begins, and never a withdrawal from one that has: what was asked
    meanwhile was declined for good.
    """
    check_move(study, STATES[decision])
    if study.state is ConsentState.REFUSED and has_begun(connection, study.study_id):
        raise UsageError(
            f"study {study.name} had begun when its approval was withdrawn, which is not taken back: let it"
            " be submitted anew"
        )


def decide(
    connection: sqlite3.Connection, seal: Seal, study: StudyRecord, verdict: UnsignedDecision, now_us: int
) -> None:
    """Record a verdict about ``study``; it is sent to the hub afterwards, until that confirms it.

    The first approval draws this supplier's contribution to the study's salt, and a private key. There is one
    of each in a study's life, so an approval that takes a refusal back commits to the same.
    """
    check_decision(connection, known_study(connection, study.study_id), verdict.decision)
    move(connection, study.study_id, STATES[verdict.decision])
    reason = people_sentence(verdict.reason)
    approved, commitment = AS_ASKED, None
    if verdict.decision is Decision.APPROVE:
        approved = verdict.participation
        contribution = study.contribution or secrets.token_bytes(CONTRIBUTION_BYTES)
        private_key = study.private_key or secrets.token_bytes(KEY_BYTES)
        set_participation(connection, study.study_id, approved)
        set_secrets(connection, study.study_id, contribution, private_key)
        commitment = _commitment(study, seal.supplier, contribution, private_key)
    digest = decision_digest(
        StudyId(study.study_id), study.specification_sha256, verdict.decision, reason, approved, commitment
    )
    signature = sign(seal.key, Purpose.STUDY_DECISION, digest)
    set_decision(connection, study.study_id, reason, verdict.by, signature, now_us)
    seal.audit.append(
        connection,
        "study-decided",
        {
            "study": study.study_id,
            "specification_sha256": study.specification_sha256,
            "decision": verdict.decision.value,
            "by": verdict.by,
            "reason": reason,
            "flow": approved.flow,
            "preparation_sha256": approved.preparation_sha256,
            "commitment": commitment,
        },
    )


def amend_preparation(
    connection: sqlite3.Connection, seal: Seal, study: StudyRecord, sha256: str | None, now_us: int
) -> None:
    """Sign an approval again that names another preparation; all else of it stays as it was.

    It is for a study of which nothing was answered here: its data did not fit, and the preparation is mended.
    """
    approved = Participation(study.flow, sha256)
    commitment = _known_commitment(study, seal.supplier)
    digest = decision_digest(
        StudyId(study.study_id),
        study.specification_sha256,
        Decision.APPROVE,
        study.reason,
        approved,
        commitment,
    )
    signature = sign(seal.key, Purpose.STUDY_DECISION, digest)
    set_participation(connection, study.study_id, approved)
    set_decision(connection, study.study_id, study.reason, study.decided_by or BY_PERSON, signature, now_us)
    fields: dict[str, FieldValue] = {"study": study.study_id, "preparation_sha256": sha256}
    seal.audit.append(
        connection, "approval-amended", fields | {"specification_sha256": study.specification_sha256}
    )


def _known_commitment(study: StudyRecord, supplier: str) -> str | None:
    """Return what an approval committed to; None of an approval by an earlier version."""
    if study.contribution is None or study.private_key is None:
        return None
    return _commitment(study, supplier, study.contribution, study.private_key)


def _commitment(study: StudyRecord, supplier: str, contribution: bytes, private_key: bytes) -> str:
    occasion = Occasion(study.study_id, study.specification_sha256)
    return occasion.commitment(supplier, contribution, public_key_of(private_key)).hex()


def decision_of(study: StudyRecord, supplier: str) -> SupplierDecision:
    """Return the signed decision of a study that is approved or refused, as it is sent."""
    decisions = {state: decision for decision, state in STATES.items()}
    if study.signature is None or study.state not in decisions:
        raise SynclineError(f"study {study.name} is not decided")
    decision = decisions[study.state]
    commitment = _known_commitment(study, supplier) if decision is Decision.APPROVE else None
    return SupplierDecision(
        StudyId(study.study_id),
        study.specification_sha256,
        decision,
        study.reason,
        study.signature,
        study.participation if decision is Decision.APPROVE else AS_ASKED,
        commitment,
    )
