"""Studies and the parties in them, as rows; which change is allowed, the lifecycle's table says."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from syncline.errors import ProtocolError
from syncline.study.flow import DataFlow
from syncline.study.lifecycle import StudyState, check_transition
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.parties import PartyState


class StudyMoved(ProtocolError):
    """Somebody else changed the study's state first."""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as the hub holds it; digests name payloads in the store.

    ``reason`` is for its researcher; ``told`` is what suppliers hear of its end. ``hazards`` are JSON text,
    and ``hazards_accepted`` is how many severe ones of them the operator has let pass. ``draw_sha256`` names
    what the salt was drawn from, ``drawn`` what a release says of it. ``rounds_expected`` are the rounds of
    the whole study as far as one can say, 0 where one cannot.
    """

    id: StudyId
    name: str
    researcher: str
    researcher_key: bytes
    signature: bytes
    specification: bytes
    specification_sha256: str
    state: StudyState
    reason: str
    stage: str
    round: int
    rounds_done: int
    state_sha256: str | None
    result_sha256: str | None
    seed_sha256: str | None
    bytes_received: int
    bytes_sent: int
    submitted_us: int
    moved_us: int
    ended_us: int
    release_id: ReleaseId | None
    told: str
    hazards: str
    hazards_accepted: int
    candidate_sha256: str | None
    candidate_signature: bytes | None
    assessment_sha256: str | None
    draw_sha256: str | None
    drawn: str | None
    rounds_expected: int

    @property
    def origin(self) -> tuple[str, str]:
        """Digests of the fit's result and of the seed, once the study has them."""
        assert self.result_sha256 is not None
        assert self.seed_sha256 is not None
        return self.result_sha256, self.seed_sha256

    @property
    def compares(self) -> bool:
        """Whether the model is fitted, and the rounds are about the synthetic table that it gives."""
        return self.candidate_sha256 is not None


@dataclass(frozen=True, slots=True)
class NewParty:
    """A supplier that a submission names, its signing key, and the flow that is asked of it."""

    name: str
    signing_key: bytes
    flow_asked: DataFlow


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What a submission brings."""

    id: StudyId
    name: str
    researcher: str
    researcher_key: bytes
    signature: bytes
    specification: bytes
    specification_sha256: str
    parties: tuple[NewParty, ...]


def add_study(connection: sqlite3.Connection, new: NewStudy, state: StudyState, now_us: int) -> None:
    """Add a study and its parties."""
    connection.execute(
        "INSERT INTO studies (id, name, researcher, researcher_key, signature, specification,"
        " specification_sha256, state, submitted_us, moved_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id,
            new.name,
            new.researcher,
            new.researcher_key,
            new.signature,
            new.specification,
            new.specification_sha256,
            state,
            now_us,
            now_us,
        ),
    )
    connection.executemany(
        "INSERT INTO parties (study_id, name, state, signing_key, flow_asked) VALUES (?, ?, ?, ?, ?)",
        [
            (new.id, party.name, PartyState.WAITING, party.signing_key, party.flow_asked)
            for party in new.parties
        ],
    )


def find_study(connection: sqlite3.Connection, study_id: StudyId) -> StudyRow | None:
    """Return the study with this id."""
    row = connection.execute("SELECT * FROM studies WHERE id = ?", (study_id,)).fetchone()
    return None if row is None else _study(row)


def find_submissions(
    connection: sqlite3.Connection, researcher: str, specification_sha256: str
) -> list[StudyRow]:
    """Return the studies that this researcher submitted with this specification, oldest first."""
    rows = connection.execute(
        "SELECT * FROM studies WHERE researcher = ? AND specification_sha256 = ? ORDER BY submitted_us",
        (researcher, specification_sha256),
    )
    return [_study(row) for row in rows]


def list_studies(
    connection: sqlite3.Connection, researcher: str | None = None, most: int = 500
) -> list[StudyRow]:
    """Return the newest studies first, all of them or one researcher's."""
    rows = connection.execute(
        "SELECT * FROM studies WHERE ? IS NULL OR researcher = ? ORDER BY submitted_us DESC, id LIMIT ?",
        (researcher, researcher, most),
    )
    return [_study(row) for row in rows]


def studies_in(connection: sqlite3.Connection, states: Sequence[StudyState]) -> list[StudyId]:
    """Return the ids of the studies in one of ``states``, oldest first."""
    marks = ", ".join("?" * len(states))
    rows = connection.execute(
        f"SELECT id FROM studies WHERE state IN ({marks}) ORDER BY submitted_us, id",  # noqa: S608
        tuple(states),
    )
    return [StudyId(row["id"]) for row in rows]


def count_living(connection: sqlite3.Connection, researcher: str) -> int:
    """Return how many of a researcher's studies have not ended."""
    query = "SELECT count(*) FROM studies WHERE researcher = ? AND ended_us = 0"
    return int(connection.execute(query, (researcher,)).fetchone()[0])


def change_state(
    connection: sqlite3.Connection,
    study: StudyRow,
    state: StudyState,
    reason: str = "",
    *,
    ended_us: int = 0,
) -> None:
    """Take a study from the state in which it was read to one that may follow.

    It raises where the study has moved on meanwhile, so that a slow step never overrules a cancellation.
    """
    check_transition(study.state, state)
    changed = connection.execute(
        "UPDATE studies SET state = ?, reason = ?, ended_us = ? WHERE id = ? AND state = ?",
        (state, reason, ended_us, study.id, study.state),
    )
    if changed.rowcount != 1:
        raise StudyMoved(f"study {study.id}: it is not {study.state} any more")


def set_reason(connection: sqlite3.Connection, study_id: StudyId, reason: str) -> None:
    """Write another reason for the state that a study is in."""
    connection.execute("UPDATE studies SET reason = ? WHERE id = ?", (reason, study_id))


def set_told(connection: sqlite3.Connection, study_id: StudyId, told: str) -> None:
    """Write what suppliers are told of a study's end."""
    connection.execute("UPDATE studies SET told = ? WHERE id = ?", (told, study_id))


def set_hazards(connection: sqlite3.Connection, study_id: StudyId, hazards: str) -> None:
    """Write the hazards found so far, as JSON text."""
    connection.execute("UPDATE studies SET hazards = ? WHERE id = ?", (hazards, study_id))


def accept_hazards(connection: sqlite3.Connection, study_id: StudyId, severe: int) -> None:
    """Let the first ``severe`` of the severe hazards pass."""
    connection.execute("UPDATE studies SET hazards_accepted = ? WHERE id = ?", (severe, study_id))


def set_progress(
    connection: sqlite3.Connection,
    study_id: StudyId,
    stage: str,
    round_number: int,
    expected: int,
    state_sha256: str,
) -> None:
    """Write the protocol's state after a transition; ``round_number`` is the round that is open now.

    That round is one of those that are ``expected``, or nothing can be said of them.
    """
    expected = max(expected, round_number + 1) if expected else 0
    connection.execute(
        "UPDATE studies SET stage = ?, round = ?, rounds_done = ?, rounds_expected = ?, state_sha256 = ?"
        " WHERE id = ?",
        (stage, round_number, round_number, expected, state_sha256, study_id),
    )


def set_result(
    connection: sqlite3.Connection, study_id: StudyId, result_sha256: str, seed_sha256: str
) -> None:
    """Write the fit's result, and the seed that rows are drawn by."""
    connection.execute(
        "UPDATE studies SET result_sha256 = ?, seed_sha256 = ? WHERE id = ?",
        (result_sha256, seed_sha256, study_id),
    )


def set_candidate(
    connection: sqlite3.Connection, study_id: StudyId, candidate_sha256: str, signature: bytes
) -> None:
    """Name the synthetic table that the rounds from now on are about."""
    connection.execute(
        "UPDATE studies SET candidate_sha256 = ?, candidate_signature = ? WHERE id = ?",
        (candidate_sha256, signature, study_id),
    )


def set_draw(connection: sqlite3.Connection, study_id: StudyId, draw_sha256: str, drawn: str) -> None:
    """Write what the study's salt was drawn from, and what a release says of it; both are written once."""
    query = "UPDATE studies SET draw_sha256 = ?, drawn = ? WHERE id = ?"
    connection.execute(query, (draw_sha256, drawn, study_id))


def close_rounds(
    connection: sqlite3.Connection, study_id: StudyId, stage: str, assessment_sha256: str | None
) -> None:
    """Note that no round is open any more, and what the comparison said, if there was one."""
    connection.execute(
        "UPDATE studies SET stage = ?, rounds_done = round + 1, rounds_expected = round + 1, round = -1,"
        " state_sha256 = NULL,"
        " assessment_sha256 = ? WHERE id = ?",
        (stage, assessment_sha256, study_id),
    )


def set_released(connection: sqlite3.Connection, study_id: StudyId, release_id: ReleaseId) -> None:
    """Name the study's release."""
    connection.execute("UPDATE studies SET release_id = ? WHERE id = ?", (release_id, study_id))


def count_bytes(
    connection: sqlite3.Connection, study_id: StudyId, received: int, sent: int, now_us: int
) -> None:
    """Add to the bytes that moved for a study; that they moved extends its deadline."""
    connection.execute(
        "UPDATE studies SET bytes_received = bytes_received + ?, bytes_sent = bytes_sent + ?,"
        " moved_us = max(moved_us, ?) WHERE id = ?",
        (received, sent, now_us, study_id),
    )


def studies_of_supplier(
    connection: sqlite3.Connection, name: str, states: Sequence[StudyState]
) -> list[StudyRow]:
    """Return the studies in one of ``states`` in whose roster a supplier is."""
    marks = ", ".join("?" * len(states))
    query = (
        "SELECT studies.* FROM studies JOIN parties ON study_id = studies.id WHERE parties.name = ?"  # noqa: S608
        f" AND in_roster AND studies.state IN ({marks}) ORDER BY submitted_us, studies.id"
    )
    rows = connection.execute(query, (name, *states))
    return [_study(row) for row in rows]


def _study(row: sqlite3.Row) -> StudyRow:
    fields = {key: row[key] for key in row.keys()}  # noqa: SIM118  (a Row iterates over its values)
    fields["state"] = StudyState(row["state"])
    return StudyRow(**fields)


def needed_payloads(connection: sqlite3.Connection) -> frozenset[bytes]:
    """Return the digests of payloads that studies still name: models for ever, the rest while they live."""
    rows = connection.execute(
        "SELECT state_sha256 AS digest FROM studies UNION SELECT result_sha256 FROM studies"
        " UNION SELECT seed_sha256 FROM studies UNION SELECT draw_sha256 FROM studies"
        " UNION SELECT assessment_sha256 FROM studies"
        " UNION SELECT request_sha256 FROM rounds WHERE NOT merged"
        " UNION SELECT reply_sha256 FROM tasks JOIN rounds USING (study_id, round) WHERE NOT merged"
        " UNION SELECT sha256 FROM shipments WHERE deleted_us = 0"
    )
    return frozenset(bytes.fromhex(row["digest"]) for row in rows if row["digest"] is not None)
