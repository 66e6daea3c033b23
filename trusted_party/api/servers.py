"""The hub's two servers: mutual TLS for members, and one without client certificates for enrolment.

They are two because gRPC can demand a client certificate of all callers of a server or of none, and because
every method of a server answers on all of its ports. Before each stands a porch, which limits strangers.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
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
from trusted_party.api.guests import Places
from trusted_party.api.one_message import one_message
from trusted_party.api.porch import Porch, PorchLimits
from trusted_party.api.research_service import ResearchService
from trusted_party.api.supplier_service import SupplierService

MEMBERS = PorchLimits(strangers=Places(256, 32), members=Places(4096, 64), seconds=10.0)
"""Connections of the members' server: strangers by address, members by name."""

ENROLMENT = PorchLimits(strangers=Places(128, 8), members=Places(1, 1), seconds=30.0)
"""Connections of the enrolment server, where a caller stays a stranger: an exchange is over in a second."""

BACKLOG = 1024
"""Connections that may wait for the porch to take them."""

ENROLMENT_STREAMS = 4
"""Calls that one connection may hold open there; with the porch, this bounds the calls of all strangers."""

ENROLMENT_MESSAGE_BYTES = 64 << 10
"""No message there is larger: one holds a few keys, proofs and certificates."""


class Listening:
    """A server behind its porch, and the port that it got, which is another one than 0."""

    def __init__(
        self, server: grpc.aio.Server, porch: Porch, port: int, inside: tempfile.TemporaryDirectory[str]
    ) -> None:
        self.port = port
        self._server = server
        self._porch = porch
        self._inside = inside

    async def stop(self, seconds: float) -> None:
        """Take no new connections, and end the running calls after ``seconds`` at the latest."""
        await self._porch.shut()
        await self._server.stop(seconds)
        await self._porch.close()
        self._inside.cleanup()


async def serve_members(
    address: str,
    identity: Callable[[], TlsIdentity],
    porch: Porch,
    supplier: SupplierService,
    research: ResearchService,
) -> Listening:
    """Start the mutual-TLS server."""
    server = grpc.aio.server(options=server_options())
    add_SupplierServiceServicer_to_server(supplier, server)
    add_ResearchServiceServicer_to_server(research, server)
    return await _start(server, address, porch, mutual_tls_credentials(identity))


async def serve_enrolment(
    address: str, identity: Callable[[], TlsIdentity], porch: Porch, enrolment: EnrolmentService
) -> Listening:
    """Start the enrolment server."""
    options = server_options(concurrent_streams=ENROLMENT_STREAMS, message_bytes=ENROLMENT_MESSAGE_BYTES)
    server = grpc.aio.server(options=options)
    server.add_generic_rpc_handlers((_enrolment_calls(enrolment),))
    return await _start(server, address, porch, enrolment_credentials(identity))


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
    server: grpc.aio.Server, address: str, porch: Porch, credentials: grpc.ServerCredentials
) -> Listening:
    """Listen on every address of the host, and let gRPC serve a socket that only this user can reach."""
    listening = await _bound(address)
    inside = tempfile.TemporaryDirectory(prefix="syncline-hub-")  # of mode 700
    place = Path(inside.name) / "grpc"
    server.add_secure_port(f"unix:{place}", credentials)
    await server.start()
    await porch.open(listening, place)
    return Listening(server, porch, int(listening[0].getsockname()[1]), inside)


async def _bound(address: str) -> list[socket.socket]:
    host, _, port_text = address.rpartition(":")
    port, bound = int(port_text), list[socket.socket]()
    try:
        for family, resolved in await _resolve(address, host.strip("[]")):
            bound.append(_bind(family, resolved, port))
            port = int(bound[-1].getsockname()[1])
    except OSError:
        for one in bound:
            one.close()
        raise UsageError(
            f"address {address}: it cannot be listened on, because the port is in use or the host is not this"
            " machine's: choose another --listen"
        ) from None
    return bound


async def _resolve(address: str, host: str) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    """Return each address of the host."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        raise UsageError(f"address {address}: the host is unknown: choose another --listen") from None
    return list(dict.fromkeys((entry[0], entry[4]) for entry in found))


def _bind(family: socket.AddressFamily, resolved: tuple[Any, ...], port: int) -> socket.socket:
    """Bind one address; a port that another process listens on is an error, whatever it thinks of sharing."""
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(resolved[0] != "::"))
        one.setblocking(False)
        one.bind((resolved[0], port, *resolved[2:]))
        one.listen(BACKLOG)
    except OSError:
        one.close()
        raise
    return one
