"""The floor of a transfer: one gRPC stream under mutual TLS, digested and written to a file, no more.

``python -m benchmarks.bare_stream OUT HUB_HOME`` serves with the hub's own certificate and prints its port.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import syncline.wire  # noqa: F401  (before gRPC)

# isort: split
import grpc
import grpc.aio

from syncline.clock import SystemClock
from syncline.wire.membership import load_membership
from syncline.wire.transport import client_channel, mutual_tls_credentials, server_options
from trusted_party.cli.home import HubHome

METHOD = "/benchmark.Bare/Send"


async def send(port: int, identity: Path, chunks: AsyncIterator[bytes]) -> float:
    """Return the seconds until the server has digested and written all ``chunks``."""
    async with client_channel(f"127.0.0.1:{port}", load_membership(identity, "enrol").tls) as channel:
        await channel.channel_ready()
        call = channel.stream_unary(METHOD)
        began = time.monotonic()
        await call(chunks)
        return time.monotonic() - began


async def serve(out: Path, home: HubHome) -> None:
    """Take streams until the process is ended."""

    async def take(chunks: AsyncIterator[bytes], context: object) -> bytes:
        digest = hashlib.sha256()
        with out.open("wb") as file:
            async for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        return digest.digest()

    server = grpc.aio.server(options=server_options())
    handlers = {"Send": grpc.stream_unary_rpc_method_handler(take)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("benchmark.Bare", handlers),))
    credentials = mutual_tls_credentials(lambda: home.server_identity(SystemClock()))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), HubHome(Path(sys.argv[2]))))
