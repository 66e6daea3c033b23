"""Certificate signing requests: made beside the key, checked by the hub. Only P-256 is issued."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from syncline.errors import IdentityError
from syncline.identity.peer import MAX_PEM_BYTES


def make_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a PKCS#10 request, PEM, signed by ``key``; whom it is for is for the hub to say."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def requested_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of a request whose signature proves that the asker holds the private one."""
    if len(pem) > MAX_PEM_BYTES:
        raise IdentityError(f"signing request: {len(pem)} bytes, expected at most {MAX_PEM_BYTES}")
    try:
        request = x509.load_pem_x509_csr(pem)
        valid = request.is_signature_valid
        key = request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature):
        raise IdentityError("signing request: not a PEM certificate signing request") from None
    if not valid:
        raise IdentityError("signing request: its signature does not match its key")
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        raise IdentityError("signing request: its key is not a P-256 key")
    return key
