"""One-time enrolment tokens: a line of text for the supplier, a hash of its secret for the hub.

The text is ``syncline1-`` and base64url of: role (1 byte), length of the name (1), name, secret (32), SHA-256
of the authority's root (32), checksum (4). The root's digest lets the supplier know the hub before it says a
word.
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass

from syncline.errors import IdentityError
from syncline.identity.peer import PeerRole, check_name
from syncline.identity.token_text import ENROLMENT, SECRET_BYTES, new_secret

TOKEN_LIFETIME = dt.timedelta(minutes=10)
LONGEST_LIFETIME = dt.timedelta(days=14)

_DIGEST_BYTES = 32
_ROLE_CODES = {PeerRole.SUPPLIER: 1, PeerRole.RESEARCHER: 2, PeerRole.APPROVER: 3, PeerRole.OPERATOR: 4}
_ROLES = {code: role for role, code in _ROLE_CODES.items()}


@dataclass(frozen=True, slots=True, repr=False)
class EnrolmentToken:
    """What the text of a token says; its ``repr`` shows neither secret nor digest."""

    name: str
    role: PeerRole
    secret: bytes
    root_sha256: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.secret) != SECRET_BYTES or len(self.root_sha256) != _DIGEST_BYTES:
            raise IdentityError("token: the secret and the authority's digest must have 32 bytes each")

    def __repr__(self) -> str:
        return f"EnrolmentToken(name={self.name!r}, role={self.role.value!r})"

    def text(self) -> str:
        """Return the line to hand over, about 130 characters."""
        name = self.name.encode("ascii")
        body = bytes([_ROLE_CODES[self.role], len(name)]) + name + self.secret + self.root_sha256
        return ENROLMENT.text(body)

    @classmethod
    def parse(cls, text: str) -> EnrolmentToken:
        """Read a token that a person pasted; spaces and line breaks around or within it do no harm."""
        body = ENROLMENT.body(text)
        if len(body) < 2:
            raise ENROLMENT.malformed()
        role, name_bytes = _ROLES.get(body[0]), body[1]
        if role is None or len(body) != 2 + name_bytes + SECRET_BYTES + _DIGEST_BYTES:
            raise ENROLMENT.malformed()
        name, rest = body[2 : 2 + name_bytes], body[2 + name_bytes :]
        return cls(name.decode("ascii", "replace"), role, rest[:SECRET_BYTES], rest[SECRET_BYTES:])


@dataclass(frozen=True, slots=True)
class EnrolmentTicket:
    """The hub's half of a token: whom it is for and until when; of the secret only its SHA-256."""

    name: str
    role: PeerRole
    secret_sha256: bytes
    expires_at: dt.datetime
    used: bool = False

    def check(self, secret: bytes, now: dt.datetime) -> None:
        """Raise unless ``secret`` redeems this ticket now. Marking it as used is the caller's transaction."""
        if not hmac.compare_digest(hash_secret(secret), self.secret_sha256):
            raise IdentityError("token: it is not one of this hub's: ask the hub's operator for a new one")
        if self.used:
            raise IdentityError("token: it was used before: ask the hub's operator for a new one")
        if now > self.expires_at:
            raise IdentityError("token: it has expired: ask the hub's operator for a new one")


def invite(
    name: str, role: PeerRole, root_sha256: bytes, now: dt.datetime, lifetime: dt.timedelta = TOKEN_LIFETIME
) -> tuple[EnrolmentToken, EnrolmentTicket]:
    """Make a token for the supplier or person called ``name`` and the ticket that the hub keeps."""
    token = EnrolmentToken(name, role, new_secret(), root_sha256)
    return token, EnrolmentTicket(name, role, hash_secret(token.secret), now + lifetime)


def hash_secret(secret: bytes) -> bytes:
    """Return what the hub stores and looks up instead of a secret."""
    return ENROLMENT.hash(secret)
