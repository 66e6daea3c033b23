"""Evict or ban a member: the certificates are revoked at once, also those of open connections."""

from __future__ import annotations

from syncline.errors import UsageError
from trusted_party.datastore import members
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.members import MemberStanding
from trusted_party.datastore.store import Store, Transaction


def evict(database: Store, audit: HubAudit, name: str) -> None:
    """Take a member's certificates away; a new invitation lets it enrol again."""
    _dismiss(database, audit, name, MemberStanding.EVICTED, "evicted")


def ban(database: Store, audit: HubAudit, name: str, reason: str) -> None:
    """Take a member's certificates away for good; its name cannot be invited again."""
    _dismiss(database, audit, name, MemberStanding.BANNED, reason)


def _dismiss(database: Store, audit: HubAudit, name: str, standing: MemberStanding, reason: str) -> None:
    def write(transaction: Transaction) -> None:
        member = members.find_member(transaction, name)
        if member is None:
            raise UsageError(f"{name}: no member of this name; 'trusted-party suppliers list' shows all")
        if member.standing is MemberStanding.BANNED:
            raise UsageError(f"{name}: banned already")
        members.set_standing(transaction, name, standing, reason)
        audit.append(transaction, str(standing), {"name": name, "reason": reason})

    database.write_now(write)
