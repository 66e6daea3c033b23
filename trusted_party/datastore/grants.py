"""Grants as rows: researchers besides the owner of a study who may fetch its release until a moment.

A grant is opened by an access token, of whose secret the row holds a hash.
"""

from __future__ import annotations

import hmac
import sqlite3
from dataclasses import dataclass

from syncline.identity.access_token import hash_access_secret
from syncline.wire.messages import ReleaseId

_SHOWN_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Grant:
    """A researcher's access to one release, until ``until_us``, for who shows the secret of this hash."""

    release_id: ReleaseId
    researcher: str
    until_us: int
    secret_sha256: bytes

    @property
    def short_id(self) -> str:
        """What lists and the audit call it: the first 8 hexadecimal digits of the hash."""
        return short_id(self.secret_sha256)

    def is_over(self, now_us: int) -> bool:
        """Tell whether its time has come."""
        return self.until_us <= now_us

    def opens(self, secret: bytes) -> bool:
        """Tell whether this is its secret, in a time that says nothing about the secret."""
        return hmac.compare_digest(hash_access_secret(secret), self.secret_sha256)


def short_id(secret_sha256: bytes) -> str:
    """Return the name under which people know an access token."""
    return secret_sha256.hex()[:_SHOWN_DIGITS]


def put_grant(connection: sqlite3.Connection, grant: Grant) -> None:
    """Give access, in the place of what the researcher had been given before."""
    connection.execute(
        "INSERT OR REPLACE INTO grants (release_id, researcher, until_us, secret_sha256) VALUES (?, ?, ?, ?)",
        (grant.release_id, grant.researcher, grant.until_us, grant.secret_sha256),
    )


def drop_grant(connection: sqlite3.Connection, grant: Grant) -> None:
    """Take access away."""
    connection.execute(
        "DELETE FROM grants WHERE release_id = ? AND researcher = ?", (grant.release_id, grant.researcher)
    )


def find_grant(connection: sqlite3.Connection, release_id: ReleaseId, researcher: str) -> Grant | None:
    """Return what a researcher was given, also where its time is over."""
    row = connection.execute(
        "SELECT * FROM grants WHERE release_id = ? AND researcher = ?", (release_id, researcher)
    ).fetchone()
    return None if row is None else _grant(row)


def grants_of(connection: sqlite3.Connection, release_id: ReleaseId) -> list[Grant]:
    """Return who was given access, by name, those whose time is over among them."""
    rows = connection.execute("SELECT * FROM grants WHERE release_id = ? ORDER BY researcher", (release_id,))
    return [_grant(row) for row in rows]


def _grant(row: sqlite3.Row) -> Grant:
    return Grant(ReleaseId(row["release_id"]), row["researcher"], row["until_us"], row["secret_sha256"])
