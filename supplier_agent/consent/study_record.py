"""A study as this supplier knows it, and the transitions that its state may take.

    waiting --> approved --> ended
       |         |    ^        ^
       |         v    |        |
       +-------> refused ------+

A person may withdraw an approval, and take a refusal back until the study ends or a round was answered.

Every change of state goes through :func:`move`, which reads :data:`TRANSITIONS`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

from syncline.compute.frames import Json
from syncline.errors import UsageError
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire.messages import Outcome

TABLES = """
CREATE TABLE study (
    study_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    specification BLOB NOT NULL,
    specification_sha256 TEXT NOT NULL,
    researcher TEXT NOT NULL,
    researcher_key BLOB NOT NULL,
    researcher_signature BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by TEXT,
    signature BLOB,
    decision_delivered INTEGER NOT NULL DEFAULT 0,
    received_us INTEGER NOT NULL,
    decided_us INTEGER,
    ended_us INTEGER
) STRICT;
"""

OUTCOME = """
ALTER TABLE study ADD COLUMN outcome TEXT;
UPDATE study SET outcome = 'released' WHERE state = 'ended' AND reason LIKE 'released%';
"""
"""How a study ended, as the hub told."""

PARTICIPATION = """
ALTER TABLE study ADD COLUMN flow TEXT;
ALTER TABLE study ADD COLUMN preparation TEXT;
"""
"""How this supplier approved to take part: the narrower flow, and the digest of the preparation."""

SALT = """
ALTER TABLE study ADD COLUMN contribution BLOB;
ALTER TABLE study ADD COLUMN salt BLOB;
ALTER TABLE study ADD COLUMN asks TEXT;
"""
"""This supplier's part in the salt, the salt once it was drawn, and what the study asks for."""

HAZARDS = "ALTER TABLE study ADD COLUMN hazards TEXT NOT NULL DEFAULT '[]';"
"""What the hub found in this supplier's answers beside those of others, a list of sentences as JSON."""

NOTES = "ALTER TABLE study ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';"
"""What of the rows here the synthetic ones do not show that this supplier sent, a list of notes as JSON."""

APPROVED_EARLIER = "it was approved under an earlier version: approve it again"
"""The reason why a study waits whose approval names no public key."""

PRIVATE_KEY = f"""
ALTER TABLE study ADD COLUMN private_key BLOB;
UPDATE study SET state = 'waiting', reason = '{APPROVED_EARLIER}', decided_by = NULL, decided_us = NULL,
    signature = NULL, decision_delivered = 0, flow = NULL, preparation = NULL
    WHERE state = 'approved' AND study_id NOT IN (SELECT study_id FROM round);
"""  # noqa: S608
"""The private key of this supplier in one study, by which the suppliers share what numbers persons.

An approval without one is signed for what no hub takes any more: where no round was received it is asked for
again. A study that has begun is ended by the hub.
"""

UNJUDGED = "the policy cannot be read"
"""The reason why a study waits that the policy has not judged yet, because its file is damaged."""


class ConsentState(Enum):
    """Where a study stands at this supplier."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


TRANSITIONS: Mapping[ConsentState, frozenset[ConsentState]] = {
    ConsentState.WAITING: frozenset({ConsentState.APPROVED, ConsentState.REFUSED, ConsentState.ENDED}),
    ConsentState.APPROVED: frozenset({ConsentState.REFUSED, ConsentState.ENDED}),
    ConsentState.REFUSED: frozenset({ConsentState.APPROVED, ConsentState.ENDED}),
    ConsentState.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """One study: its specification with the researcher's signature, and what was decided by whom.

    ``flow`` is the narrower flow that was approved instead of the one asked for, None where there is none;
    ``preparation`` is the digest of the preparation at the approval, empty where there was none, and None
    before an approval and in those of earlier versions. ``contribution`` are the random bytes to which the
    approval commits this supplier, ``private_key`` that to the public key of its commitment, and ``salt``
    what all parties drew, once they have, with the key by which suppliers number persons. ``asks`` is what
    the study asks for, as JSON: see :mod:`supplier_agent.consent.likeness`. ``hazards`` are the sentences
    that the hub told of the data here. ``notes`` say what of it synthetic rows that were made here do not
    show: they name values and count rows, and stay here.
    """

    study_id: str
    name: str
    specification: bytes
    specification_sha256: str
    researcher: str
    researcher_key: bytes
    researcher_signature: bytes
    state: ConsentState
    reason: str
    decided_by: str | None
    signature: bytes | None
    decision_delivered: bool
    received_us: int
    decided_us: int | None
    ended_us: int | None
    outcome: str | None = None
    flow: DataFlow | None = None
    preparation: str | None = None
    contribution: bytes | None = field(default=None, repr=False)
    salt: bytes | None = field(default=None, repr=False)
    asks: str | None = None
    hazards: tuple[str, ...] = ()
    notes: tuple[dict[str, Json], ...] = field(default=(), repr=False)
    private_key: bytes | None = field(default=None, repr=False)

    @property
    def participation(self) -> Participation:
        """What the approval says beside the specification."""
        return Participation(self.flow, self.preparation or None)

    @property
    def is_open(self) -> bool:
        """Whether the study may still be approved or answered here."""
        return self.state in (ConsentState.WAITING, ConsentState.APPROVED)

    @property
    def is_unjudged(self) -> bool:
        """Whether the policy has not said anything to the study yet."""
        return self.state is ConsentState.WAITING and self.reason == UNJUDGED

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> StudyRecord:
        """Read a row of the table ``study``."""
        values = dict(row)
        values["state"] = ConsentState(values["state"])
        values["decision_delivered"] = bool(values["decision_delivered"])
        values["hazards"] = tuple(json.loads(values["hazards"]))
        values["notes"] = tuple(json.loads(values["notes"]))
        values["flow"] = DataFlow(values["flow"]) if values["flow"] is not None else None
        return cls(**values)


def insert_study(connection: sqlite3.Connection, record: StudyRecord) -> None:
    """Store a study that was proposed for the first time."""
    connection.execute(
        f"INSERT INTO study VALUES ({', '.join('?' * len(fields(StudyRecord)))})",  # noqa: S608
        (
            record.study_id,
            record.name,
            record.specification,
            record.specification_sha256,
            record.researcher,
            record.researcher_key,
            record.researcher_signature,
            record.state.value,
            record.reason,
            record.decided_by,
            record.signature,
            record.decision_delivered,
            record.received_us,
            record.decided_us,
            record.ended_us,
            record.outcome,
            record.flow,
            record.preparation,
            record.contribution,
            record.salt,
            record.asks,
            json.dumps(record.hazards),
            json.dumps(record.notes),
            record.private_key,
        ),
    )


def find_study(connection: sqlite3.Connection, study_id: str) -> StudyRecord | None:
    """Return the study with this id, or None."""
    row = connection.execute("SELECT * FROM study WHERE study_id = ?", (study_id,)).fetchone()
    return None if row is None else StudyRecord.from_row(row)


def known_study(connection: sqlite3.Connection, study_id: str) -> StudyRecord:
    """Return the study with this id, which was proposed before."""
    known = find_study(connection, study_id)
    if known is None:
        raise UsageError(
            f"there is no study with the id '{study_id}' here: 'supplier-agent studies list' shows all"
        )
    return known


def studies_like(connection: sqlite3.Connection, text: str) -> list[StudyRecord]:
    """Return every study that a person may mean: by its id, its name or the start of its digest."""
    rows = connection.execute(
        "SELECT * FROM study WHERE study_id = :text OR name = :text"
        " OR (length(:text) >= 8 AND substr(specification_sha256, 1, length(:text)) = :text)"
        " ORDER BY received_us DESC, study_id",
        {"text": text},
    )
    return [StudyRecord.from_row(row) for row in rows]


def require_study(connection: sqlite3.Connection, text: str) -> StudyRecord:
    """Return the one study that a person means; an open one goes before those that are over.

    The hub chooses ids and a researcher names, so neither goes before the other: a text that means two open
    studies is refused, or one of them could be put in the other's place.
    """
    found = studies_like(connection, text)
    meant = [study for study in found if study.is_open]
    meant = meant or [study for study in found if study.study_id == text]
    meant = meant or [study for study in found if study.state is not ConsentState.ENDED] or found
    if len(meant) == 1:
        return meant[0]
    there = "is no study" if not meant else f"are {len(meant)} studies"
    raise UsageError(f"there {there} '{text}' here: take the id from 'supplier-agent studies list'")


def name_clash(connection: sqlite3.Connection, study_id: str, name: str) -> bool:
    """Tell whether the id of a study is the name of another one, or the other way round."""
    row = connection.execute(
        "SELECT 1 FROM study WHERE study_id != :id AND (name = :id OR study_id = :name)",
        {"id": study_id, "name": name},
    ).fetchone()
    return row is not None


def list_studies(connection: sqlite3.Connection) -> list[StudyRecord]:
    """Return all studies, the newest first."""
    rows = connection.execute("SELECT * FROM study ORDER BY received_us DESC, study_id")
    return [StudyRecord.from_row(row) for row in rows]


def undelivered_decisions(connection: sqlite3.Connection) -> list[StudyRecord]:
    """Return the decisions that the hub has not confirmed, the oldest first."""
    rows = connection.execute(
        "SELECT * FROM study WHERE signature IS NOT NULL AND decision_delivered = 0 AND state != ?"
        " ORDER BY decided_us",
        (ConsentState.ENDED.value,),
    )
    return [StudyRecord.from_row(row) for row in rows]


def move(connection: sqlite3.Connection, study_id: str, state: ConsentState) -> StudyRecord:
    """Change a study's state where :data:`TRANSITIONS` allows it; return the record as it was before."""
    before = known_study(connection, study_id)
    check_move(before, state)
    connection.execute("UPDATE study SET state = ? WHERE study_id = ?", (state.value, before.study_id))
    return before


def has_begun(connection: sqlite3.Connection, study_id: str) -> bool:
    """Tell whether a round of a study was received here."""
    query = "SELECT 1 FROM round WHERE study_id = ? LIMIT 1"
    return connection.execute(query, (study_id,)).fetchone() is not None


def check_move(study: StudyRecord, state: ConsentState) -> None:
    """Raise where :data:`TRANSITIONS` does not let a study become ``state``."""
    if state not in TRANSITIONS[study.state]:
        raise UsageError(f"study {study.name} is {study.state.value} and cannot become {state.value}")


def set_decision(
    connection: sqlite3.Connection, study_id: str, reason: str, decided_by: str, signature: bytes, now_us: int
) -> None:
    """Store a signed decision that is still to be sent."""
    connection.execute(
        "UPDATE study SET reason = ?, decided_by = ?, signature = ?, decided_us = ?, decision_delivered = 0"
        " WHERE study_id = ?",
        (reason, decided_by, signature, now_us, study_id),
    )


def set_participation(connection: sqlite3.Connection, study_id: str, approved: Participation) -> None:
    """Store how this supplier takes part; only the preparation of an approval is ever changed after it."""
    connection.execute(
        "UPDATE study SET flow = ?, preparation = ? WHERE study_id = ?",
        (approved.flow, approved.preparation_sha256 or "", study_id),
    )


def set_secrets(
    connection: sqlite3.Connection, study_id: str, contribution: bytes, private_key: bytes
) -> None:
    """Store the random bytes to which approvals of a study commit this supplier; they are drawn once."""
    connection.execute(
        "UPDATE study SET contribution = ?, private_key = ? WHERE study_id = ?",
        (contribution, private_key, study_id),
    )


def set_salt(connection: sqlite3.Connection, study_id: str, salt: bytes) -> None:
    """Store the salt of a study, for auditors to repeat it."""
    connection.execute("UPDATE study SET salt = ? WHERE study_id = ?", (salt, study_id))


def set_hazards(connection: sqlite3.Connection, study_id: str, hazards: tuple[str, ...]) -> None:
    """Store what the hub told of the data here; a study that is not known here is left out."""
    connection.execute("UPDATE study SET hazards = ? WHERE study_id = ?", (json.dumps(hazards), study_id))


def set_notes(connection: sqlite3.Connection, study_id: str, notes: tuple[dict[str, Json], ...]) -> None:
    """Store what the synthetic rows of a study do not show, in the transaction that commits them."""
    connection.execute("UPDATE study SET notes = ? WHERE study_id = ?", (json.dumps(notes), study_id))


def set_reason(connection: sqlite3.Connection, study_id: str, reason: str) -> None:
    """Note why a study waits."""
    connection.execute("UPDATE study SET reason = ? WHERE study_id = ?", (reason, study_id))


def mark_delivered(connection: sqlite3.Connection, study_id: str, signature: bytes) -> None:
    """Note that the hub has this very decision; a newer one stays to be sent."""
    connection.execute(
        "UPDATE study SET decision_delivered = 1 WHERE study_id = ? AND signature = ?", (study_id, signature)
    )


def mark_undelivered(connection: sqlite3.Connection, study_id: str) -> None:
    """Send a decision again: the hub asked once more, so it does not have it."""
    connection.execute("UPDATE study SET decision_delivered = 0 WHERE study_id = ?", (study_id,))


def mark_ended(
    connection: sqlite3.Connection, study_id: str, outcome: Outcome, reason: str, now_us: int
) -> bool:
    """Close a study; False where it was closed before or never known."""
    known = find_study(connection, study_id)
    if known is None or ConsentState.ENDED not in TRANSITIONS[known.state]:
        return False
    connection.execute(
        "UPDATE study SET state = ?, outcome = ?, reason = ?, ended_us = ? WHERE study_id = ?",
        (ConsentState.ENDED.value, outcome.value, reason, now_us, study_id),
    )
    return True
