from __future__ import annotations

import datetime as dt
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from syncline.errors import IdentityError
from syncline.identity.authority import CertificateAuthority, pinned_root, root_digest, verify_issued
from syncline.identity.certificate_request import make_request, requested_key
from syncline.identity.keys import private_key_pem
from syncline.identity.peer import PeerRole
from tests.unit.identity.party import NOW, authority, key, leaf


def parsed(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def der(pem: bytes) -> bytes:
    return parsed(pem).public_bytes(serialization.Encoding.DER)


def server_leaf(*hosts: str, hub: CertificateAuthority | None = None) -> bytes:
    return (hub or authority()).issue_server(make_request(key("hub")), hosts or ("localhost",), NOW)


def test_the_root_issues_leaves_only_and_lives_ten_years() -> None:
    root = parsed(authority().root_pem)
    constraints = root.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca, constraints.value.path_length) == (True, True, 0)
    assert 3650 <= (root.not_valid_after_utc - NOW).days <= 3653
    root.verify_directly_issued_by(root)


def test_two_roots_of_one_hub_have_different_subjects() -> None:
    one, two = (parsed(CertificateAuthority.create("hub", NOW).root_pem) for _ in range(2))
    assert one.subject != two.subject


@pytest.mark.parametrize("pem", [leaf(), server_leaf()])
def test_leaves_name_their_issuers_key_and_their_own(pem: bytes) -> None:
    certificate, root = parsed(pem), parsed(authority().root_pem)
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert issuer.key_identifier == own.digest
    named = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert named == x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_a_leaf_is_for_one_side_of_a_connection() -> None:
    usages = [
        list(parsed(pem).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        for pem in (leaf(), server_leaf())
    ]
    assert usages == [[ExtendedKeyUsageOID.CLIENT_AUTH], [ExtendedKeyUsageOID.SERVER_AUTH]]


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_fresh_leaf_is_valid_for_clocks_an_hour_off(hours: int) -> None:
    certificate = parsed(leaf())
    at = NOW + dt.timedelta(hours=hours)
    assert certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc
    assert parsed(authority().root_pem).not_valid_before_utc <= at


def test_days_are_counted_from_now() -> None:
    pem = authority().issue(make_request(key()), "cleveland", PeerRole.SUPPLIER, NOW, days=2)
    assert parsed(pem).not_valid_after_utc == NOW + dt.timedelta(days=2)


def test_the_server_answers_to_its_names_and_addresses() -> None:
    pem = server_leaf("hub.example.org", "127.0.0.1", "::1")
    names = parsed(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["hub.example.org"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]


@pytest.mark.parametrize("hosts", [[], [""], ["host:80"], ["a b"], ["*"], ["x" * 300], ["-a.b"], ["ü.de"]])
def test_hosts_that_are_none_are_refused(hosts: list[str]) -> None:
    with pytest.raises(IdentityError, match="hosts"):
        authority().issue_server(make_request(key("hub")), hosts, NOW)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a:b", "-a", "a-", "x" * 64, "é", "a b", "a\n"])
def test_names_unfit_for_a_certificate_are_refused(name: str) -> None:
    with pytest.raises(IdentityError, match="name"):
        authority().issue(make_request(key()), name, PeerRole.SUPPLIER, NOW)


def test_a_request_decides_nothing_but_its_key() -> None:
    """Ask for another name, another role and a certificate that issues others: none of it is granted."""
    wishes = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "operator")])
    roles = x509.SubjectAlternativeName([x509.UniformResourceIdentifier("syncline:role:operator:me")])
    builder = (
        x509.CertificateSigningRequestBuilder().subject_name(wishes).add_extension(roles, critical=False)
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=9), critical=True)
    request = builder.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    certificate = parsed(authority().issue(request, "cleveland", PeerRole.SUPPLIER, NOW))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    assert uris == ["syncline:role:supplier:cleveland"]
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert certificate.public_key() == key().public_key()


def request_by(
    signer: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey,
) -> x509.CertificateSigningRequest:
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(signer, algorithm)


def test_only_p256_is_issued() -> None:
    for other in (
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ):
        with pytest.raises(IdentityError, match="not a P-256 key"):
            requested_key(request_by(other).public_bytes(serialization.Encoding.PEM))


def test_a_request_with_a_foreign_key_is_refused() -> None:
    """Put another public key into a signed request: whoever asks must hold the private one."""
    one, two = (
        name.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for name in (key("one"), key("two"))
    )
    request = request_by(key("one")).public_bytes(serialization.Encoding.DER).replace(one, two)
    pem = x509.load_der_x509_csr(request).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(IdentityError, match="signature does not match"):
        requested_key(pem)


@pytest.mark.parametrize("pem", [b"", b"text", leaf(), b"x" * 20_000, make_request(key())[:200]])
def test_malformed_requests_are_refused(pem: bytes) -> None:
    with pytest.raises(IdentityError, match="signing request"):
        requested_key(pem)


def test_an_authority_is_saved_and_loaded(tmp_path: Path) -> None:
    authority().save(tmp_path)
    loaded = CertificateAuthority.load(tmp_path)
    assert loaded.root_pem == authority().root_pem
    verify_issued(loaded.issue(make_request(key()), "a", PeerRole.SUPPLIER, NOW), authority().root_pem)
    assert stat.S_IMODE((tmp_path / "authority-key.pem").stat().st_mode) == 0o600


def test_a_key_and_a_root_of_two_authorities_are_refused(tmp_path: Path) -> None:
    authority().save(tmp_path)
    (tmp_path / "authority.pem").write_bytes(authority("other").root_pem)
    with pytest.raises(IdentityError, match="do not match"):
        CertificateAuthority.load(tmp_path)


def test_only_own_leaves_are_acknowledged() -> None:
    verify_issued(leaf(), authority().root_pem)
    with pytest.raises(IdentityError, match="not issued by this hub"):
        verify_issued(leaf(), authority("other").root_pem)


class TestPin:
    def test_the_pinned_root_is_returned(self) -> None:
        chain = [der(server_leaf()), der(authority().root_pem)]
        assert pinned_root(chain, authority().root_sha256, NOW) == authority().root_pem
        assert root_digest(authority().root_pem) == authority().root_sha256

    def test_another_root_is_refused(self) -> None:
        other = authority("other")
        chain = [der(server_leaf(hub=other)), der(other.root_pem)]
        with pytest.raises(IdentityError, match="not the one in the token"):
            pinned_root(chain, authority().root_sha256, NOW)

    def test_the_right_root_under_a_foreign_leaf_is_refused(self) -> None:
        chain = [der(server_leaf(hub=authority("other"))), der(authority().root_pem)]
        with pytest.raises(IdentityError, match="not issued by this hub"):
            pinned_root(chain, authority().root_sha256, NOW)

    def test_the_root_as_a_leaf_is_refused_unless_it_signed_itself(self) -> None:
        with pytest.raises(IdentityError, match="not the one in the token"):
            pinned_root([], authority().root_sha256, NOW)

    @pytest.mark.parametrize(("days", "words"), [(31, "expired"), (-1, "clock")])
    def test_a_leaf_out_of_its_dates_is_refused(self, days: int, words: str) -> None:
        chain = [der(server_leaf()), der(authority().root_pem)]
        with pytest.raises(IdentityError, match=words):
            pinned_root(chain, authority().root_sha256, NOW + dt.timedelta(days=days))

    def test_bytes_that_are_no_certificate_are_refused(self) -> None:
        with pytest.raises(IdentityError, match="not a certificate"):
            pinned_root([b"junk", der(authority().root_pem)], authority().root_sha256, NOW)


def test_openssl_accepts_both_sides(tmp_path: Path) -> None:
    """Run a TLS 1.3 handshake in memory, each side verifying the other against the root alone."""
    now = dt.datetime.now(dt.UTC)
    hub = CertificateAuthority.create("hub", now)
    server = hub.issue_server(make_request(key("hub")), ["localhost"], now)
    client = hub.issue(make_request(key()), "cleveland", PeerRole.SUPPLIER, now)
    contexts = []
    for protocol, pem, name in (
        (ssl.PROTOCOL_TLS_SERVER, server, "hub"),
        (ssl.PROTOCOL_TLS_CLIENT, client, "cleveland"),
    ):
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.load_verify_locations(cadata=hub.root_pem.decode())
        path = tmp_path / name
        path.write_bytes(private_key_pem(key(name)) + pem)
        context.load_cert_chain(path)
        contexts.append(context)
    handshake(*contexts)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(down, up, server_hostname="localhost"),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(5):
        for side in list(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
    assert sides == []
