"""One-time invitations: the hash of each token's secret and, once used, the certificate that it bought."""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass

from syncline.identity.peer import Role
from syncline.identity.tokens import EnrolmentTicket
from trusted_party.datastore.moments import from_us, to_us


@dataclass(frozen=True, slots=True)
class Invitation:
    """A ticket with what became of it; ``used_by_sha256`` is the digest of the request that used it."""

    ticket: EnrolmentTicket
    used_by_sha256: bytes | None
    certificate: bytes | None


def put_invitation(connection: sqlite3.Connection, ticket: EnrolmentTicket) -> None:
    """Keep a new ticket; an older one for the same name is void: see :func:`is_replaced`."""
    connection.execute(
        "INSERT INTO invitations (secret_sha256, name, role, expires_us) VALUES (?, ?, ?, ?)",
        (ticket.secret_sha256, ticket.name, ticket.role, to_us(ticket.expires_at)),
    )


def find_invitation(connection: sqlite3.Connection, secret_sha256: bytes) -> Invitation | None:
    """Return the invitation whose secret has this hash."""
    row = connection.execute("SELECT * FROM invitations WHERE secret_sha256 = ?", (secret_sha256,)).fetchone()
    if row is None:
        return None
    ticket = EnrolmentTicket(
        row["name"],
        Role(row["role"]),
        row["secret_sha256"],
        from_us(row["expires_us"]),
        used=row["used_by_sha256"] is not None,
    )
    return Invitation(ticket, row["used_by_sha256"], row["certificate"])


def is_replaced(connection: sqlite3.Connection, ticket: EnrolmentTicket) -> bool:
    """Tell whether the same name was invited again after this ticket."""
    row = connection.execute(
        "SELECT 1 FROM invitations WHERE name = ? AND rowid >"
        " (SELECT rowid FROM invitations WHERE secret_sha256 = ?)",
        (ticket.name, ticket.secret_sha256),
    ).fetchone()
    return row is not None


def awaits_use(connection: sqlite3.Connection, name: str, now: dt.datetime) -> bool:
    """Tell whether a token for this name could still be used."""
    row = connection.execute(
        "SELECT 1 FROM invitations WHERE name = ? AND used_by_sha256 IS NULL AND expires_us >= ?",
        (name, to_us(now)),
    ).fetchone()
    return row is not None


def use_invitation(
    connection: sqlite3.Connection, secret_sha256: bytes, request_sha256: bytes, certificate: bytes
) -> None:
    """Mark an invitation as used by one request, and keep the certificate for a repeated call."""
    connection.execute(
        "UPDATE invitations SET used_by_sha256 = ?, certificate = ? WHERE secret_sha256 = ?",
        (request_sha256, certificate, secret_sha256),
    )


def drop_old_invitations(connection: sqlite3.Connection, before: dt.datetime) -> None:
    """Forget invitations that expired before ``before``."""
    connection.execute("DELETE FROM invitations WHERE expires_us < ?", (to_us(before),))
