"""What a side and the hub say to each other when it enrols or renews, as values; no protobuf in here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """A one-time secret (32 bytes), a PEM signing request and an Ed25519 public key (32 bytes).

    ``signing_proof`` is the key's signature over the signing request: nobody enrols with another's key.
    """

    secret: bytes
    signing_request: bytes
    signing_key: bytes
    software_version: str
    signing_proof: bytes

    @property
    def request_digest(self) -> bytes:
        """The digest under the signature with purpose ``enrolment``."""
        return hashlib.sha256(self.signing_request).digest()

    def __repr__(self) -> str:
        """Never show the secret."""
        return "EnrolmentRequest(...)"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the hub gives to a side that enrolled."""

    certificate: bytes
    authority: bytes
    name: str
    role: str
    hub_address: str
    hub_signing_key: bytes


@dataclass(frozen=True, slots=True)
class RenewalRequest:
    """The old certificate, a request for the new key and the old key's signature over its digest."""

    certificate: bytes
    signing_request: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Renewal:
    """The new certificate and the root that signed it."""

    certificate: bytes
    authority: bytes
