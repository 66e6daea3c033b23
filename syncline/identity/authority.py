"""The hub's certificate authority: one self-signed root that issues leaves and nothing below them.

Every root has a subject of its own (a random suffix) and every leaf names its issuer's key: with two roots of
one name and no such hint, TLS stacks try the wrong root and fail every handshake. Leaves and roots are dated
:data:`BACKDATED` before they are made, so that a machine whose clock is up to an hour slow accepts them at
once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
import re
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from syncline.errors import IdentityError
from syncline.identity.certificate_request import requested_key
from syncline.identity.keys import load_tls_key, save_private_key
from syncline.identity.peer import PeerRole, check_dates, check_name, parse_certificate, role_uri
from syncline.identity.private_file import read_public, write_public

BACKDATED = dt.timedelta(minutes=65)
"""Clocks an hour off are common (a wrong time zone, a missed summer time); five minutes are for drift."""

ROOT_LIFETIME = dt.timedelta(days=3652)
LEAF_DAYS = 30
KEY_FILE, ROOT_FILE = "authority-key.pem", "authority.pem"

_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*")


class CertificateAuthority:
    """A root certificate with its private key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, root: x509.Certificate) -> None:
        if key.public_key() != root.public_key():
            raise IdentityError(f"{KEY_FILE} and {ROOT_FILE} do not match: restore both from one backup")
        self._key = key
        self._root = root

    @classmethod
    def create(cls, name: str, now: dt.datetime) -> Self:
        """Make a new root for the hub called ``name``, valid for ten years, with path length 0."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(f"{check_name(name)} authority {secrets.token_hex(8)}")
        builder = _builder(subject, subject, key.public_key(), now, ROOT_LIFETIME)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=True), critical=True)
        builder = builder.add_extension(_own_key_id(key.public_key()), critical=False)
        builder = builder.add_extension(_issuer_key_id(key.public_key()), critical=False)
        return cls(key, builder.sign(key, hashes.SHA256()))

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read the root and its key from ``directory``."""
        root = parse_certificate(read_public(directory / ROOT_FILE))
        return cls(load_tls_key(directory / KEY_FILE), root)

    def save(self, directory: Path) -> None:
        """Write the key (mode 600) and then the root to ``directory``."""
        save_private_key(directory / KEY_FILE, self._key)
        write_public(directory / ROOT_FILE, self.root_pem)

    @property
    def root_pem(self) -> bytes:
        """The root certificate."""
        return self._root.public_bytes(serialization.Encoding.PEM)

    @property
    def root_sha256(self) -> bytes:
        """The SHA-256 of the root's DER form, which enrolment tokens carry."""
        return root_digest(self.root_pem)

    def issue(
        self, signing_request: bytes, name: str, role: PeerRole, now: dt.datetime, days: float = LEAF_DAYS
    ) -> bytes:
        """Return a client certificate, PEM, for the key of ``signing_request``.

        Name and role are the hub's decision; whatever the request asks for besides its key is ignored.
        """
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(role_uri(role, name))])
        usage = ExtendedKeyUsageOID.CLIENT_AUTH
        return self._issue_leaf(requested_key(signing_request), _subject(name), names, usage, now, days)

    def issue_server(
        self, signing_request: bytes, hosts: Sequence[str], now: dt.datetime, days: float = LEAF_DAYS
    ) -> bytes:
        """Return the hub's own certificate, PEM, for the DNS names and IP addresses in ``hosts``.

        It names no role, so it cannot be used to call the hub.
        """
        if not hosts:
            raise IdentityError(
                "hosts: name at least one DNS name or IP address under which the hub is reached"
            )
        names = x509.SubjectAlternativeName([_host_name(host) for host in hosts])
        usage = ExtendedKeyUsageOID.SERVER_AUTH
        return self._issue_leaf(requested_key(signing_request), _subject("hub"), names, usage, now, days)

    def _issue_leaf(
        self,
        key: ec.EllipticCurvePublicKey,
        subject: x509.Name,
        names: x509.SubjectAlternativeName,
        usage: x509.ObjectIdentifier,
        now: dt.datetime,
        days: float,
    ) -> bytes:
        builder = _builder(subject, self._root.subject, key, now, dt.timedelta(days=days))
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        builder = builder.add_extension(_own_key_id(key), critical=False)
        builder = builder.add_extension(_issuer_key_id(self._key.public_key()), critical=False)
        builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def root_digest(root_pem: bytes) -> bytes:
    """Return the SHA-256 of a certificate's DER form."""
    return hashlib.sha256(parse_certificate(root_pem).public_bytes(serialization.Encoding.DER)).digest()


def verify_issued(leaf_pem: bytes, root_pem: bytes) -> None:
    """Raise unless ``leaf_pem`` was issued by ``root_pem``; its dates are for the caller to judge."""
    leaf, root = parse_certificate(leaf_pem), parse_certificate(root_pem)
    try:
        leaf.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        raise IdentityError(
            "certificate: not issued by this hub's authority: use the hub at which it was enrolled"
        ) from None


def pinned_root(chain: Sequence[bytes], root_sha256: bytes, now: dt.datetime) -> bytes:
    """Return the root, PEM, of a server's chain that was fetched without verification.

    Parameters
    ----------
    chain
        DER certificates as the server sent them, leaf first.
    root_sha256
        The pin: SHA-256 of the root's DER form, from the enrolment token.

    The root is trusted by the pin alone and the leaf by the root's signature; only then may a secret be sent,
    over a new connection that verifies the host name against this root.
    """
    roots = [der for der in chain if secrets.compare_digest(hashlib.sha256(der).digest(), root_sha256)]
    if not roots:
        raise IdentityError(
            "hub: its certificate authority is not the one in the token: check the hub's address"
        )
    root_pem, leaf_pem = _der_to_pem(roots[0]), _der_to_pem(chain[0])
    verify_issued(leaf_pem, root_pem)
    leaf = parse_certificate(leaf_pem)
    check_dates(leaf.not_valid_before_utc, leaf.not_valid_after_utc, now, "certificate of the hub")
    return root_pem


def _der_to_pem(der: bytes) -> bytes:
    try:
        return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)
    except ValueError:
        raise IdentityError("hub: it sent something that is not a certificate") from None


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Syncline"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    lifetime: dt.timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lifetime)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _own_key_id(key: ec.EllipticCurvePublicKey) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(key)


def _issuer_key_id(key: ec.EllipticCurvePublicKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def check_host(host: str) -> str:
    """Return ``host`` where it is a DNS name or an IP address that a certificate can hold."""
    _host_name(host)
    return host


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        if not _HOST.fullmatch(host):
            raise IdentityError("hosts: expected DNS names or IP addresses without port") from None
        return x509.DNSName(host)
