"""An attacker on the network: strangers, old TLS and forged roots get no byte past the handshake."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split

import grpc
import pytest

from syncline.identity.authority import CertificateAuthority
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import generate_tls_key, private_key_pem
from syncline.identity.peer import PeerRole
from syncline.identity.tls_identity import TlsIdentity
from syncline.wire.transport import client_channel, enrolment_channel
from tests.process.hub.conftest import run, site  # noqa: F401  (fixtures)
from tests.process.hub.test_enrolment import refused
from tests.process.hub.test_gate import openssl

pytestmark = [pytest.mark.network]

WITHOUT_THE_SETTING = """
import grpc, sys, time
from pathlib import Path
key, chain = (Path(name).read_bytes() for name in sys.argv[1:3])
server = grpc.server(__import__("concurrent.futures").futures.ThreadPoolExecutor(1))
port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, chain)]))
server.start()
print(port, flush=True)
time.sleep(60)
"""
"""A server that takes gRPC as it comes, without what syncline.wire sets before the import."""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_tls_1_2_is_refused_on_both_ports(site, run, tmp_path):  # noqa: F811
    async def work():
        async with site.running():
            for port in site.port, site.enrol_port:
                assert "Cipher is (NONE)" in await openssl(port, "-tls1_2")
                assert "TLSv1.3, Cipher is TLS_" in await openssl(port, "-tls1_3")
        key = generate_tls_key()
        leaf = site.home.load_authority().issue_server(make_request(key), ["localhost"], site.clock.now())
        (tmp_path / "key").write_bytes(private_key_pem(key))
        (tmp_path / "chain").write_bytes(leaf)
        environment = {name: value for name, value in os.environ.items() if name != "GRPC_SSL_CIPHER_SUITES"}
        careless = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            WITHOUT_THE_SETTING,
            tmp_path / "key",
            tmp_path / "chain",
            stdout=asyncio.subprocess.PIPE,
            env=environment,
        )
        try:
            port = int(await careless.stdout.readline())
            assert "TLSv1.2, Cipher is ECDHE" in await openssl(port, "-tls1_2")
        finally:
            careless.kill()
            await careless.wait()

    run(work())


def test_strangers_do_not_get_past_the_handshake(site, run):  # noqa: F811
    async def work():
        async with site.running():
            north = await site.member("north")
            other, key = CertificateAuthority.create("other", site.clock.now()), generate_tls_key()
            leaf = other.issue(make_request(key), "north", PeerRole.SUPPLIER, site.clock.now())
            stranger = TlsIdentity(leaf, private_key_pem(key), site.authority)
            for channel in (
                client_channel(f"localhost:{site.port}", stranger),
                enrolment_channel(f"localhost:{site.port}", site.authority),
            ):
                async with channel:
                    beat = channel.unary_unary("/syncline.v1.SupplierService/Heartbeat")
                    await refused(beat(b"", timeout=5), grpc.StatusCode.UNAVAILABLE)
            # with a certificate of this hub's authority the same bytes are read, and answered by the service
            async with client_channel(f"localhost:{site.port}", north.tls) as channel:
                beat = channel.unary_unary("/syncline.v1.SupplierService/Heartbeat")
                await refused(beat(b"", timeout=5), grpc.StatusCode.INVALID_ARGUMENT)

    run(work())
