"""One-time invitations: the hash of each token's secret and, once used, the certificate that it bought."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, bindparam, delete, func, insert, select, update

from syncline.identity.peer import PeerRole
from syncline.identity.tokens import EnrolmentTicket
from trusted_party.datastore.moments import from_us, to_us
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import invitations


@dataclass(frozen=True, slots=True)
class Invitation:
    """A ticket with what became of it; ``used_by_sha256`` is the digest of the request that used it."""

    ticket: EnrolmentTicket
    used_by_sha256: bytes | None
    certificate: bytes | None


_INVITATION: Final = select(invitations).where(invitations.c.secret_sha256 == bindparam("secret"))
_LAST: Final = select(func.coalesce(func.max(invitations.c.number), 0).label("number"))
_LAST_OF: Final = _LAST.where(invitations.c.name == bindparam("who"))
_AWAITING: Final = select(invitations.c.name).where(
    invitations.c.name == bindparam("who"),
    invitations.c.used_by_sha256.is_(None),
    invitations.c.expires_us >= bindparam("now"),
)
_ADD: Final = insert(invitations)
_SET: Final = update(invitations).where(invitations.c.secret_sha256 == bindparam("secret"))
_DROP_OLD: Final = delete(invitations).where(invitations.c.expires_us < bindparam("before"))


def put_invitation(transaction: Transaction, ticket: EnrolmentTicket) -> None:
    """Keep a new ticket; an older one for the same name is void: see :func:`is_replaced`."""
    transaction.run(
        _ADD,
        {
            "secret_sha256": ticket.secret_sha256,
            "name": ticket.name,
            "role": ticket.role,
            "expires_us": to_us(ticket.expires_at),
            "number": _number(transaction.first(_LAST)) + 1,
        },
    )


def find_invitation(transaction: Transaction, secret_sha256: bytes) -> Invitation | None:
    """Return the invitation whose secret has this hash."""
    row = transaction.first(_INVITATION, {"secret": secret_sha256})
    if row is None:
        return None
    ticket = EnrolmentTicket(
        row["name"],
        PeerRole(row["role"]),
        row["secret_sha256"],
        from_us(row["expires_us"]),
        used=row["used_by_sha256"] is not None,
    )
    return Invitation(ticket, row["used_by_sha256"], row["certificate"])


def is_replaced(transaction: Transaction, ticket: EnrolmentTicket) -> bool:
    """Tell whether the same name was invited again after this ticket."""
    own = _number(transaction.first(_INVITATION, {"secret": ticket.secret_sha256}))
    return _number(transaction.first(_LAST_OF, {"who": ticket.name})) > own > 0


def awaits_use(transaction: Transaction, name: str, now: dt.datetime) -> bool:
    """Tell whether a token for this name could still be used."""
    return transaction.first(_AWAITING, {"who": name, "now": to_us(now)}) is not None


def use_invitation(
    transaction: Transaction, secret_sha256: bytes, request_sha256: bytes, certificate: bytes
) -> None:
    """Mark an invitation as used by one request, and keep the certificate for a repeated call."""
    used = {"used_by_sha256": request_sha256, "certificate": certificate}
    transaction.run(_SET, {"secret": secret_sha256, **used})


def drop_old_invitations(transaction: Transaction, before: dt.datetime) -> None:
    """Forget invitations that expired before ``before``."""
    transaction.run(_DROP_OLD, {"before": to_us(before)})


def _number(row: RowMapping | None) -> int:
    return 0 if row is None else int(row["number"])
