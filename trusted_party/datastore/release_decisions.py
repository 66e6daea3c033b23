"""Decisions about releases as rows: one for each person and study, the last that they signed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from syncline.identity.peer import Role
from syncline.study.release_decision import (
    ReleaseDecision,
    ReleaseSubject,
    ReleaseVerdict,
    SignedReleaseDecision,
)
from syncline.wire.messages import StudyId


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One person's signed word; ``role`` is operator where the hub's key signed for the person."""

    study_id: StudyId
    name: str
    role: Role
    decision: ReleaseVerdict
    reason: str
    public_key: bytes
    signature: bytes
    decided_us: int

    def signed(self, subject: ReleaseSubject) -> SignedReleaseDecision:
        """Return the decision as it was signed, about ``subject``."""
        said = ReleaseDecision(subject, self.decision, self.reason, self.name)
        return SignedReleaseDecision(said, self.public_key, self.signature)


def put_decision(connection: sqlite3.Connection, row: DecisionRow) -> None:
    """Keep a decision in the place of the person's earlier one."""
    connection.execute(
        "INSERT OR REPLACE INTO release_decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.study_id,
            row.name,
            row.role,
            row.decision,
            row.reason,
            row.public_key,
            row.signature,
            row.decided_us,
        ),
    )


def decisions_about(connection: sqlite3.Connection, study_id: StudyId) -> list[DecisionRow]:
    """Return the decisions about a study's release in the order in which they came."""
    rows = connection.execute(
        "SELECT * FROM release_decisions WHERE study_id = ? ORDER BY decided_us, name", (study_id,)
    )
    return [
        DecisionRow(
            study_id=StudyId(row["study_id"]),
            name=row["name"],
            role=Role(row["role"]),
            decision=ReleaseVerdict(row["decision"]),
            reason=row["reason"],
            public_key=row["public_key"],
            signature=row["signature"],
            decided_us=row["decided_us"],
        )
        for row in rows
    ]
