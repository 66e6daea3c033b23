"""The transport is TLS 1.3 only, and only if the package comes before gRPC."""

from __future__ import annotations

import os
import subprocess
import sys

from syncline.identity.tls_identity import TlsIdentity
from syncline.wire import TLS13_ONLY
from syncline.wire.transport import (
    client_options,
    enrolment_credentials,
    mutual_tls_credentials,
    server_options,
)

# isort: split

import grpc
import pytest


def python(code: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GRPC_")}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_the_cipher_list_is_set_before_grpc_is_imported():
    done = python("import syncline.wire.transport, os; print(os.environ['GRPC_SSL_CIPHER_SUITES'])")
    assert done.stdout.strip() == TLS13_ONLY


def test_importing_grpc_first_is_refused_instead_of_allowing_tls_1_2():
    done = python("import grpc, syncline.wire")
    assert done.returncode != 0
    assert "must be imported before grpc" in done.stderr


def test_a_dead_link_is_pinged_and_a_port_is_never_shared():
    for options in client_options(), server_options():
        assert dict(options)["grpc.http2.ping_timeout_ms"] == 5000
        assert dict(options)["grpc.keepalive_permit_without_calls"] == 1
    assert dict(server_options())["grpc.so_reuseport"] == 0


def test_the_wire_loads_nothing_heavy():
    done = python(
        "import sys, syncline.wire.transport, syncline.wire.supplier, syncline.wire.research;"
        "print([m for m in ('numpy', 'pandas', 'pyarrow', 'pydantic', 'rich') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]"


def test_an_identity_never_shows_its_key():
    assert "PRIVATE" not in repr(TlsIdentity(b"c", b"PRIVATE", b"a"))


@pytest.mark.parametrize("credentials", [mutual_tls_credentials, enrolment_credentials])
def test_an_identity_replaces_the_last_one_only_where_it_changed(credentials, monkeypatch):
    """A handshake that is given a new configuration frees what another one is using: see _Handshakes."""
    given = []
    monkeypatch.setattr(grpc, "dynamic_ssl_server_credentials", lambda *args, **_: given.extend(args))
    identity = [TlsIdentity(b"certificate", b"key", b"authority")]
    credentials(lambda: identity[0])
    first, change = given
    assert isinstance(first, grpc.ServerCertificateConfiguration)
    assert [change(), change()] == [None, None]
    identity[0] = TlsIdentity(b"renewed", b"key", b"authority")
    assert isinstance(change(), grpc.ServerCertificateConfiguration)
    assert change() is None
