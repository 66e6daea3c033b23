"""Evict or ban a member: the certificates are revoked at once, also those of open connections."""

from __future__ import annotations

import sqlite3

from syncline.durable.audit import AuditLog
from syncline.durable.database import Database
from syncline.errors import UsageError
from trusted_party.datastore import members
from trusted_party.datastore.members import Standing


def evict(database: Database, audit: AuditLog, name: str) -> None:
    """Take a member's certificates away; a new invitation lets it enrol again."""
    _dismiss(database, audit, name, Standing.EVICTED, "evicted")


def ban(database: Database, audit: AuditLog, name: str, reason: str) -> None:
    """Take a member's certificates away for good; its name cannot be invited again."""
    _dismiss(database, audit, name, Standing.BANNED, reason)


def _dismiss(database: Database, audit: AuditLog, name: str, standing: Standing, reason: str) -> None:
    def write(connection: sqlite3.Connection) -> None:
        member = members.find_member(connection, name)
        if member is None:
            raise UsageError(f"{name}: no member of this name; 'trusted-party suppliers list' shows all")
        if member.standing is Standing.BANNED:
            raise UsageError(f"{name}: banned already")
        members.set_standing(connection, name, standing, reason)
        audit.append(connection, str(standing), {"name": name, "reason": reason})

    database.write_now(write)
