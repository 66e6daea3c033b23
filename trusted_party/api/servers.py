"""The hub's two servers: mutual TLS for members, and one without client certificates for enrolment.

They are two because gRPC can demand a client certificate of all callers of a server or of none, and because
every method of a server answers on all of its ports.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from syncline.errors import UsageError
from syncline.wire.gen.syncline.v1 import enrolment_pb2 as enrolment_messages
from syncline.wire.gen.syncline.v1.research_pb2_grpc import add_ResearchServiceServicer_to_server
from syncline.wire.gen.syncline.v1.supplier_pb2_grpc import add_SupplierServiceServicer_to_server
from syncline.wire.transport import (
    TlsIdentity,
    enrolment_credentials,
    mutual_tls_credentials,
    server_options,
)
from trusted_party.api.enrolment_service import EnrolmentService
from trusted_party.api.one_message import one_message
from trusted_party.api.research_service import ResearchService
from trusted_party.api.supplier_service import SupplierService

ENROLMENT_RPCS = 64
"""Calls that the enrolment server serves at a time, of all strangers together."""

ENROLMENT_STREAMS = 4
"""Calls that one connection may hold open there."""


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
    return await _start(server, address, lambda: mutual_tls_credentials(identity))


async def serve_enrolment(
    address: str, identity: Callable[[], TlsIdentity], enrolment: EnrolmentService
) -> Listening:
    """Start the enrolment server."""
    options = server_options(concurrent_streams=ENROLMENT_STREAMS)
    server = grpc.aio.server(options=options, maximum_concurrent_rpcs=ENROLMENT_RPCS)
    server.add_generic_rpc_handlers((_enrolment_calls(enrolment),))
    return await _start(server, address, lambda: enrolment_credentials(identity))


def _enrolment_calls(service: EnrolmentService) -> grpc.GenericRpcHandler[Any, Any]:
    """Return the service's calls, each with a limit of time for its message."""
    enrol = grpc.stream_unary_rpc_method_handler(
        one_message(service.Enrol),
        enrolment_messages.EnrolRequest.FromString,
        enrolment_messages.EnrolResponse.SerializeToString,
    )
    renew = grpc.stream_unary_rpc_method_handler(
        one_message(service.Renew),
        enrolment_messages.RenewRequest.FromString,
        enrolment_messages.RenewResponse.SerializeToString,
    )
    calls = {"Enrol": enrol, "Renew": renew}
    return grpc.method_handlers_generic_handler("syncline.v1.EnrolmentService", calls)


async def _start(
    server: grpc.aio.Server, address: str, credentials: Callable[[], grpc.ServerCredentials]
) -> Listening:
    host, _, port_text = address.rpartition(":")
    port = int(port_text)
    for resolved in await _resolve(address, host.strip("[]")):
        port = _bind(server, f"{resolved}:{port}", address, credentials())
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
