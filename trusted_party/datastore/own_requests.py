"""What single suppliers are asked in a round, where that is not what all are asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from syncline.wire.messages import StudyId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import own_requests
from trusted_party.datastore.tasks import Task, find_round


@dataclass(frozen=True, slots=True)
class RequestRef:
    """A request by its digest, and how many bytes it has."""

    sha256: str
    size: int


_ADD: Final = insert(own_requests)
_FIND: Final = select(own_requests).where(
    own_requests.c.study_id == bindparam("study"),
    own_requests.c.round == bindparam("number"),
    own_requests.c.supplier == bindparam("who"),
)
_FORGET: Final = delete(own_requests).where(own_requests.c.study_id == bindparam("study"))


def keep_own_requests(
    transaction: Transaction, study_id: StudyId, number: int, own: Mapping[str, RequestRef]
) -> None:
    """Keep what suppliers are asked by themselves in a round, instead of what they were in the one before."""
    transaction.run(_FORGET, {"study": study_id})
    transaction.run_each(
        _ADD,
        [
            {"study_id": study_id, "round": number, "supplier": name, "sha256": one.sha256, "size": one.size}
            for name, one in sorted(own.items())
        ],
    )


def request_of(transaction: Transaction, task: Task) -> RequestRef | None:
    """Return what a supplier is asked, by itself or with all others; None where its round is not known."""
    row = transaction.first(_FIND, {"study": task.study_id, "number": task.round, "who": task.supplier})
    if row is not None:
        return RequestRef(row["sha256"], row["size"])
    found = find_round(transaction, task.study_id, task.round)
    return None if found is None else RequestRef(found.request_sha256, found.request_size)
