from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from syncline.errors import IdentityError
from syncline.identity.certificate_request import make_request
from syncline.identity.peer import PeerIdentity, PeerRole, fingerprint, parse_role
from tests.unit.identity.party import NOW, authority, key, leaf


def self_signed(*names: x509.GeneralName) -> bytes:
    builder = x509.CertificateBuilder(x509.Name([]), x509.Name([]), key().public_key(), 1, NOW, NOW)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
    return builder.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


@pytest.mark.parametrize("role", PeerRole)
@pytest.mark.parametrize("name", ["cleveland", "a", "dr.who@example.org", "Site-7", "a" * 63])
def test_name_role_and_key_come_back(name: str, role: PeerRole) -> None:
    peer = PeerIdentity.from_pem(leaf(name, role))
    assert (peer.name, peer.role) == (name, role)
    assert peer.fingerprint == fingerprint(key(name).public_key())
    assert peer.not_after == NOW + dt.timedelta(days=30)


@pytest.mark.parametrize(
    "names",
    [
        [],
        [x509.DNSName("localhost")],
        [uri("https://example.org")],
        [uri("syncline:role:admin:me")],
        [uri("syncline:role:SUPPLIER:me")],
        [uri("syncline:role:supplier")],
        [uri("syncline:role:supplier:")],
        [uri("syncline:role:supplier:a/../b")],
        [uri("syncline:role:supplier:a:b")],
        [uri("syncline:role:supplier:a"), uri("syncline:role:operator:a")],
        [uri("syncline:role:supplier:a"), uri("https://example.org")],
    ],
)
def test_anything_but_one_known_role_is_nobody(names: list[x509.GeneralName]) -> None:
    with pytest.raises(IdentityError, match=r"role|name"):
        PeerIdentity.from_pem(self_signed(*names))


def test_the_hubs_own_certificate_is_no_caller() -> None:
    pem = authority().issue_server(make_request(key("hub")), ["localhost"], NOW)
    with pytest.raises(IdentityError, match="exactly one role"):
        PeerIdentity.from_pem(pem)


@pytest.mark.parametrize("pem", [b"", b"text", b"x" * 20_000, leaf()[:300], make_request(key())])
def test_malformed_certificates_are_refused(pem: bytes) -> None:
    with pytest.raises(IdentityError, match="certificate"):
        PeerIdentity.from_pem(pem)


@pytest.mark.parametrize(
    ("days", "words"), [(0, None), (29.9, None), (30.1, "expired on 2026-03-31 12:00 UTC"), (-1, "clock")]
)
def test_dates_are_judged_by_the_callers_clock(days: float, words: str | None) -> None:
    peer = PeerIdentity.from_pem(leaf())
    at = NOW + dt.timedelta(days=days)
    if words is None:
        peer.check_current(at)
    else:
        with pytest.raises(IdentityError, match=words):
            peer.check_current(at)


def test_renewal_is_due_at_half_life() -> None:
    peer = PeerIdentity.from_pem(leaf())
    assert not peer.renewal_due(NOW + dt.timedelta(days=14.9))
    assert peer.renewal_due(NOW + dt.timedelta(days=15))


def test_an_unknown_role_names_the_known_ones() -> None:
    with pytest.raises(IdentityError, match="supplier, researcher, approver, operator"):
        parse_role("admin")
