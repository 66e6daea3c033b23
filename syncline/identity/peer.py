"""Who a certificate says its holder is: a name, a role and a key, read strictly.

The role stands in one URI of the subject alternative name, ``syncline:role:ROLE:NAME``. A certificate without
exactly one such URI, with an unknown role or with a malformed name is nobody's.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from syncline.errors import IdentityError

MAX_PEM_BYTES = 16_384
_URI_PREFIX = "syncline:role:"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,61}[A-Za-z0-9])?")


class PeerRole(enum.StrEnum):
    """What the holder of a client certificate may do at the hub."""

    SUPPLIER = "supplier"
    RESEARCHER = "researcher"
    APPROVER = "approver"
    OPERATOR = "operator"


def parse_role(text: str) -> PeerRole:
    """Return the role that ``text`` names."""
    try:
        return PeerRole(text)
    except ValueError:
        raise IdentityError(f"role: not one of {', '.join(PeerRole)}") from None


def check_name(name: str) -> str:
    """Return ``name`` where it is fit for a certificate and a directory."""
    if not _NAME.fullmatch(name):
        raise IdentityError(
            "name: expected 1 to 63 letters, digits, '.', '_', '@' or '-', a letter or digit first and last"
        )
    return name


def fingerprint(public_key: CertificatePublicKeyTypes) -> str:
    """Return the SHA-256 of the key's SubjectPublicKeyInfo as 64 hexadecimal digits."""
    spki = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(spki).hexdigest()


def role_uri(role: PeerRole, name: str) -> str:
    """Return the URI that states role and name in a certificate."""
    return f"{_URI_PREFIX}{role}:{check_name(name)}"


@dataclass(frozen=True, slots=True)
class PeerIdentity:
    """The holder of a client certificate; ``fingerprint`` is that of its key."""

    name: str
    role: PeerRole
    fingerprint: str
    not_before: dt.datetime
    not_after: dt.datetime

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        """Read a leaf certificate; its signature is the TLS stack's or :func:`verify_issued`'s to check."""
        certificate = parse_certificate(pem)
        role, name = _role_and_name(certificate)
        return cls(
            name=name,
            role=role,
            fingerprint=fingerprint(elliptic_key(certificate)),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )

    def check_current(self, now: dt.datetime) -> None:
        """Raise where the certificate is expired or not yet valid; an open connection outlives neither."""
        check_dates(self.not_before, self.not_after, now, f"certificate of {self.name}")

    def renewal_due(self, now: dt.datetime) -> bool:
        """Tell whether half of the lifetime has passed."""
        return now >= self.not_before + (self.not_after - self.not_before) / 2


def check_dates(not_before: dt.datetime, not_after: dt.datetime, now: dt.datetime, what: str) -> None:
    """Raise where ``now`` lies outside of the two dates; ``what`` names the certificate."""
    if now < not_before:
        raise IdentityError(
            f"{what}: valid only from {not_before:%Y-%m-%d %H:%M} UTC: set this machine's clock"
        )
    if now > not_after:
        raise IdentityError(f"{what}: expired on {not_after:%Y-%m-%d %H:%M} UTC: renew it or enrol again")


def parse_certificate(pem: bytes) -> x509.Certificate:
    """Read one PEM certificate of at most 16 KiB."""
    if len(pem) > MAX_PEM_BYTES:
        raise IdentityError(f"certificate: {len(pem)} bytes, expected at most {MAX_PEM_BYTES}")
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise IdentityError("certificate: not a PEM certificate") from None


def elliptic_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate, which is read only now; raise unless it is an elliptic curve key."""
    try:
        key = certificate.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityError("certificate: its key does not read") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise IdentityError("certificate: its key is not an elliptic curve key")
    return key


def alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    """Return the names in a certificate; raise where it has none that read."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, UnsupportedAlgorithm, TypeError, ValueError):
        raise IdentityError("certificate: it names nobody") from None


def _role_and_name(certificate: x509.Certificate) -> tuple[PeerRole, str]:
    uris = list(alternative_names(certificate).get_values_for_type(x509.UniformResourceIdentifier))
    if len(uris) != 1 or not uris[0].startswith(_URI_PREFIX):
        raise IdentityError("certificate: it must name exactly one role")
    role, separator, name = uris[0].removeprefix(_URI_PREFIX).partition(":")
    if not separator:
        raise IdentityError("certificate: its role has no name")
    return parse_role(role), check_name(name)
