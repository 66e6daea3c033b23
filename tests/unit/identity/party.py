"""A hub's authority and its members for the tests, at a moment of their own."""

from __future__ import annotations

import datetime as dt
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec

from syncline.identity.authority import CertificateAuthority
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import generate_tls_key
from syncline.identity.peer import PeerRole

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


@cache
def authority(name: str = "hub") -> CertificateAuthority:
    return CertificateAuthority.create(name, NOW)


def key(name: str = "cleveland") -> ec.EllipticCurvePrivateKey:
    """Return the one key of ``name``."""
    return _key(name)


@cache
def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return generate_tls_key()


def leaf(name: str = "cleveland", role: PeerRole = PeerRole.SUPPLIER) -> bytes:
    return authority().issue(make_request(key(name)), name, role, NOW)
