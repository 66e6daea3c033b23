"""Those who enrolled: suppliers, researchers, approvers and operators, with their certificates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import RowMapping, bindparam, insert, select, update

from syncline.identity.peer import PeerRole
from trusted_party.datastore.column_types import NO
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import certificates, members


class MemberStanding(StrEnum):
    """Whether a member may call the hub."""

    ACTIVE = "active"
    EVICTED = "evicted"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Member:
    """One who enrolled; ``signing_key`` is the Ed25519 public key, 32 bytes."""

    name: str
    role: PeerRole
    signing_key: bytes
    standing: MemberStanding
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


_MEMBERS: Final = select(members).order_by(members.c.name)
_MEMBER: Final = select(members).where(members.c.name == bindparam("who"))
_NAMES_IN: Final = select(members.c.name).where(members.c.standing == bindparam("standing"))
_ADD: Final = insert(members)
_SET: Final = update(members).where(members.c.name == bindparam("who"))
_DISCONNECT: Final = update(members).values(connected=False)
_CERTIFICATE: Final = select(certificates).where(certificates.c.fingerprint == bindparam("key"))
_ADD_CERTIFICATE: Final = insert(certificates)
_RENEW: Final = update(certificates).where(
    certificates.c.fingerprint == bindparam("key"), certificates.c.name == bindparam("who")
)
_REVOKE: Final = update(certificates).where(certificates.c.name == bindparam("who")).values(revoked=True)
_VALID: Final = (
    select(certificates.c.fingerprint, certificates.c.name)
    .join(members, members.c.name == certificates.c.name)
    .where(certificates.c.revoked == NO, members.c.standing == MemberStanding.ACTIVE)
)


def put_member(transaction: Transaction, name: str, role: PeerRole, signing_key: bytes, now_us: int) -> None:
    """Add a member, or let one who enrols again in with a new key."""
    entered = {"signing_key": signing_key, "standing": MemberStanding.ACTIVE, "enrolled_us": now_us}
    if not transaction.run(_SET, {"who": name, "reason": "", **entered}):
        transaction.run(_ADD, {"name": name, "role": role, **entered})


def find_member(transaction: Transaction, name: str) -> Member | None:
    """Return the member of that name."""
    row = transaction.first(_MEMBER, {"who": name})
    return None if row is None else _member(row)


def list_members(transaction: Transaction, role: PeerRole | None = None) -> list[Member]:
    """Return all members, or those of one role, by name."""
    return [member for member in map(_member, transaction.rows(_MEMBERS)) if role in (None, member.role)]


def set_standing(transaction: Transaction, name: str, standing: MemberStanding, reason: str) -> None:
    """Evict or ban a member and revoke all certificates of that name."""
    transaction.run(_SET, {"who": name, "standing": standing, "reason": reason, "connected": False})
    revoke_certificates(transaction, name)


def set_connected(transaction: Transaction, name: str, connected: bool, now_us: int) -> None:
    """Remember whether an agent is attached, for the commands that look from outside."""
    transaction.run(_SET, {"who": name, "connected": connected, "last_seen_us": now_us})


def set_datasets(transaction: Transaction, name: str, datasets: tuple[str, ...]) -> None:
    """Remember which data sets an agent says that it has."""
    transaction.run(_SET, {"who": name, "datasets": json.dumps(datasets)})


def disconnect_all(transaction: Transaction) -> None:
    """Forget who was attached, when the hub starts."""
    transaction.run(_DISCONNECT)


def put_certificate(transaction: Transaction, certificate: Certificate) -> None:
    """Remember a certificate that was issued; a renewal may keep its key, but not take another's."""
    issued = {"pem": certificate.pem, "not_after_us": certificate.not_after_us}
    if transaction.first(_CERTIFICATE, {"key": certificate.fingerprint}) is not None:
        transaction.run(_RENEW, {"key": certificate.fingerprint, "who": certificate.name, **issued})
        return
    named = {"fingerprint": certificate.fingerprint, "name": certificate.name}
    transaction.run(_ADD_CERTIFICATE, {**named, **issued, "revoked": certificate.revoked})


def revoke_certificates(transaction: Transaction, name: str) -> None:
    """Revoke every certificate of a name."""
    transaction.run(_REVOKE, {"who": name})


def find_certificate(transaction: Transaction, fingerprint: str) -> Certificate | None:
    """Return the certificate whose key has this fingerprint."""
    row = transaction.first(_CERTIFICATE, {"key": fingerprint})
    return None if row is None else Certificate(**row)


def valid_fingerprints(transaction: Transaction) -> dict[str, str]:
    """Return the fingerprints that may call, with the name that each belongs to."""
    return {row["fingerprint"]: row["name"] for row in transaction.rows(_VALID)}


def banned_names(transaction: Transaction) -> list[str]:
    """Return the names of those who will not come back."""
    return [row["name"] for row in transaction.rows(_NAMES_IN, {"standing": MemberStanding.BANNED})]


def _member(row: RowMapping) -> Member:
    return Member(
        name=row["name"],
        role=PeerRole(row["role"]),
        signing_key=row["signing_key"],
        standing=MemberStanding(row["standing"]),
        reason=row["reason"],
        enrolled_us=row["enrolled_us"],
        connected=row["connected"],
        last_seen_us=row["last_seen_us"],
        datasets=tuple(json.loads(row["datasets"])),
    )
