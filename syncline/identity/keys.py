"""The two keys of every party: P-256 for TLS and Ed25519 for signatures.

Ed25519 certificates would do for both, but gRPC's client fails with them.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from syncline.errors import IdentityError
from syncline.identity.private_file import read_private, write_private


def generate_tls_key() -> ec.EllipticCurvePrivateKey:
    """Make a P-256 key for TLS."""
    return ec.generate_private_key(ec.SECP256R1())


def generate_signing_key() -> ed25519.Ed25519PrivateKey:
    """Make an Ed25519 key for signatures."""
    return ed25519.Ed25519PrivateKey.generate()


def private_key_pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM, as gRPC takes it; it must go nowhere else."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def save_private_key(path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> None:
    """Write the key to ``path`` atomically, with mode 600."""
    write_private(path, private_key_pem(key))


def load_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a P-256 key from a file of mode 600."""
    key = _load(path)
    if not (isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)):
        raise IdentityError(
            f"file {path}: it does not hold a P-256 key: restore it from a backup or enrol again"
        )
    return key


def load_signing_key(path: Path) -> ed25519.Ed25519PrivateKey:
    """Read an Ed25519 key from a file of mode 600."""
    key = _load(path)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise IdentityError(f"file {path}: it does not hold an Ed25519 key: restore it from a backup")
    return key


def public_signing_key(key: ed25519.Ed25519PrivateKey) -> bytes:
    """Return the 32 raw bytes of the key's public half, as they travel in messages."""
    return key.public_key().public_bytes_raw()


def parse_public_signing_key(raw: bytes) -> ed25519.Ed25519PublicKey:
    """Read the 32 raw bytes of an Ed25519 public key."""
    try:
        return ed25519.Ed25519PublicKey.from_public_bytes(raw)
    except ValueError:
        raise IdentityError(
            f"signing key: {len(raw)} bytes, expected the 32 of an Ed25519 public key"
        ) from None


def _load(path: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise IdentityError(f"file {path}: it does not hold an unencrypted PEM private key") from None
