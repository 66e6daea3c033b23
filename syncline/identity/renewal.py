"""Proof that who asks for a new certificate holds the key of the old one, also after the old one expired.

The proof is an ECDSA signature by the old key over the old certificate and the new request together. Whoever
replays it gains nothing: the certificate that comes back is for a key that the replayer does not hold.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from syncline.errors import IdentityError
from syncline.identity.peer import elliptic_key, parse_certificate

_DOMAIN = b"syncline/v1/renewal\x00"


def prove_possession(
    old_key: ec.EllipticCurvePrivateKey, certificate: bytes, signing_request: bytes
) -> bytes:
    """Sign the old ``certificate`` and the new ``signing_request``, both as the bytes that are sent."""
    return old_key.sign(_message(certificate, signing_request), ec.ECDSA(hashes.SHA256()))


def verify_possession(certificate: bytes, signing_request: bytes, proof: bytes) -> None:
    """Raise unless ``proof`` was made with the key of ``certificate`` for this ``signing_request``."""
    key = elliptic_key(parse_certificate(certificate))
    try:
        key.verify(proof, _message(certificate, signing_request), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise IdentityError("renewal: the proof was not made with the key of the certificate") from None


def _message(certificate: bytes, signing_request: bytes) -> bytes:
    return _DOMAIN + hashlib.sha256(certificate).digest() + hashlib.sha256(signing_request).digest()
