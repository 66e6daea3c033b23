"""Rounds and their tasks: one request to the whole roster, one task for each supplier in it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncline.wire.messages import StudyId, TaskId


class TaskState(StrEnum):
    """Where a task stands: open until it is answered, declined or no longer needed."""

    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Round:
    """One request of a study; ``merged`` once the protocol's step has taken the replies."""

    study_id: StudyId
    number: int
    stage: str
    request_sha256: str
    request_size: int
    opened_us: int
    merged: bool


@dataclass(frozen=True, slots=True)
class Task:
    """One supplier's part of a round; ``sent`` once the request was offered to it.

    ``reoffers`` is how often the supplier had it offered again after it had declined.
    """

    id: TaskId
    study_id: StudyId
    round: int
    supplier: str
    attempt: int
    state: TaskState
    reason: str
    sent: bool
    reply_sha256: str | None
    reply_size: int
    reoffers: int = 0


def open_round(connection: sqlite3.Connection, new: Round, suppliers: Sequence[str]) -> None:
    """Add a round and a task for each of ``suppliers``."""
    connection.execute(
        "INSERT INTO rounds (study_id, round, stage, request_sha256, request_size, opened_us)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (new.study_id, new.number, new.stage, new.request_sha256, new.request_size, new.opened_us),
    )
    connection.executemany(
        "INSERT INTO tasks (id, study_id, round, supplier, state) VALUES (?, ?, ?, ?, ?)",
        [
            (f"{new.study_id}.r{new.number}.{place}", new.study_id, new.number, name, TaskState.OPEN)
            for place, name in enumerate(sorted(suppliers))
        ],
    )


def find_round(connection: sqlite3.Connection, study_id: StudyId, number: int) -> Round | None:
    """Return one round."""
    row = connection.execute(
        "SELECT * FROM rounds WHERE study_id = ? AND round = ?", (study_id, number)
    ).fetchone()
    return None if row is None else _round(row)


def rounds_of(connection: sqlite3.Connection, study_id: StudyId) -> list[Round]:
    """Return the rounds of a study in order."""
    rows = connection.execute("SELECT * FROM rounds WHERE study_id = ? ORDER BY round", (study_id,))
    return [_round(row) for row in rows]


def close_round(connection: sqlite3.Connection, study_id: StudyId, number: int) -> None:
    """Mark a round as merged; tasks that are still open are not needed any more."""
    connection.execute("UPDATE rounds SET merged = 1 WHERE study_id = ? AND round = ?", (study_id, number))
    connection.execute(
        "UPDATE tasks SET state = ? WHERE study_id = ? AND round = ? AND state = ?",
        (TaskState.CLOSED, study_id, number, TaskState.OPEN),
    )


def close_tasks(connection: sqlite3.Connection, study_id: StudyId) -> None:
    """Close what is open of a study that ended."""
    connection.execute(
        "UPDATE tasks SET state = ? WHERE study_id = ? AND state = ?",
        (TaskState.CLOSED, study_id, TaskState.OPEN),
    )


def find_task(connection: sqlite3.Connection, task_id: TaskId) -> Task | None:
    """Return the task with this id."""
    row = connection.execute("SELECT * FROM tasks WHERE id = ?", (task_id,)).fetchone()
    return None if row is None else _task(row)


def tasks_of_round(connection: sqlite3.Connection, study_id: StudyId, number: int) -> list[Task]:
    """Return the tasks of a round in the order of the suppliers' names."""
    rows = connection.execute(
        "SELECT * FROM tasks WHERE study_id = ? AND round = ? ORDER BY supplier", (study_id, number)
    )
    return [_task(row) for row in rows]


def task_ids_of(connection: sqlite3.Connection, study_id: StudyId) -> list[TaskId]:
    """Return the ids of all tasks of a study."""
    rows = connection.execute("SELECT id FROM tasks WHERE study_id = ?", (study_id,))
    return [TaskId(row["id"]) for row in rows]


def open_tasks_of(connection: sqlite3.Connection, supplier: str) -> list[Task]:
    """Return a supplier's open tasks."""
    rows = connection.execute(
        "SELECT * FROM tasks WHERE supplier = ? AND state = 'open' ORDER BY study_id, round", (supplier,)
    )
    return [_task(row) for row in rows]


def mark_sent(connection: sqlite3.Connection, task_id: TaskId) -> None:
    """Remember that the request was offered."""
    connection.execute("UPDATE tasks SET sent = 1 WHERE id = ?", (task_id,))


def answer_task(connection: sqlite3.Connection, task: Task, reply_sha256: str, reply_size: int) -> None:
    """Bind a reply to its task for ever and count the round for its supplier."""
    connection.execute(
        "UPDATE tasks SET state = ?, reason = '', reply_sha256 = ?, reply_size = ? WHERE id = ?",
        (TaskState.ANSWERED, reply_sha256, reply_size, task.id),
    )
    connection.execute(
        "UPDATE parties SET rounds_answered = rounds_answered + 1 WHERE study_id = ? AND name = ?",
        (task.study_id, task.supplier),
    )


def decline_task(connection: sqlite3.Connection, task_id: TaskId, reason: str) -> None:
    """Keep why a task will not be answered."""
    connection.execute(
        "UPDATE tasks SET state = ?, reason = ? WHERE id = ?", (TaskState.DECLINED, reason, task_id)
    )


def lose_reply(connection: sqlite3.Connection, task: Task, reason: str) -> None:
    """Count an answered task as declined, because its reply is gone."""
    connection.execute(
        "UPDATE tasks SET state = ?, reason = ?, reply_sha256 = NULL, reply_size = 0"
        " WHERE id = ? AND state = ?",
        (TaskState.DECLINED, reason, task.id, TaskState.ANSWERED),
    )
    connection.execute(
        "UPDATE parties SET rounds_answered = rounds_answered - 1 WHERE study_id = ? AND name = ?",
        (task.study_id, task.supplier),
    )


def reopen_tasks(connection: sqlite3.Connection, study_id: StudyId, round_number: int) -> None:
    """Offer declined tasks of a round again, as a new attempt."""
    connection.execute(
        "UPDATE tasks SET state = ?, reason = '', attempt = attempt + 1, sent = 0"
        " WHERE study_id = ? AND round = ? AND state = ?",
        (TaskState.OPEN, study_id, round_number, TaskState.DECLINED),
    )


def reoffer_task(connection: sqlite3.Connection, task_id: TaskId) -> None:
    """Offer a declined task again at its supplier's word, as a new attempt."""
    connection.execute(
        "UPDATE tasks SET state = ?, reason = '', attempt = attempt + 1, sent = 0, reoffers = reoffers + 1"
        " WHERE id = ? AND state = ?",
        (TaskState.OPEN, task_id, TaskState.DECLINED),
    )


def start_new_attempts(connection: sqlite3.Connection, supplier: str) -> None:
    """Count a new attempt at a supplier's open tasks after its lease ran out."""
    connection.execute(
        "UPDATE tasks SET attempt = attempt + 1 WHERE supplier = ? AND state = ?",
        (supplier, TaskState.OPEN),
    )


def _round(row: sqlite3.Row) -> Round:
    return Round(
        study_id=StudyId(row["study_id"]),
        number=row["round"],
        stage=row["stage"],
        request_sha256=row["request_sha256"],
        request_size=row["request_size"],
        opened_us=row["opened_us"],
        merged=bool(row["merged"]),
    )


def _task(row: sqlite3.Row) -> Task:
    return Task(
        id=TaskId(row["id"]),
        study_id=StudyId(row["study_id"]),
        round=row["round"],
        supplier=row["supplier"],
        attempt=row["attempt"],
        state=TaskState(row["state"]),
        reason=row["reason"],
        sent=bool(row["sent"]),
        reply_sha256=row["reply_sha256"],
        reply_size=row["reply_size"],
        reoffers=row["reoffers"],
    )
