"""The hub's two servers: mutual TLS for members, and one without client certificates for enrolment.

They are two because gRPC can demand a client certificate of all callers of a server or of none, and because
every method of a server answers on all of its ports.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass

import grpc
import grpc.aio

from syncline.errors import UsageError
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import add_EnrolmentServiceServicer_to_server
from syncline.wire.gen.syncline.v1.research_pb2_grpc import add_ResearchServiceServicer_to_server
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import add_SupplierServiceServicer_to_server
from syncline.wire.transport import (
    TlsIdentity,
    enrolment_credentials,
    mutual_tls_credentials,
    server_options,
)
from trusted_party.api.enrolment_service import EnrolmentService
from trusted_party.api.research_service import ResearchService
from trusted_party.api.supplier_service import SupplierService


@dataclass(frozen=True, slots=True)
class Listening:
    """A server and the port that it got, which differs from the asked one where that was 0."""

    server: grpc.aio.Server
    port: int


async def serve_members(
    address: str, identity: Callable[[], TlsIdentity], supplier: SupplierService, research: ResearchService
) -> Listening:
    """Start the mutual-TLS server."""
    server = grpc.aio.server(options=server_options())
    add_SupplierServiceServicer_to_server(supplier, server)
    add_ResearchServiceServicer_to_server(research, server)
    return await _start(server, address, mutual_tls_credentials(identity))


async def serve_enrolment(
    address: str, identity: Callable[[], TlsIdentity], enrolment: EnrolmentService
) -> Listening:
    """Start the enrolment server."""
    server = grpc.aio.server(options=server_options(), maximum_concurrent_rpcs=64)
    add_EnrolmentServiceServicer_to_server(enrolment, server)
    return await _start(server, address, enrolment_credentials(identity))


async def _start(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials) -> Listening:
    host, _, port_text = address.rpartition(":")
    port = int(port_text)
    for resolved in await _resolve(address, host.strip("[]")):
        port = _bind(server, f"{resolved}:{port}", address, credentials)
    await server.start()
    return Listening(server, port)


async def _resolve(address: str, host: str) -> list[str]:
    """Return each address of the host: gRPC itself is content when one of several can be bound."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise UsageError(f"address {address}: the host is unknown: choose another --listen") from None
    hosts = dict.fromkeys(str(entry[4][0]) for entry in found)
    return [f"[{one}]" if ":" in one else one for one in hosts]


def _bind(server: grpc.aio.Server, resolved: str, asked: str, credentials: grpc.ServerCredentials) -> int:
    try:
        port = server.add_secure_port(resolved, credentials)
    except RuntimeError:
        port = 0
    if port == 0:
        raise UsageError(
            f"address {asked}: it cannot be listened on, because the port is in use or the host is not this"
            " machine's: choose another --listen"
        )
    return port
