"""Fetch a server's certificate chain before anything is trusted, so that a pin can be looked for in it.

Nothing is sent over this connection: it ends after the handshake. Like gRPC, it goes through the HTTP CONNECT
proxy that the environment names.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from syncline.errors import UsageError
from syncline.wire.refusals import PeerUnreachable

SECONDS = 10.0
_PROXY_VARIABLES = ("grpc_proxy", "https_proxy", "http_proxy")


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; an IPv6 host stands in brackets."""
    host, separator, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    number = int(port) if separator and port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if not (bare and "/" not in bare and 0 < number < 1 << 16):
        raise UsageError(f"address '{address}': expected HOST:PORT with a port from 1 to 65535")
    return bare, number


def typed_address(text: str) -> str:
    """Return HOST:PORT of what a person typed or pasted, which may be written like a web address."""
    bare = text.strip().removeprefix("https://").removesuffix("/")
    split_address(bare)
    return bare


def next_port(address: str) -> str:
    """Return the address of the enrolment server that belongs to a hub's address: one port up."""
    _, port = split_address(address)
    if port == (1 << 16) - 1:
        raise UsageError(f"address '{address}': no port is above it for enrolment; name that address as well")
    return f"{address.rpartition(':')[0]}:{port + 1}"


def fetch_chain(address: str, environment: Mapping[str, str] = os.environ) -> list[bytes]:
    """Return the DER certificates that the server at ``address`` presents, leaf first."""
    host, port = split_address(address)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # trust comes from the pin, see pinned_root
    context.set_alpn_protocols(["h2"])
    try:
        with (
            _connect(host, port, environment) as plain,
            context.wrap_socket(plain, server_hostname=host) as tls,
        ):
            return _unverified_chain(tls)
    except (OSError, http.client.HTTPException) as error:
        raise PeerUnreachable(
            f"the hub does not answer at {address} ({_cause(error)}):"
            " check the address, the firewall and the proxy"
        ) from error


def proxy_for(host: str, port: int, environment: Mapping[str, str]) -> SplitResult | None:
    """Return the proxy that the environment names for this host, by the variables that gRPC reads."""
    bypass = environment.get("no_grpc_proxy") or environment.get("no_proxy") or ""
    if any(_matches(host, entry.strip()) for entry in bypass.split(",")):
        return None
    named = next((environment[name] for name in _PROXY_VARIABLES if environment.get(name)), None)
    return None if named is None else urlsplit(named if "://" in named else f"http://{named}")


def _matches(host: str, entry: str) -> bool:
    """Tell whether an entry of ``no_proxy`` covers the host: its name, or a domain that it ends with."""
    domain = entry.lstrip(".").lower()
    return bool(domain) and (host.lower() == domain or host.lower().endswith("." + domain))


def _connect(host: str, port: int, environment: Mapping[str, str]) -> socket.socket:
    proxy = proxy_for(host, port, environment)
    if proxy is None:
        return socket.create_connection((host, port), timeout=SECONDS)
    tunnel = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 80, timeout=SECONDS)
    tunnel.set_tunnel(host, port)
    tunnel.connect()
    return tunnel.sock


def _unverified_chain(tls: ssl.SSLSocket) -> list[bytes]:
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13 and later
        return [bytes(der) for der in tls.get_unverified_chain()]
    inner = tls._sslobj  # type: ignore[attr-defined]  # the same call, not yet public in 3.11 and 3.12
    return [certificate.public_bytes(ssl._ssl.ENCODING_DER) for certificate in inner.get_unverified_chain()]  # type: ignore[attr-defined]


def _cause(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
