"""Rounds and their tasks: one request to the whole roster, one task for each supplier in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, bindparam, insert, literal, select, update

from syncline.wire.messages import StudyId, TaskId
from trusted_party.datastore.column_types import TEXT
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import parties, rounds, tasks


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


_OPEN: Final = literal(TaskState.OPEN, TEXT, literal_execute=True)
"""Stands in the SQL itself, or an index of open tasks would not be used."""

_ADD_ROUND: Final = insert(rounds)
_ADD_TASK: Final = insert(tasks)
_ROUNDS: Final = select(rounds).where(rounds.c.study_id == bindparam("study")).order_by(rounds.c.round)
_ROUND: Final = _ROUNDS.where(rounds.c.round == bindparam("number"))
_MERGE: Final = (
    update(rounds)
    .where(rounds.c.study_id == bindparam("study"), rounds.c.round == bindparam("number"))
    .values(merged=True)
)
_TASK: Final = select(tasks).where(tasks.c.id == bindparam("task"))
_TASK_IDS: Final = select(tasks.c.id).where(tasks.c.study_id == bindparam("study"))
_OF_ROUND: Final = (
    select(tasks)
    .where(tasks.c.study_id == bindparam("study"), tasks.c.round == bindparam("number"))
    .order_by(tasks.c.supplier)
)
_OPEN_OF: Final = (
    select(tasks)
    .where(tasks.c.supplier == bindparam("who"), tasks.c.state == _OPEN)
    .order_by(tasks.c.study_id, tasks.c.round)
)
_SET: Final = update(tasks).where(tasks.c.id == bindparam("task"))
_MOVE: Final = _SET.where(tasks.c.state == bindparam("left"))
_CLOSE_ALL: Final = (
    update(tasks)
    .where(tasks.c.study_id == bindparam("study"), tasks.c.state == TaskState.OPEN)
    .values(state=TaskState.CLOSED)
)
_CLOSE: Final = _CLOSE_ALL.where(tasks.c.round == bindparam("number"))
_AGAIN: Final = (
    update(tasks)
    .where(tasks.c.state == TaskState.DECLINED)
    .values(state=TaskState.OPEN, reason="", attempt=tasks.c.attempt + 1, sent=False)
)
_REOPEN: Final = _AGAIN.where(tasks.c.study_id == bindparam("study"), tasks.c.round == bindparam("number"))
_REOFFER: Final = _AGAIN.where(tasks.c.id == bindparam("task")).values(reoffers=tasks.c.reoffers + 1)
_NEW_ATTEMPT: Final = (
    update(tasks)
    .where(tasks.c.supplier == bindparam("who"), tasks.c.state == TaskState.OPEN)
    .values(attempt=tasks.c.attempt + 1)
)
_COUNT_ROUND: Final = (
    update(parties)
    .where(parties.c.study_id == bindparam("study"), parties.c.name == bindparam("who"))
    .values(rounds_answered=parties.c.rounds_answered + bindparam("more"))
)


def open_round(transaction: Transaction, new: Round, suppliers: Sequence[str]) -> None:
    """Add a round and a task for each of ``suppliers``."""
    transaction.run(
        _ADD_ROUND,
        {
            "study_id": new.study_id,
            "round": new.number,
            "stage": new.stage,
            "request_sha256": new.request_sha256,
            "request_size": new.request_size,
            "opened_us": new.opened_us,
        },
    )
    transaction.run_each(
        _ADD_TASK,
        [
            {
                "id": f"{new.study_id}.r{new.number}.{place}",
                "study_id": new.study_id,
                "round": new.number,
                "supplier": name,
                "state": TaskState.OPEN,
            }
            for place, name in enumerate(sorted(suppliers))
        ],
    )


def find_round(transaction: Transaction, study_id: StudyId, number: int) -> Round | None:
    """Return one round."""
    row = transaction.first(_ROUND, {"study": study_id, "number": number})
    return None if row is None else _round(row)


def rounds_of(transaction: Transaction, study_id: StudyId) -> list[Round]:
    """Return the rounds of a study in order."""
    return [_round(row) for row in transaction.rows(_ROUNDS, {"study": study_id})]


def close_round(transaction: Transaction, study_id: StudyId, number: int) -> None:
    """Mark a round as merged; tasks that are still open are not needed any more."""
    transaction.run(_MERGE, {"study": study_id, "number": number})
    transaction.run(_CLOSE, {"study": study_id, "number": number})


def close_tasks(transaction: Transaction, study_id: StudyId) -> None:
    """Close what is open of a study that ended."""
    transaction.run(_CLOSE_ALL, {"study": study_id})


def find_task(transaction: Transaction, task_id: TaskId) -> Task | None:
    """Return the task with this id."""
    row = transaction.first(_TASK, {"task": task_id})
    return None if row is None else _task(row)


def tasks_of_round(transaction: Transaction, study_id: StudyId, number: int) -> list[Task]:
    """Return the tasks of a round in the order of the suppliers' names."""
    return [_task(row) for row in transaction.rows(_OF_ROUND, {"study": study_id, "number": number})]


def task_ids_of(transaction: Transaction, study_id: StudyId) -> list[TaskId]:
    """Return the ids of all tasks of a study."""
    return [TaskId(row["id"]) for row in transaction.rows(_TASK_IDS, {"study": study_id})]


def open_tasks_of(transaction: Transaction, supplier: str) -> list[Task]:
    """Return a supplier's open tasks."""
    return [_task(row) for row in transaction.rows(_OPEN_OF, {"who": supplier})]


def mark_sent(transaction: Transaction, task_id: TaskId) -> None:
    """Remember that the request was offered."""
    transaction.run(_SET, {"task": task_id, "sent": True})


def answer_task(transaction: Transaction, task: Task, reply_sha256: str, reply_size: int) -> None:
    """Bind a reply to its task for ever and count the round for its supplier."""
    reply = {"reply_sha256": reply_sha256, "reply_size": reply_size}
    transaction.run(_SET, {"task": task.id, "state": TaskState.ANSWERED, "reason": "", **reply})
    transaction.run(_COUNT_ROUND, {"study": task.study_id, "who": task.supplier, "more": 1})


def decline_task(transaction: Transaction, task_id: TaskId, reason: str) -> None:
    """Keep why a task will not be answered."""
    transaction.run(_SET, {"task": task_id, "state": TaskState.DECLINED, "reason": reason})


def lose_reply(transaction: Transaction, task: Task, reason: str) -> None:
    """Count an answered task as declined, because its reply is gone."""
    declined = {"state": TaskState.DECLINED, "reason": reason, "reply_sha256": None, "reply_size": 0}
    transaction.run(_MOVE, {"task": task.id, "left": TaskState.ANSWERED, **declined})
    transaction.run(_COUNT_ROUND, {"study": task.study_id, "who": task.supplier, "more": -1})


def reopen_tasks(transaction: Transaction, study_id: StudyId, round_number: int) -> None:
    """Offer declined tasks of a round again, as a new attempt."""
    transaction.run(_REOPEN, {"study": study_id, "number": round_number})


def reoffer_task(transaction: Transaction, task_id: TaskId) -> None:
    """Offer a declined task again at its supplier's word, as a new attempt."""
    transaction.run(_REOFFER, {"task": task_id})


def start_new_attempts(transaction: Transaction, supplier: str) -> None:
    """Count a new attempt at a supplier's open tasks after its lease ran out."""
    transaction.run(_NEW_ATTEMPT, {"who": supplier})


def _round(row: RowMapping) -> Round:
    return Round(
        study_id=StudyId(row["study_id"]),
        number=row["round"],
        stage=row["stage"],
        request_sha256=row["request_sha256"],
        request_size=row["request_size"],
        opened_us=row["opened_us"],
        merged=row["merged"],
    )


def _task(row: RowMapping) -> Task:
    return Task(
        id=TaskId(row["id"]),
        study_id=StudyId(row["study_id"]),
        round=row["round"],
        supplier=row["supplier"],
        attempt=row["attempt"],
        state=TaskState(row["state"]),
        reason=row["reason"],
        sent=row["sent"],
        reply_sha256=row["reply_sha256"],
        reply_size=row["reply_size"],
        reoffers=row["reoffers"],
    )
