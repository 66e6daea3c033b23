"""The rounds of each study: one row a round, whose state only moves along :data:`TRANSITIONS`.

    received --> answered
        |            (final: the reply never changes; delivery is a mark of its own)
        +--> declined --> received (the hub offers the task again with a higher attempt)

The reply's row is the outbox: what is answered or declined and not marked as delivered is sent, again and
again until the hub confirms it, and once more whenever the hub offers the same task again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from supplier_agent.consent.study_record import ConsentState
from syncline.errors import ProtocolError

TABLES = """
CREATE TABLE round (
    study_id TEXT NOT NULL,
    round INTEGER NOT NULL,
    task_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    request_sha256 TEXT NOT NULL,
    request_size INTEGER NOT NULL,
    state TEXT NOT NULL,
    reply_sha256 TEXT,
    reply_size INTEGER,
    decline_kind TEXT,
    decline_reason TEXT,
    delivered INTEGER NOT NULL DEFAULT 0,
    received_us INTEGER NOT NULL,
    finished_us INTEGER,
    PRIMARY KEY (study_id, round)
) STRICT;
CREATE TABLE memory (
    study_id TEXT PRIMARY KEY,
    round INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
"""

DETAIL = "ALTER TABLE round ADD COLUMN decline_detail TEXT;"
"""What this supplier alone reads of a round that it declined."""

MENDED = """
ALTER TABLE round ADD COLUMN asks_again INTEGER NOT NULL DEFAULT 0;
ALTER TABLE round ADD COLUMN declines INTEGER NOT NULL DEFAULT 0;
"""
"""Whether the hub is to be asked to offer a declined round again, and how often it was declined."""

MOST_DECLINES = 20
"""So often a round is worked out and declined at the hub's word; after that a person's word is needed."""


class RoundState(Enum):
    """Where a round stands at this supplier."""

    RECEIVED = "received"
    ANSWERED = "answered"
    DECLINED = "declined"


TRANSITIONS: Mapping[RoundState, frozenset[RoundState]] = {
    RoundState.RECEIVED: frozenset({RoundState.ANSWERED, RoundState.DECLINED}),
    RoundState.ANSWERED: frozenset(),
    RoundState.DECLINED: frozenset({RoundState.RECEIVED}),
}


@dataclass(frozen=True, slots=True)
class AnsweredRound:
    """One round: what was asked, and the reply or the refusal once there is one.

    ``decline_reason`` is told to others; ``decline_detail`` may name files, and stays here. ``asks_again``
    says that a person mended what stood against a declined round, and the hub is still to hear of it;
    ``declines`` counts how often it was declined since a person said so.
    """

    study_id: str
    round: int
    task_id: str
    attempt: int
    request_sha256: str
    request_size: int
    state: RoundState
    reply_sha256: str | None
    reply_size: int | None
    decline_kind: str | None
    decline_reason: str | None
    delivered: bool
    received_us: int
    finished_us: int | None
    decline_detail: str | None = None
    asks_again: bool = False
    declines: int = 0

    @classmethod
    def from_row(cls, row: sqlite3.Row) -> AnsweredRound:
        """Read a row of the table ``round``."""
        values = dict(row)
        values["state"] = RoundState(values["state"])
        values["delivered"] = bool(values["delivered"])
        values["asks_again"] = bool(values["asks_again"])
        return cls(**values)


def find_round(connection: sqlite3.Connection, study_id: str, number: int) -> AnsweredRound | None:
    """Return a round, or None where its request was never received."""
    row = connection.execute(
        "SELECT * FROM round WHERE study_id = ? AND round = ?", (study_id, number)
    ).fetchone()
    return None if row is None else AnsweredRound.from_row(row)


def list_rounds(connection: sqlite3.Connection, study_id: str) -> list[AnsweredRound]:
    """Return the rounds of a study in order."""
    rows = connection.execute("SELECT * FROM round WHERE study_id = ? ORDER BY round", (study_id,))
    return [AnsweredRound.from_row(row) for row in rows]


def undelivered_rounds(connection: sqlite3.Connection) -> list[AnsweredRound]:
    """Return the replies and refusals that the hub has not confirmed, the oldest first.

    A reply of a study that ended, or whose approval was withdrawn, stays here for ever.
    """
    rows = connection.execute(
        "SELECT round.* FROM round JOIN study USING (study_id) WHERE delivered = 0"
        " AND (round.state = ? AND study.state = ? OR round.state = ? AND study.state != ?)"
        " ORDER BY finished_us, study_id, round",
        (
            RoundState.ANSWERED.value,
            ConsentState.APPROVED.value,
            RoundState.DECLINED.value,
            ConsentState.ENDED.value,
        ),
    )
    return [AnsweredRound.from_row(row) for row in rows]


def last_answered(connection: sqlite3.Connection, study_id: str) -> int | None:
    """Return the number of the last round that was answered."""
    query = "SELECT max(round) FROM round WHERE study_id = ? AND state = ?"
    value = connection.execute(query, (study_id, RoundState.ANSWERED.value)).fetchone()[0]
    return None if value is None else int(value)


def insert_round(connection: sqlite3.Connection, record: AnsweredRound) -> None:
    """Store a round whose request arrived for the first time."""
    row = (
        record.study_id,
        record.round,
        record.task_id,
        record.attempt,
        record.request_sha256,
        record.request_size,
        record.state.value,
        record.reply_sha256,
        record.reply_size,
        record.decline_kind,
        record.decline_reason,
        record.delivered,
        record.received_us,
        record.finished_us,
        record.decline_detail,
        record.asks_again,
        record.declines,
    )
    connection.execute(f"INSERT INTO round VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608


def retarget_round(
    connection: sqlite3.Connection, study_id: str, number: int, task_id: str, attempt: int
) -> None:
    """Note the newest offer of a round; what was answered or declined is then sent to it once more."""
    connection.execute(
        "UPDATE round SET task_id = ?, attempt = ?, delivered = 0 WHERE study_id = ? AND round = ?",
        (task_id, attempt, study_id, number),
    )


def finish_round(
    connection: sqlite3.Connection, study_id: str, number: int, reply_sha256: str, size: int, now_us: int
) -> None:
    """Record a reply; from here on the round has this reply and no other."""
    move(connection, study_id, number, RoundState.ANSWERED)
    connection.execute(
        "UPDATE round SET reply_sha256 = ?, reply_size = ?, finished_us = ?, delivered = 0, asks_again = 0,"
        " decline_kind = NULL, decline_reason = NULL, decline_detail = NULL"
        " WHERE study_id = ? AND round = ?",
        (reply_sha256, size, now_us, study_id, number),
    )


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a round is not answered: the sentence that is sent, and the one that stays here."""

    kind: str
    reason: str
    detail: str


def decline_round(
    connection: sqlite3.Connection, study_id: str, number: int, declined: Decline, now_us: int
) -> None:
    """Record that a round is not answered, and why."""
    move(connection, study_id, number, RoundState.DECLINED)
    connection.execute(
        "UPDATE round SET decline_kind = ?, decline_reason = ?, decline_detail = ?, finished_us = ?,"
        " delivered = 0, asks_again = 0, declines = declines + 1 WHERE study_id = ? AND round = ?",
        (declined.kind, declined.reason, declined.detail, now_us, study_id, number),
    )


def ask_again(connection: sqlite3.Connection, study_id: str, number: int) -> None:
    """Note that a declined round is mended: the hub is asked to offer it again, and it is worked out anew."""
    connection.execute(
        "UPDATE round SET asks_again = 1, declines = 0 WHERE study_id = ? AND round = ? AND state = ?",
        (study_id, number, RoundState.DECLINED.value),
    )


def rounds_to_ask_again(connection: sqlite3.Connection) -> list[AnsweredRound]:
    """Return the rounds that the hub is to offer again, once it knows that, and on which terms, they are."""
    rows = connection.execute(
        "SELECT round.* FROM round JOIN study USING (study_id) WHERE asks_again = 1 AND delivered = 1"
        " AND round.state = ? AND study.state = ? AND study.decision_delivered = 1"
        " ORDER BY study_id, round",
        (RoundState.DECLINED.value, ConsentState.APPROVED.value),
    )
    return [AnsweredRound.from_row(row) for row in rows]


def mark_asked_again(connection: sqlite3.Connection, record: AnsweredRound) -> None:
    """Note that the hub has heard that this attempt is mended."""
    connection.execute(
        "UPDATE round SET asks_again = 0 WHERE study_id = ? AND round = ? AND attempt = ?",
        (record.study_id, record.round, record.attempt),
    )


def move(connection: sqlite3.Connection, study_id: str, number: int, state: RoundState) -> None:
    """Change a round's state where :data:`TRANSITIONS` allows it."""
    before = find_round(connection, study_id, number)
    if before is None or state not in TRANSITIONS[before.state]:
        was = "unknown" if before is None else before.state.value
        raise ProtocolError(f"round {number} of study {study_id} is {was} and cannot become {state.value}")
    connection.execute(
        "UPDATE round SET state = ? WHERE study_id = ? AND round = ?", (state.value, study_id, number)
    )


def mark_delivered(connection: sqlite3.Connection, record: AnsweredRound) -> None:
    """Note that the hub confirmed this reply or refusal for this task and attempt."""
    connection.execute(
        "UPDATE round SET delivered = 1 WHERE study_id = ? AND round = ? AND task_id = ? AND attempt = ?"
        " AND state = ?",
        (record.study_id, record.round, record.task_id, record.attempt, record.state.value),
    )


def find_memory(connection: sqlite3.Connection, study_id: str) -> str | None:
    """Return the digest of what the last answered round left behind for the next."""
    row = connection.execute("SELECT sha256 FROM memory WHERE study_id = ?", (study_id,)).fetchone()
    return None if row is None else str(row["sha256"])


def set_memory(connection: sqlite3.Connection, study_id: str, number: int, sha256: str) -> None:
    """Replace a study's memory."""
    connection.execute("INSERT OR REPLACE INTO memory VALUES (?, ?, ?)", (study_id, number, sha256))


def forget_memory(connection: sqlite3.Connection, study_id: str) -> None:
    """Drop a study's memory."""
    connection.execute("DELETE FROM memory WHERE study_id = ?", (study_id,))
