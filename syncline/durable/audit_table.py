"""The audit's entries as rows of a SQLite database whose functions get the connection of sqlite3."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncline.clock import Clock
from syncline.durable.audit import AuditEntry, AuditPen, FieldValue

AUDIT_SCHEMA = """
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    kind TEXT NOT NULL,
    fields TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_keeps_entries BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_keeps_all_entries BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never removed'); END;
"""
"""One migration of the database that keeps the chain."""

_ADD = "INSERT INTO audit VALUES (:seq, :time_us, :kind, :fields, :previous, :hash, :signature)"


class AuditLog:
    """Append signed entries inside the transactions of the caller."""

    def __init__(self, key: Ed25519PrivateKey, clock: Clock) -> None:
        self._pen = AuditPen(key, clock)

    def append(
        self, connection: sqlite3.Connection, kind: str, fields: Mapping[str, FieldValue]
    ) -> AuditEntry:
        """Add an entry; it stands or falls with the transaction that ``connection`` is in.

        Fields are names, digests and counts, never values from data; no floats, whose text may vary.
        """
        last = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        entry = self._pen.write(None if last is None else (last["seq"], last["hash"]), kind, fields)
        connection.execute(_ADD, entry.columns())
        return entry


def entries(connection: sqlite3.Connection) -> Iterator[AuditEntry]:
    """Read the chain in order; an entry whose fields are not JSON any more comes with none."""
    return map(AuditEntry.from_columns, connection.execute("SELECT * FROM audit ORDER BY seq"))
