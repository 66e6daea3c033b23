"""Ed25519 signatures over digests, each for one purpose, so that none can pass as another.

What is signed is ``syncline/v1/PURPOSE``, a zero byte and the SHA-256 of the document.
"""

from __future__ import annotations

import enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from syncline.errors import IdentityError
from syncline.identity.keys import parse_public_signing_key

DIGEST_BYTES = 32


class Purpose(enum.StrEnum):
    """What a signature says yes to."""

    STUDY_SPECIFICATION = "study-specification"
    STUDY_DECISION = "study-decision"
    RELEASE_MANIFEST = "release-manifest"
    RELEASE_DECISION = "release-decision"
    ENROLMENT = "enrolment"
    CANDIDATE = "candidate"


def sign(key: ed25519.Ed25519PrivateKey, purpose: Purpose, digest: bytes) -> bytes:
    """Return the 64 bytes of a signature over ``digest``, the SHA-256 of what is signed."""
    return key.sign(_message(purpose, digest))


def verify(public_key: bytes, purpose: Purpose, digest: bytes, signature: bytes) -> None:
    """Raise unless ``signature`` was made for this purpose and digest by the holder of ``public_key``."""
    try:
        parse_public_signing_key(public_key).verify(signature, _message(purpose, digest))
    except InvalidSignature:
        raise IdentityError(
            f"signature: it does not match the {purpose.replace('-', ' ')} and the signer's key"
        ) from None


def _message(purpose: Purpose, digest: bytes) -> bytes:
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest of {len(digest)} bytes, expected the {DIGEST_BYTES} of SHA-256")
    return b"syncline/v1/" + purpose.encode() + b"\x00" + digest
