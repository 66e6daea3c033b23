"""Rows that suppliers sent: whose they are, how long they are kept, and when they were deleted."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from syncline.wire.messages import StudyId, TaskId


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


def keep_shipment(connection: sqlite3.Connection, shipment: Shipment) -> None:
    """Record rows that the study goes on with."""
    connection.execute(
        "INSERT INTO shipments (study_id, supplier, task_id, flow, sha256, size, kept_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            shipment.study_id,
            shipment.supplier,
            shipment.task_id,
            shipment.flow,
            shipment.sha256,
            shipment.size,
            shipment.kept_us,
        ),
    )


def shipments_of(connection: sqlite3.Connection, study_id: StudyId) -> list[Shipment]:
    """Return a study's rows by supplier."""
    rows = connection.execute("SELECT * FROM shipments WHERE study_id = ? ORDER BY supplier", (study_id,))
    return [_shipment(row) for row in rows]


def undeleted_of_ended(connection: sqlite3.Connection) -> list[Shipment]:
    """Return the rows of studies that have ended whose deletion is not on record."""
    rows = connection.execute(
        "SELECT shipments.* FROM shipments JOIN studies ON studies.id = study_id"
        " WHERE deleted_us = 0 AND ended_us > 0 ORDER BY study_id, supplier"
    )
    return [_shipment(row) for row in rows]


def mark_deleted(connection: sqlite3.Connection, shipment: Shipment, now_us: int) -> None:
    """Record that the rows are gone."""
    connection.execute(
        "UPDATE shipments SET deleted_us = ? WHERE study_id = ? AND supplier = ?",
        (now_us, shipment.study_id, shipment.supplier),
    )


def _shipment(row: sqlite3.Row) -> Shipment:
    return Shipment(
        study_id=StudyId(row["study_id"]),
        supplier=row["supplier"],
        task_id=TaskId(row["task_id"]),
        flow=row["flow"],
        sha256=row["sha256"],
        size=row["size"],
        kept_us=row["kept_us"],
        deleted_us=row["deleted_us"],
    )
