"""The hub's home: every file that it owns, made by ``init`` and opened by everything else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from syncline.clock import Clock
from syncline.durable.payloads import PayloadStore
from syncline.durable.private_directory import PRIVATE, make_private_directory, require_guarded
from syncline.durable.storage_fault import place_error
from syncline.errors import UsageError
from syncline.identity.authority import CertificateAuthority
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import (
    generate_signing_key,
    generate_tls_key,
    load_signing_key,
    private_key_pem,
    public_signing_key,
    save_private_key,
)
from syncline.identity.peer import parse_certificate
from syncline.identity.private_file import read_private, read_public, write_private
from syncline.identity.storage_key import load_storage_key
from syncline.identity.tls_identity import TlsIdentity
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.datastore.identity import require_owner
from trusted_party.datastore.named_store import open_named_store, require_unowned
from trusted_party.datastore.sqlite_store import open_sqlite_store
from trusted_party.datastore.store import Store

USUAL_PORTS = ("8443", "8444")


def default_home() -> Path:
    """Return ``~/.syncline/hub``."""
    return Path.home() / ".syncline" / "hub"


@dataclass(frozen=True, slots=True)
class HubHome:
    """Paths of a hub's files, and the ways to make and open them."""

    root: Path

    @property
    def authority_dir(self) -> Path:
        """The certificate authority: root and key."""
        return self.root / "authority"

    @property
    def signing_key_path(self) -> Path:
        """The key that signs releases and the audit."""
        return self.root / "signing-key.pem"

    @property
    def server_path(self) -> Path:
        """The server's own certificate and key, in one private file so that they change together."""
        return self.root / "server.pem"

    @property
    def database_path(self) -> Path:
        """Members, studies, tasks and the audit, unless they are in a database that a URL names."""
        return self.root / "hub.sqlite"

    @property
    def database_url_path(self) -> Path:
        """The URL of the database, where that is not a file of this home."""
        return self.root / "database-url"

    @property
    def payloads_path(self) -> Path:
        """Encrypted requests, replies and models."""
        return self.root / "payloads"

    @property
    def ports_path(self) -> Path:
        """The ports of the hub that was started last: members', and enrolment's."""
        return self.root / "ports"

    @property
    def releases_path(self) -> Path:
        """One directory a release."""
        return self.root / "releases"

    def create(
        self, name: str, hosts: tuple[str, ...], clock: Clock, database: DatabaseAddress | None = None
    ) -> None:
        """Make a new home; a home that was half made is completed, a complete one is left alone.

        ``database`` names an empty database of PostgreSQL in the place of the home's own file.
        """
        if self._is_complete():
            raise UsageError(f"home {self.root} holds a hub already: name another --home")
        require_guarded(self.root)
        if database is not None:
            require_unowned(database)
        try:
            for path in (self.root, self.authority_dir, self.releases_path):
                make_private_directory(path)
                os.chmod(path, PRIVATE)
        except OSError as fault:
            raise place_error("--home", self.root, fault) from fault
        CertificateAuthority.create(name, clock.now()).save(self.authority_dir)
        save_private_key(self.signing_key_path, generate_signing_key())
        load_storage_key(self.root / "storage-key")
        self.issue_server_certificate(hosts, clock)
        if database is not None:
            write_private(self.database_url_path, f"{database.written}\n".encode())
        self.open_database().close()

    def require(self) -> None:
        """Raise unless ``init`` was run here, and where others could put another home here."""
        if not self._is_complete():
            raise UsageError(f"home {self.root} holds no hub: run 'trusted-party init' first")
        require_guarded(self.root)

    def database_url(self) -> DatabaseAddress | None:
        """Return where the database is; None where it is a file of this home."""
        if not self.database_url_path.exists():
            return None
        return DatabaseAddress(read_private(self.database_url_path).decode().strip())

    def open_database(self, *, sole: bool = False) -> Store:
        """Open the database; commands do so while the hub runs, which opens it as its ``sole`` hub."""
        url = self.database_url()
        store = open_sqlite_store(self.database_path) if url is None else open_named_store(url, sole=sole)
        try:
            require_owner(store, public_signing_key(self.load_signing_key()))
        except BaseException:
            store.close()
            raise
        return store

    def open_payloads(self) -> PayloadStore:
        """Open the payload store."""
        return PayloadStore(self.payloads_path, load_storage_key(self.root / "storage-key"))

    def load_authority(self) -> CertificateAuthority:
        """Read the certificate authority."""
        return CertificateAuthority.load(self.authority_dir)

    def load_signing_key(self) -> Ed25519PrivateKey:
        """Read the key that signs releases and the audit."""
        return load_signing_key(self.signing_key_path)

    def open_audit(self, clock: Clock) -> HubAudit:
        """Return the audit's pen."""
        return HubAudit(self.load_signing_key(), clock)

    def issue_server_certificate(self, hosts: tuple[str, ...], clock: Clock) -> None:
        """Make a key and a certificate for the hub's own servers."""
        key = generate_tls_key()
        leaf = self.load_authority().issue_server(make_request(key), hosts, clock.now())
        write_private(self.server_path, leaf + private_key_pem(key))

    def server_identity(self, clock: Clock) -> TlsIdentity:
        """Return what the servers show; a certificate past its half-life is replaced first."""
        leaf, key = self._server_pair()
        parsed = parse_certificate(leaf)
        half = (parsed.not_valid_after_utc - parsed.not_valid_before_utc) / 2
        if clock.now() >= parsed.not_valid_before_utc + half:
            self.issue_server_certificate(self.hosts(), clock)
            leaf, key = self._server_pair()
        return TlsIdentity(leaf, key, read_public(self.authority_dir / "authority.pem"))

    def hosts(self) -> tuple[str, ...]:
        """Return the names and addresses in the server's certificate."""
        leaf, _ = self._server_pair()
        names = parse_certificate(leaf).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        addresses = names.get_values_for_type(x509.IPAddress)
        return (*names.get_values_for_type(x509.DNSName), *map(str, addresses))

    def note_ports(self, members: int, enrolment: int) -> None:
        """Keep on which ports the hub listens, for what an invitation tells people to type."""
        write_private(self.ports_path, f"{members} {enrolment}\n".encode())

    def addresses(self) -> tuple[str, str]:
        """Return HOST:PORT for members and for enrolment, at the ports of the last start or usual ones."""
        host = self.hosts()[0]
        ports = read_private(self.ports_path).decode().split() if self.ports_path.exists() else USUAL_PORTS
        members, enrolment = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for port in ports)
        return members, enrolment

    def _is_complete(self) -> bool:
        return self.database_path.exists() or self.database_url_path.exists()

    def _server_pair(self) -> tuple[bytes, bytes]:
        leaf, marker, rest = read_private(self.server_path).partition(b"-----BEGIN PRIVATE KEY-----")
        return leaf, marker + rest
