"""Releases as rows; their files stand in the home's directory ``releases``."""

from __future__ import annotations

import sqlite3

from syncline.wire.messages import ReleaseEntry, ReleaseId, StudyId

_COLUMNS = (
    "SELECT releases.id, study_id, studies.name, manifest_sha256, size, released_us"
    " FROM releases JOIN studies ON studies.id = study_id"
)


def add_release(connection: sqlite3.Connection, entry: ReleaseEntry) -> None:
    """Add a release; a study has at most one."""
    connection.execute(
        "INSERT INTO releases (id, study_id, manifest_sha256, size, released_us) VALUES (?, ?, ?, ?, ?)",
        (entry.release_id, entry.study_id, entry.manifest_sha256, entry.size, entry.released_us),
    )


def find_release(connection: sqlite3.Connection, release_id: ReleaseId) -> ReleaseEntry | None:
    """Return the release with this id."""
    row = connection.execute(f"{_COLUMNS} WHERE releases.id = ?", (release_id,)).fetchone()
    return None if row is None else _entry(row)


def list_releases(
    connection: sqlite3.Connection, researcher: str | None = None, most: int = 500
) -> list[ReleaseEntry]:
    """Return the newest releases first, all of them or those of one researcher's studies."""
    rows = connection.execute(
        f"{_COLUMNS} WHERE ? IS NULL OR researcher = ? ORDER BY released_us DESC LIMIT ?",
        (researcher, researcher, most),
    )
    return [_entry(row) for row in rows]


def _entry(row: sqlite3.Row) -> ReleaseEntry:
    return ReleaseEntry(
        release_id=ReleaseId(row["id"]),
        study_id=StudyId(row["study_id"]),
        study_name=row["name"],
        manifest_sha256=row["manifest_sha256"],
        size=row["size"],
        released_us=row["released_us"],
    )
