"""A key that was learnt beforehand, in any of the forms in which people and programs pass one on."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Self

from syncline.errors import UsageError
from syncline.identity.fingerprint_words import WORDS, fingerprint_words

_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
_SPOKEN = re.compile(rf"[a-z]{{5}}(?:-[a-z]{{5}}){{{WORDS - 1}}}")


@dataclass(frozen=True, slots=True)
class KeyPin:
    """An Ed25519 public key as 64 hexadecimal digits (itself or its SHA-256), or its fingerprint in words."""

    text: str

    @classmethod
    def parse(cls, text: str, argument: str) -> Self:
        """Read what a person typed as ``argument``; capitals and white space around it do not matter."""
        plain = text.strip().lower()
        if not (_HEXADECIMAL.fullmatch(plain) or _SPOKEN.fullmatch(plain)):
            raise UsageError(
                f"{argument}: expected a fingerprint, 64 hexadecimal digits or {WORDS} words joined by"
                " hyphens, as 'trusted-party init' prints the hub's and 'supplier-agent enrol' an agent's"
            )
        return cls(plain)

    @classmethod
    def of_key(cls, public_key: bytes) -> Self:
        """Pin a raw public key of 32 bytes."""
        return cls(public_key.hex())

    def matches(self, public_key: bytes) -> bool:
        """Tell whether ``public_key`` is the pinned one."""
        digest = hashlib.sha256(public_key).hexdigest()
        return self.text in (public_key.hex(), digest, fingerprint_words(digest))
