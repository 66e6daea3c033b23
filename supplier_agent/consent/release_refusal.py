"""A supplier's signed refusal of a release, kept until the hub confirms it and for the record afterwards.

It is signed in the transaction that stores it, so that what is delivered after a kill are the same bytes.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from supplier_agent.consent.decision import Seal
from supplier_agent.consent.study_record import ConsentState, StudyRecord, find_study
from syncline.errors import ProtocolError, UsageError
from syncline.study.release_decision import ReleaseDecision, ReleaseSubject, ReleaseVerdict
from syncline.wire.people_sentence import people_sentence
from syncline.wire.release_messages import GivenDecision, ReleaseEntry
from syncline.wire.releases import MAX_REASON

TABLES = """
CREATE TABLE release_refusal (
    release_id TEXT PRIMARY KEY,
    study_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    signature BLOB NOT NULL,
    refused_us INTEGER NOT NULL,
    delivered INTEGER NOT NULL DEFAULT 0,
    outcome TEXT NOT NULL DEFAULT ''
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class ReleaseRefusal:
    """A refusal with what it is about; ``outcome`` is why the hub did not take it, empty where it did."""

    release_id: str
    study_id: str
    subject: ReleaseSubject
    reason: str
    signature: bytes
    refused_us: int
    delivered: bool
    outcome: str

    @property
    def given(self) -> GivenDecision:
        """The refusal as it is sent."""
        return GivenDecision(self.subject, ReleaseVerdict.REFUSE, self.reason, self.signature)


def refuse_release(
    connection: sqlite3.Connection, seal: Seal, supplier: str, entry: ReleaseEntry, reason: str, now_us: int
) -> ReleaseRefusal:
    """Sign and store a refusal; one that stands already stays as it is."""
    known = find_refusal(connection, entry.release_id)
    if known is not None:
        return known
    subject = _checked(connection, entry)
    words = people_sentence(reason, MAX_REASON)
    signed = ReleaseDecision(subject, ReleaseVerdict.REFUSE, words, supplier).signed(seal.key)
    of = entry.release_id, entry.study_id, subject, words, signed.signature, now_us
    refusal = ReleaseRefusal(*of, delivered=False, outcome="")
    _insert(connection, refusal)
    seal.audit.append(
        connection,
        "release-refused",
        {
            "study": entry.study_id,
            "release": entry.release_id,
            "report_sha256": subject.report_sha256,
            "reason": words,
            "signature": signed.signature.hex(),
        },
    )
    return refusal


def find_refusal(connection: sqlite3.Connection, release_id: str) -> ReleaseRefusal | None:
    """Return the refusal of a release."""
    row = connection.execute("SELECT * FROM release_refusal WHERE release_id = ?", (release_id,)).fetchone()
    return None if row is None else _refusal(row)


def list_refusals(connection: sqlite3.Connection) -> list[ReleaseRefusal]:
    """Return all refusals, the newest first."""
    rows = connection.execute("SELECT * FROM release_refusal ORDER BY refused_us DESC, release_id")
    return [_refusal(row) for row in rows]


def undelivered_refusals(connection: sqlite3.Connection) -> list[ReleaseRefusal]:
    """Return the refusals that the hub has not confirmed, the oldest first."""
    return [one for one in reversed(list_refusals(connection)) if not one.delivered]


def mark_refusal_delivered(connection: sqlite3.Connection, release_id: str, outcome: str) -> None:
    """Note that the hub has a refusal, or why it did not take it."""
    connection.execute(
        "UPDATE release_refusal SET delivered = 1, outcome = ? WHERE release_id = ?", (outcome, release_id)
    )


def _checked(connection: sqlite3.Connection, entry: ReleaseEntry) -> ReleaseSubject:
    """Return what is signed, where it is about a study that was approved here, as the hub says."""
    study, subject = find_study(connection, entry.study_id), entry.subject
    if subject is None:
        raise UsageError(
            f"release {entry.release_id}: it was made before there were decisions about releases: ask the"
            " hub's operator to withdraw it"
        )
    if not _is_ours(study, entry, subject):
        raise ProtocolError(
            f"release {entry.release_id}: the hub says that this supplier's data is in it, and its study was"
            " not approved here: ask the hub's operator"
        )
    return subject


def _is_ours(study: StudyRecord | None, entry: ReleaseEntry, subject: ReleaseSubject) -> bool:
    if study is None or study.state is ConsentState.WAITING:
        return False
    named = (subject.study_id, subject.release_id) == (entry.study_id, entry.release_id)
    return named and subject.specification_sha256 == study.specification_sha256


def _insert(connection: sqlite3.Connection, refusal: ReleaseRefusal) -> None:
    subject = refusal.subject
    body = {
        "specification_sha256": subject.specification_sha256,
        "content_sha256": dict(subject.content_sha256),
        "report_sha256": subject.report_sha256,
        "gate_passed": subject.gate_passed,
    }
    connection.execute(
        "INSERT INTO release_refusal (release_id, study_id, subject, reason, signature, refused_us)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            refusal.release_id,
            refusal.study_id,
            json.dumps(body),
            refusal.reason,
            refusal.signature,
            refusal.refused_us,
        ),
    )


def _refusal(row: sqlite3.Row) -> ReleaseRefusal:
    return ReleaseRefusal(
        release_id=row["release_id"],
        study_id=row["study_id"],
        subject=ReleaseSubject(row["study_id"], row["release_id"], **json.loads(row["subject"])),
        reason=row["reason"],
        signature=row["signature"],
        refused_us=row["refused_us"],
        delivered=bool(row["delivered"]),
        outcome=row["outcome"],
    )
