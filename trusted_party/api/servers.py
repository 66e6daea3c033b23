"""The hub's two servers: mutual TLS for members, and one without client certificates for enrolment.

They are two because gRPC can demand a client certificate of all callers of a server or of none, and because
every method of a server answers on all of its ports. Before each stands a porch, which limits strangers.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from syncline.errors import UsageError
from syncline.identity.tls_identity import TlsIdentity
from syncline.wire.gen.syncline.v1 import enrolment_pb2, research_pb2, supplier_pb2
from syncline.wire.transport import (
    Option,
    enrolment_credentials,
    mutual_tls_credentials,
    server_options,
)
from trusted_party.api.enrolment_service import EnrolmentService
from trusted_party.api.gate import Gate
from trusted_party.api.guests import Places
from trusted_party.api.porch import Porch, PorchLimits
from trusted_party.api.research_service import ResearchService
from trusted_party.api.served_calls import Patience, served_calls
from trusted_party.api.supplier_service import SupplierService

MEMBERS = PorchLimits(strangers=Places(256, 32), members=Places(4096, 32), seconds=10.0)
"""Connections of the members' server: strangers by address, members by name."""

ENROLMENT = PorchLimits(strangers=Places(128, 8), members=Places(1, 1), seconds=30.0)
"""Connections of the enrolment server, where a caller stays a stranger: an exchange is over in a second."""

QUEUES = 8
"""Servers of gRPC behind each porch, among which addresses are dealt: see :class:`Porch`."""

BACKLOG = 1024
"""Connections that may wait for the porch to take them."""

CLOSE_SECONDS = 1.0
"""How long gRPC may take to close its connections once the running calls are ended."""

MEMBER_STREAMS = 32
"""Calls that one connection of a member may hold open; the gate bounds those that are served."""

ENROLMENT_STREAMS = 4
"""Calls that one connection may hold open there; with the porch, this bounds the calls of all strangers."""

ENROLMENT_MESSAGE_BYTES = 64 << 10
"""No message there is larger: one holds a few keys, proofs and certificates."""

ENROLMENT_MESSAGE_SECONDS = 5.0
MEMBER_MESSAGE_SECONDS = 30.0
"""How long the message of a call may take: 3 MiB at 1 Mbit/s."""

_SUPPLIER = supplier_pb2.DESCRIPTOR.services_by_name["SupplierService"]
_RESEARCH = research_pb2.DESCRIPTOR.services_by_name["ResearchService"]
_ENROLMENT = enrolment_pb2.DESCRIPTOR.services_by_name["EnrolmentService"]


class Listening:
    """Servers behind their porch, and the port that they got, which is another one than 0."""

    def __init__(
        self,
        servers: Sequence[grpc.aio.Server],
        porch: Porch,
        port: int,
        inside: tempfile.TemporaryDirectory[str],
    ) -> None:
        self.port = port
        self._servers = servers
        self._porch = porch
        self._inside = inside

    async def stop(self, seconds: float) -> None:
        """Take no new connections, and end the running calls after ``seconds`` at the latest.

        gRPC stops when its last connection is closed, and does not close one whose caller reads no answer:
        those that are left a moment later are closed by the porch.
        """
        await self._porch.shut()
        stopping = [asyncio.create_task(server.stop(seconds)) for server in self._servers]
        await asyncio.wait(stopping, timeout=seconds + CLOSE_SECONDS)
        await self._porch.close()
        await asyncio.gather(*stopping)
        self._inside.cleanup()


async def serve_members(
    address: str,
    identity: Callable[[], TlsIdentity],
    porch: Porch,
    gate: Gate,
    supplier: SupplierService,
    research: ResearchService,
) -> Listening:
    """Start the mutual-TLS server."""
    patience = Patience(gate.place, MEMBER_MESSAGE_SECONDS, porch.clock)
    calls = served_calls(_SUPPLIER, supplier, patience), served_calls(_RESEARCH, research, patience)
    options = server_options(concurrent_streams=MEMBER_STREAMS)
    return await _start(calls, options, address, porch, lambda: mutual_tls_credentials(identity))


async def serve_enrolment(
    address: str, identity: Callable[[], TlsIdentity], porch: Porch, enrolment: EnrolmentService
) -> Listening:
    """Start the enrolment server, whose calls are bounded by its streams and the porch."""
    options = server_options(concurrent_streams=ENROLMENT_STREAMS, message_bytes=ENROLMENT_MESSAGE_BYTES)
    patience = Patience(lambda _: nullcontext(), ENROLMENT_MESSAGE_SECONDS, porch.clock)
    calls = (served_calls(_ENROLMENT, enrolment, patience),)
    return await _start(calls, options, address, porch, lambda: enrolment_credentials(identity))


async def _start(
    calls: Sequence[grpc.GenericRpcHandler[Any, Any]],
    options: Sequence[Option],
    address: str,
    porch: Porch,
    credentials: Callable[[], grpc.ServerCredentials],
) -> Listening:
    """Listen on every address of the host, and let gRPC serve sockets that only this user can reach."""
    listening = await _bound(address)
    inside = tempfile.TemporaryDirectory(prefix="syncline-hub-")  # of mode 700
    places = [Path(inside.name) / f"grpc-{number}" for number in range(QUEUES)]
    servers = []
    for place in places:
        server = grpc.aio.server(options=options)
        server.add_generic_rpc_handlers(calls)
        server.add_secure_port(f"unix:{place}", credentials())
        await server.start()
        servers.append(server)
    await porch.open(listening, places)
    return Listening(servers, porch, int(listening[0].getsockname()[1]), inside)


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
