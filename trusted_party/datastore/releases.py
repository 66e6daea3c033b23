"""Releases as rows; their files stand in the home's directory ``releases``."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from syncline.wire.messages import ReleaseId, StudyId


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release; ``withdrawn_us`` is 0 while it is out."""

    release_id: ReleaseId
    study_id: StudyId
    manifest_sha256: str
    size: int
    released_us: int
    withdrawn_us: int = 0
    withdrawn_by: str = ""
    withdrawn_reason: str = ""


def add_release(connection: sqlite3.Connection, row: ReleaseRow) -> None:
    """Add a release; a study has at most one."""
    connection.execute(
        "INSERT INTO releases (id, study_id, manifest_sha256, size, released_us) VALUES (?, ?, ?, ?, ?)",
        (row.release_id, row.study_id, row.manifest_sha256, row.size, row.released_us),
    )


def find_release(connection: sqlite3.Connection, release_id: ReleaseId) -> ReleaseRow | None:
    """Return the release with this id."""
    row = connection.execute("SELECT * FROM releases WHERE id = ?", (release_id,)).fetchone()
    return None if row is None else _release(row)


def withdrawn_releases(connection: sqlite3.Connection) -> list[ReleaseRow]:
    """Return the releases that were withdrawn, in the order in which they were."""
    rows = connection.execute("SELECT * FROM releases WHERE withdrawn_us > 0 ORDER BY withdrawn_us, id")
    return [_release(row) for row in rows]


def _release(row: sqlite3.Row) -> ReleaseRow:
    return ReleaseRow(
        release_id=ReleaseId(row["id"]),
        study_id=StudyId(row["study_id"]),
        manifest_sha256=row["manifest_sha256"],
        size=row["size"],
        released_us=row["released_us"],
        withdrawn_us=row["withdrawn_us"],
        withdrawn_by=row["withdrawn_by"],
        withdrawn_reason=row["withdrawn_reason"],
    )


def set_withdrawn(
    connection: sqlite3.Connection, release_id: ReleaseId, by: str, reason: str, now_us: int
) -> None:
    """Mark a release as withdrawn."""
    connection.execute(
        "UPDATE releases SET withdrawn_us = ?, withdrawn_by = ?, withdrawn_reason = ? WHERE id = ?",
        (now_us, by, reason, release_id),
    )


def release_studies(
    connection: sqlite3.Connection, *, ended: bool = False
) -> list[tuple[StudyId, ReleaseId]]:
    """Return studies with a release or a draft that waits, the newest first, each with the release's id.

    With ``ended`` also those that ended with a draft that never came out.
    """
    rows = connection.execute(
        "SELECT studies.id AS study, coalesce(releases.id, drafts.release_id) AS release FROM studies"
        " LEFT JOIN releases ON releases.study_id = studies.id"
        " LEFT JOIN drafts ON drafts.study_id = studies.id"
        " WHERE releases.id IS NOT NULL OR studies.state = 'awaiting_release'"
        " OR (? AND drafts.release_id IS NOT NULL AND studies.state IN ('failed', 'cancelled'))"
        " ORDER BY coalesce(released_us, written_us) DESC, release",
        (ended,),
    )
    return [(StudyId(row["study"]), ReleaseId(row["release"])) for row in rows]
