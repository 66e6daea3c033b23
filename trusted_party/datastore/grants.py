"""Grants as rows: researchers besides the owner of a study who may fetch its release until a moment."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from syncline.wire.messages import ReleaseId


@dataclass(frozen=True, slots=True)
class Grant:
    """A researcher's access to one release, until ``until_us``."""

    release_id: ReleaseId
    researcher: str
    until_us: int


def put_grant(connection: sqlite3.Connection, grant: Grant) -> None:
    """Give access, or another end to one that was given."""
    connection.execute(
        "INSERT OR REPLACE INTO grants VALUES (?, ?, ?)", (grant.release_id, grant.researcher, grant.until_us)
    )


def drop_grant(connection: sqlite3.Connection, release_id: ReleaseId, researcher: str) -> bool:
    """Take access away; False where there was none."""
    gone = connection.execute(
        "DELETE FROM grants WHERE release_id = ? AND researcher = ?", (release_id, researcher)
    )
    return gone.rowcount == 1


def has_grant(connection: sqlite3.Connection, release_id: ReleaseId, researcher: str, now_us: int) -> bool:
    """Tell whether a researcher has access now."""
    row = connection.execute(
        "SELECT 1 FROM grants WHERE release_id = ? AND researcher = ? AND until_us > ?",
        (release_id, researcher, now_us),
    ).fetchone()
    return row is not None


def grants_of(connection: sqlite3.Connection, release_id: ReleaseId) -> list[Grant]:
    """Return who was given access, by name, those whose time is over among them."""
    rows = connection.execute("SELECT * FROM grants WHERE release_id = ? ORDER BY researcher", (release_id,))
    return [Grant(ReleaseId(row["release_id"]), row["researcher"], row["until_us"]) for row in rows]
