"""The text of a token: a prefix that says what it is for, and base64url of a body with a checksum.

The checksum is the first 4 bytes of SHA-256 of prefix and body. It finds typing errors, and a body of one
kind behind the prefix of the other; a forged token is found by the hub, which knows only hashes of the
secrets that it gave out.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from syncline.errors import IdentityError

MAX_TEXT = 512
SECRET_BYTES = 32

_CHECKSUM_BYTES = 4


@dataclass(frozen=True, slots=True)
class TokenKind:
    """One kind of token.

    ``noun`` names it in errors, ``use`` says where it belongs when it is given elsewhere, ``command`` is what
    prints one at the hub, and ``domain`` parts the hashes of its secrets from those of every other kind.
    """

    prefix: str
    noun: str
    use: str
    command: str
    domain: bytes

    @property
    def remedy(self) -> str:
        """What to do with a line that is no token."""
        return f"copy the whole line that the hub's operator got from {self.command}"

    def text(self, body: bytes) -> str:
        """Return the line to hand over."""
        return self.prefix + base64.urlsafe_b64encode(body + self._checksum(body)).rstrip(b"=").decode()

    def body(self, text: str) -> bytes:
        """Read what a person pasted; spaces and line breaks around or within it do no harm."""
        compact = "".join(text.split())
        if not compact.startswith(self.prefix):
            raise IdentityError(_other_kind(self, compact))
        data = self._decode(compact.removeprefix(self.prefix))
        body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
        if not hmac.compare_digest(self._checksum(body), checksum):
            raise IdentityError(f"{self.noun}: it is cut off or mistyped: {self.remedy}")
        return body

    def hash(self, secret: bytes) -> bytes:
        """Return what the hub stores instead of a secret; 256 random bits need no slow hash."""
        return hashlib.sha256(self.domain + b"\x00" + secret).digest()

    def malformed(self) -> IdentityError:
        """Return the error for a body that has a good checksum and holds nonsense."""
        return IdentityError(
            f"{self.noun}: its content is malformed: ask the hub's operator for a new one ({self.command})"
        )

    def _decode(self, text: str) -> bytes:
        if len(text) > MAX_TEXT:
            raise IdentityError(f"{self.noun}: over {MAX_TEXT} characters: copy the one line only")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise IdentityError(
                f"{self.noun}: it is cut off or holds a wrong character: {self.remedy}"
            ) from None

    def _checksum(self, body: bytes) -> bytes:
        return hashlib.sha256(self.prefix.encode() + body).digest()[:_CHECKSUM_BYTES]


ENROLMENT = TokenKind(
    "syncline1-",
    "token",
    "a one-time token to enrol with",
    "'trusted-party invite NAME'",
    b"syncline/v1/enrolment-secret",
)
ACCESS = TokenKind(
    "syncline-access1-",
    "access token",
    "an access token for a release, which 'syncline releases fetch' takes with --token",
    "'trusted-party releases grant RELEASE RESEARCHER'",
    b"syncline/v1/access-secret",
)
_KINDS = (ENROLMENT, ACCESS)


def new_secret() -> bytes:
    """Return 256 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def _other_kind(wanted: TokenKind, compact: str) -> str:
    for kind in _KINDS:
        if kind is not wanted and compact.startswith(kind.prefix):
            return f"{wanted.noun}: this is {kind.use}: copy the line that begins with {wanted.prefix}"
    return f"{wanted.noun}: it does not begin with {wanted.prefix}: {wanted.remedy}"
