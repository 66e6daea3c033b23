"""The parts that suppliers have in studies, as rows: what each was asked, decided and answered."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire.messages import StudyId, SupplierDecision


class PartyState(StrEnum):
    """What a supplier said to a study."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A supplier in a study; ``signing_key`` is the one that signed its decision, with ``participation``.

    ``commitment`` is what its approval commits it to for the salt, in hexadecimal.
    ``flow_asked`` is what the study asks of it, None in studies that an earlier version took.
    """

    study_id: StudyId
    name: str
    state: PartyState
    reason: str
    in_roster: bool
    rounds_answered: int
    signing_key: bytes
    decision_reason: str
    signature: bytes | None
    flow_asked: DataFlow | None
    participation: Participation
    commitment: str | None


def parties_of(connection: sqlite3.Connection, study_id: StudyId) -> list[PartyRow]:
    """Return the parties of a study by name."""
    rows = connection.execute("SELECT * FROM parties WHERE study_id = ? ORDER BY name", (study_id,))
    return [_party(row) for row in rows]


def find_party(connection: sqlite3.Connection, study_id: StudyId, name: str) -> PartyRow | None:
    """Return one supplier's part in a study."""
    row = connection.execute(
        "SELECT * FROM parties WHERE study_id = ? AND name = ?", (study_id, name)
    ).fetchone()
    return None if row is None else _party(row)


def set_party(
    connection: sqlite3.Connection, study_id: StudyId, name: str, state: PartyState, reason: str = ""
) -> None:
    """Write where a supplier stands."""
    connection.execute(
        "UPDATE parties SET state = ?, reason = ? WHERE study_id = ? AND name = ?",
        (state, reason, study_id, name),
    )


def set_decision(
    connection: sqlite3.Connection, name: str, signing_key: bytes, decision: SupplierDecision
) -> None:
    """Keep a supplier's signature, the key that made it, and all that it covers."""
    agreed = decision.participation
    connection.execute(
        "UPDATE parties SET signing_key = ?, decision_reason = ?, signature = ?, flow = ?,"
        " preparation_sha256 = ?, commitment = ? WHERE study_id = ? AND name = ?",
        (
            signing_key,
            decision.reason,
            decision.signature,
            agreed.flow,
            agreed.preparation_sha256,
            decision.commitment,
            *(decision.study_id, name),
        ),
    )


def drop_party(connection: sqlite3.Connection, study_id: StudyId, name: str) -> None:
    """Go on without a supplier; only while suppliers decide, which the roster's rules say."""
    connection.execute("UPDATE parties SET in_roster = 0 WHERE study_id = ? AND name = ?", (study_id, name))


def _party(row: sqlite3.Row) -> PartyRow:
    return PartyRow(
        study_id=StudyId(row["study_id"]),
        name=row["name"],
        state=PartyState(row["state"]),
        reason=row["reason"],
        in_roster=bool(row["in_roster"]),
        rounds_answered=row["rounds_answered"],
        signing_key=row["signing_key"],
        decision_reason=row["decision_reason"],
        signature=row["signature"],
        flow_asked=_flow(row["flow_asked"]),
        participation=Participation(_flow(row["flow"]), row["preparation_sha256"]),
        commitment=row["commitment"],
    )


def _flow(word: str | None) -> DataFlow | None:
    return None if word is None else DataFlow(word)
