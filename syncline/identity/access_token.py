"""Access tokens: what a researcher shows, beside a certificate, to fetch a release that was granted to them.

The text is ``syncline-access1-`` and base64url of: length of the release's id (1 byte), the id, length of the
researcher's name (1), the name, secret (32), checksum (4). Release and name let the command refuse a token
that is meant for something else before the hub is asked; the hub believes neither of them, it looks at the
certificate and at its own record of the grant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syncline.errors import IdentityError
from syncline.identity.peer import check_name
from syncline.identity.token_text import ACCESS, SECRET_BYTES, new_secret

_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, repr=False)
class AccessToken:
    """What the text of an access token says; its ``repr`` does not show the secret."""

    release_id: str
    researcher: str
    secret: bytes

    def __post_init__(self) -> None:
        if not _RELEASE.fullmatch(self.release_id) or len(self.secret) != SECRET_BYTES:
            raise ACCESS.malformed()
        try:
            check_name(self.researcher)
        except IdentityError:
            raise ACCESS.malformed() from None

    def __repr__(self) -> str:
        return f"AccessToken(release_id={self.release_id!r}, researcher={self.researcher!r})"

    @property
    def secret_sha256(self) -> bytes:
        """What the hub stores of it."""
        return hash_access_secret(self.secret)

    def text(self) -> str:
        """Return the line to hand over, about 100 characters."""
        body = _measured(self.release_id) + _measured(self.researcher) + self.secret
        return ACCESS.text(body)

    @classmethod
    def make(cls, release_id: str, researcher: str) -> AccessToken:
        """Return a token with a new secret."""
        return cls(release_id, researcher, new_secret())

    @classmethod
    def parse(cls, text: str) -> AccessToken:
        """Read a token that a person pasted."""
        release_id, rest = _cut(ACCESS.body(text))
        researcher, secret = _cut(rest)
        return cls(release_id, researcher, secret)


def hash_access_secret(secret: bytes) -> bytes:
    """Return what the hub stores and compares instead of a secret."""
    return ACCESS.hash(secret)


def _measured(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("ascii")


def _cut(body: bytes) -> tuple[str, bytes]:
    if not body or len(body) < 1 + body[0]:
        raise ACCESS.malformed()
    return body[1 : 1 + body[0]].decode("ascii", "replace"), body[1 + body[0] :]
