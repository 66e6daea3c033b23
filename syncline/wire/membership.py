"""What a member of a hub (an agent, a researcher) keeps on its disk.

tls.pem            private TLS key and certificate in one file, so that no crash can part them; mode 600
signing-key.pem    Ed25519 key that signs decisions or specifications; mode 600
authority.pem      the hub's root, as pinned by the token
member.json        name, role, addresses and the hub's signing key; written last
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from syncline.errors import IdentityError, UsageError
from syncline.identity.authority import verify_issued
from syncline.identity.keys import load_signing_key, load_tls_key, private_key_pem
from syncline.identity.peer import PeerIdentity, PeerRole, fingerprint, parse_role
from syncline.identity.private_file import read_private, read_public, write_private, write_public
from syncline.identity.tls_identity import TlsIdentity

TLS_FILE = "tls.pem"
SIGNING_FILE = "signing-key.pem"
AUTHORITY_FILE = "authority.pem"
MEMBER_FILE = "member.json"
_CERTIFICATE_MARK = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True, repr=False)
class Membership:
    """A member's identity at one hub.

    ``hub`` and ``enrolment`` are the addresses ``HOST:PORT`` of the hub's two servers; ``token_sha256`` tells
    whether a token that is given again is the one that was used.
    """

    directory: Path
    name: str
    role: PeerRole
    hub: str
    enrolment: str
    hub_signing_key: bytes
    token_sha256: str
    tls: TlsIdentity

    def __repr__(self) -> str:
        """Show who it is, never a key."""
        return f"Membership({self.role}:{self.name} at {self.hub})"

    @property
    def certificate(self) -> PeerIdentity:
        """Name, role, key fingerprint and dates, as the certificate says them."""
        return PeerIdentity.from_pem(self.tls.certificate)

    def tls_key(self) -> ec.EllipticCurvePrivateKey:
        """Read the private TLS key."""
        return load_tls_key(self.directory / TLS_FILE)

    def signing_key(self) -> ed25519.Ed25519PrivateKey:
        """Read the private signing key."""
        return load_signing_key(self.directory / SIGNING_FILE)


def is_member(directory: Path) -> bool:
    """Tell whether an enrolment was completed in ``directory``."""
    return (directory / MEMBER_FILE).is_file()


def load_membership(directory: Path, remedy: str) -> Membership:
    """Read a completed enrolment and check that its parts belong together.

    ``remedy`` says how to get one where there is none.
    """
    if not is_member(directory):
        raise UsageError(f"{directory} holds no certificate of a hub: {remedy}")
    try:
        known = json.loads(read_public(directory / MEMBER_FILE))
        fields = {name: str(known[name]) for name in ("name", "hub", "enrolment", "token_sha256")}
        role, hub_key = parse_role(known["role"]), bytes.fromhex(known["hub_signing_key"])
    except (ValueError, KeyError, TypeError) as error:
        raise IdentityError(f"file {directory / MEMBER_FILE}: damaged: restore it from a backup") from error
    tls = _load_tls(directory)
    check_issued(tls.certificate, tls.authority, load_tls_key(directory / TLS_FILE), fields["name"], role)
    return Membership(directory, role=role, hub_signing_key=hub_key, tls=tls, **fields)


def read_hub_key(directory: Path) -> bytes:
    """Return the hub's signing key alone, which also a member whose certificate has expired may go by."""
    try:
        return bytes.fromhex(json.loads(read_public(directory / MEMBER_FILE))["hub_signing_key"])
    except (ValueError, KeyError, TypeError) as error:
        raise IdentityError(f"file {directory / MEMBER_FILE}: damaged: restore it from a backup") from error


def save_membership(membership: Membership) -> None:
    """Write all but the signing key, which is there already; the file that makes it valid comes last."""
    save_tls(membership.directory, membership.tls)
    write_public(membership.directory / AUTHORITY_FILE, membership.tls.authority)
    known = {
        "name": membership.name,
        "role": str(membership.role),
        "hub": membership.hub,
        "enrolment": membership.enrolment,
        "hub_signing_key": membership.hub_signing_key.hex(),
        "token_sha256": membership.token_sha256,
    }
    write_public(membership.directory / MEMBER_FILE, json.dumps(known, indent=2).encode() + b"\n")


def save_tls(directory: Path, tls: TlsIdentity) -> None:
    """Replace key and certificate together."""
    write_private(directory / TLS_FILE, tls.private_key.rstrip() + b"\n" + tls.certificate)


def renewed(
    membership: Membership, key: ec.EllipticCurvePrivateKey, certificate: bytes, authority: bytes
) -> Membership:
    """Return the membership with a new certificate, after checking that it is one for the same member."""
    check_issued(certificate, authority, key, membership.name, membership.role)
    return replace(membership, tls=TlsIdentity(certificate, private_key_pem(key), authority))


def check_issued(
    certificate: bytes, authority: bytes, key: ec.EllipticCurvePrivateKey, name: str, role: PeerRole
) -> None:
    """Raise unless ``certificate`` is the authority's, for this key, name and role."""
    verify_issued(certificate, authority)
    peer = PeerIdentity.from_pem(certificate)
    if (peer.name, peer.role) != (name, role):
        raise IdentityError(
            f"certificate: the hub issued it for {peer.role} {peer.name}, not for {role} {name}"
        )
    if peer.fingerprint != fingerprint(key.public_key()):
        raise IdentityError(
            "certificate: the hub issued it for another key: ask its operator for a new token"
        )


def _load_tls(directory: Path) -> TlsIdentity:
    text = read_private(directory / TLS_FILE)
    key, mark, certificate = text.partition(_CERTIFICATE_MARK)
    if not mark:
        raise IdentityError(f"file {directory / TLS_FILE}: it holds no certificate: restore it from a backup")
    return TlsIdentity(mark + certificate, key, read_public(directory / AUTHORITY_FILE))
