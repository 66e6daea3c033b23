"""Those who enrolled: suppliers, researchers, approvers and operators, with their certificates."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from syncline.identity.peer import Role


class Standing(StrEnum):
    """Whether a member may call the hub."""

    ACTIVE = "active"
    EVICTED = "evicted"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Member:
    """One who enrolled; ``signing_key`` is the Ed25519 public key, 32 bytes."""

    name: str
    role: Role
    signing_key: bytes
    standing: Standing
    reason: str
    enrolled_us: int
    connected: bool
    last_seen_us: int
    datasets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that the hub issued; ``fingerprint`` is that of its key."""

    fingerprint: str
    name: str
    pem: bytes
    not_after_us: int
    revoked: bool


def put_member(
    connection: sqlite3.Connection, name: str, role: Role, signing_key: bytes, now_us: int
) -> None:
    """Add a member, or let one who enrols again in with a new key."""
    connection.execute(
        "INSERT INTO members (name, role, signing_key, standing, enrolled_us) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET signing_key = excluded.signing_key,"
        " standing = excluded.standing, reason = '', enrolled_us = excluded.enrolled_us",
        (name, role, signing_key, Standing.ACTIVE, now_us),
    )


def find_member(connection: sqlite3.Connection, name: str) -> Member | None:
    """Return the member of that name."""
    row = connection.execute("SELECT * FROM members WHERE name = ?", (name,)).fetchone()
    return None if row is None else _member(row)


def list_members(connection: sqlite3.Connection, role: Role | None = None) -> list[Member]:
    """Return all members, or those of one role, by name."""
    rows = connection.execute("SELECT * FROM members ORDER BY name")
    return [member for member in map(_member, rows) if role in (None, member.role)]


def set_standing(connection: sqlite3.Connection, name: str, standing: Standing, reason: str) -> None:
    """Evict or ban a member and revoke all certificates of that name."""
    connection.execute(
        "UPDATE members SET standing = ?, reason = ?, connected = 0 WHERE name = ?", (standing, reason, name)
    )
    revoke_certificates(connection, name)


def set_connected(connection: sqlite3.Connection, name: str, connected: bool, now_us: int) -> None:
    """Remember whether an agent is attached, for the commands that look from outside."""
    connection.execute(
        "UPDATE members SET connected = ?, last_seen_us = ? WHERE name = ?", (connected, now_us, name)
    )


def set_datasets(connection: sqlite3.Connection, name: str, datasets: tuple[str, ...]) -> None:
    """Remember which data sets an agent says that it has."""
    connection.execute("UPDATE members SET datasets = ? WHERE name = ?", (json.dumps(datasets), name))


def disconnect_all(connection: sqlite3.Connection) -> None:
    """Forget who was attached, when the hub starts."""
    connection.execute("UPDATE members SET connected = 0")


def put_certificate(connection: sqlite3.Connection, certificate: Certificate) -> None:
    """Remember a certificate that was issued; a renewal may keep its key."""
    connection.execute(
        "INSERT INTO certificates VALUES (?, ?, ?, ?, ?) ON CONFLICT (fingerprint) DO UPDATE"
        " SET pem = excluded.pem, not_after_us = excluded.not_after_us WHERE name = excluded.name",
        (
            certificate.fingerprint,
            certificate.name,
            certificate.pem,
            certificate.not_after_us,
            certificate.revoked,
        ),
    )


def revoke_certificates(connection: sqlite3.Connection, name: str) -> None:
    """Revoke every certificate of a name."""
    connection.execute("UPDATE certificates SET revoked = 1 WHERE name = ?", (name,))


def find_certificate(connection: sqlite3.Connection, fingerprint: str) -> Certificate | None:
    """Return the certificate whose key has this fingerprint."""
    row = connection.execute("SELECT * FROM certificates WHERE fingerprint = ?", (fingerprint,)).fetchone()
    if row is None:
        return None
    return Certificate(row["fingerprint"], row["name"], row["pem"], row["not_after_us"], bool(row["revoked"]))


def valid_fingerprints(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the fingerprints that may call, with the name that each belongs to."""
    rows = connection.execute(
        "SELECT fingerprint, name FROM certificates JOIN members USING (name)"
        " WHERE NOT revoked AND standing = ?",
        (Standing.ACTIVE,),
    )
    return {row["fingerprint"]: row["name"] for row in rows}


def banned_names(connection: sqlite3.Connection) -> list[str]:
    """Return the names of those who will not come back."""
    rows = connection.execute("SELECT name FROM members WHERE standing = ?", (Standing.BANNED,))
    return [row["name"] for row in rows]


def _member(row: sqlite3.Row) -> Member:
    return Member(
        name=row["name"],
        role=Role(row["role"]),
        signing_key=row["signing_key"],
        standing=Standing(row["standing"]),
        reason=row["reason"],
        enrolled_us=row["enrolled_us"],
        connected=bool(row["connected"]),
        last_seen_us=row["last_seen_us"],
        datasets=tuple(json.loads(row["datasets"])),
    )
