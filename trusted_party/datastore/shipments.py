"""Rows that suppliers sent: whose they are, how long they are kept, and when they were deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, insert, select, update

from syncline.wire.messages import StudyId, TaskId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import shipments, studies


@dataclass(frozen=True, slots=True)
class Shipment:
    """The rows of one supplier in one study; the bytes lie in the store of ``task_id``."""

    study_id: StudyId
    supplier: str
    task_id: TaskId
    flow: str
    sha256: str
    size: int
    kept_us: int
    deleted_us: int = 0


_ADD: Final = insert(shipments)
_OF_STUDY: Final = (
    select(shipments).where(shipments.c.study_id == bindparam("study")).order_by(shipments.c.supplier)
)
_UNDELETED: Final = (
    select(shipments)
    .join(studies, studies.c.id == shipments.c.study_id)
    .where(shipments.c.deleted_us == 0, studies.c.ended_us > 0)
    .order_by(shipments.c.study_id, shipments.c.supplier)
)
_SET: Final = update(shipments).where(
    shipments.c.study_id == bindparam("study"), shipments.c.supplier == bindparam("who")
)


def keep_shipment(transaction: Transaction, shipment: Shipment) -> None:
    """Record rows that the study goes on with."""
    transaction.run(_ADD, asdict(shipment))


def shipments_of(transaction: Transaction, study_id: StudyId) -> list[Shipment]:
    """Return a study's rows by supplier."""
    return [Shipment(**row) for row in transaction.rows(_OF_STUDY, {"study": study_id})]


def undeleted_of_ended(transaction: Transaction) -> list[Shipment]:
    """Return the rows of studies that have ended whose deletion is not on record."""
    return [Shipment(**row) for row in transaction.rows(_UNDELETED)]


def mark_deleted(transaction: Transaction, shipment: Shipment, now_us: int) -> None:
    """Record that the rows are gone."""
    transaction.run(_SET, {"study": shipment.study_id, "who": shipment.supplier, "deleted_us": now_us})
