"""Grants as rows: researchers besides the owner of a study who may fetch its release until a moment.

A grant is opened by an access token, of whose secret the row holds a hash.
"""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import bindparam, delete, insert, select

from syncline.identity.access_token import hash_access_secret
from syncline.wire.messages import ReleaseId
from trusted_party.datastore.store import Transaction
from trusted_party.datastore.tables import grants

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


_ADD: Final = insert(grants)
_DROP: Final = delete(grants).where(
    grants.c.release_id == bindparam("release"), grants.c.researcher == bindparam("who")
)
_OF_RELEASE: Final = (
    select(grants).where(grants.c.release_id == bindparam("release")).order_by(grants.c.researcher)
)
_GRANT: Final = _OF_RELEASE.where(grants.c.researcher == bindparam("who"))


def put_grant(transaction: Transaction, grant: Grant) -> None:
    """Give access, in the place of what the researcher had been given before."""
    drop_grant(transaction, grant)
    transaction.run(_ADD, asdict(grant))


def drop_grant(transaction: Transaction, grant: Grant) -> None:
    """Take access away."""
    transaction.run(_DROP, {"release": grant.release_id, "who": grant.researcher})


def find_grant(transaction: Transaction, release_id: ReleaseId, researcher: str) -> Grant | None:
    """Return what a researcher was given, also where its time is over."""
    row = transaction.first(_GRANT, {"release": release_id, "who": researcher})
    return None if row is None else Grant(**row)


def grants_of(transaction: Transaction, release_id: ReleaseId) -> list[Grant]:
    """Return who was given access, by name, those whose time is over among them."""
    return [Grant(**row) for row in transaction.rows(_OF_RELEASE, {"release": release_id})]
