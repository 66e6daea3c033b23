"""Channels and servers with the settings on which liveness and safety rest.

With these options a frozen peer is noticed within about 9 s, a killed one within milliseconds, and an agent
is back within 1.3 s of the hub's return. ``grpc.http2.ping_timeout_ms`` matters most: without it a dead link
is noticed only after a minute. ``grpc.so_reuseport`` is off, or a second hub would bind the same port without
a word. Only TLS 1.3 is spoken: see the package's head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import grpc
import grpc.aio

from syncline.identity.tls_identity import TlsIdentity

MAX_MESSAGE_BYTES = 3 << 20
"""No message is larger: the largest holds one specification or one chunk of 1 MiB."""

METADATA_BYTES = 2 << 10
"""What the hub takes of a call's headers; our own need 700 bytes.

gRPC refuses a call with more of them, but makes a Python object of each header up to this limit first, and a
few compressed bytes can stand for all.
"""

PENDING_CALLS = 256
"""Calls that one server of the hub queues until Python takes them; gRPC itself queues up to 3,000."""

HANDSHAKE_MS = 10_000
"""How long the server's side of a TLS handshake waits for the other side; gRPC itself waits two minutes."""

Option = tuple[str, int | str]


@dataclass(frozen=True, slots=True)
class Liveness:
    """How soon a silent peer counts as gone, in milliseconds."""

    ping_every_ms: int = 5000
    ping_timeout_ms: int = 5000
    reconnect_first_ms: int = 200
    reconnect_least_ms: int = 2000
    reconnect_most_ms: int = 3000


def _keepalive(liveness: Liveness, message_bytes: int = MAX_MESSAGE_BYTES) -> list[Option]:
    return [
        ("grpc.keepalive_time_ms", liveness.ping_every_ms),
        ("grpc.keepalive_timeout_ms", liveness.ping_timeout_ms),
        ("grpc.http2.ping_timeout_ms", liveness.ping_timeout_ms),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.max_receive_message_length", message_bytes),
        ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ]


def client_options(liveness: Liveness = Liveness()) -> list[Option]:
    """Return the channel options of an agent or a researcher."""
    return [
        *_keepalive(liveness),
        ("grpc.initial_reconnect_backoff_ms", liveness.reconnect_first_ms),
        ("grpc.min_reconnect_backoff_ms", liveness.reconnect_least_ms),
        ("grpc.max_reconnect_backoff_ms", liveness.reconnect_most_ms),
        ("grpc.enable_retries", 0),
    ]


def server_options(
    liveness: Liveness = Liveness(), concurrent_streams: int = 64, message_bytes: int = MAX_MESSAGE_BYTES
) -> list[Option]:
    """Return the options of the hub's servers.

    One connection may hold ``concurrent_streams``, and receive messages of ``message_bytes``. A handshake may
    take ``HANDSHAKE_MS``. Of a stream that nobody reads 64 KiB are taken: where gRPC measures how much fits
    between both sides, a fast caller makes it take megabytes.
    """
    return [
        *_keepalive(liveness, message_bytes),
        ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
        ("grpc.http2.min_ping_interval_without_data_ms", 3000),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.so_reuseport", 0),
        ("grpc.max_concurrent_streams", concurrent_streams),
        ("grpc.server.max_pending_requests", PENDING_CALLS),
        ("grpc.server.max_pending_requests_hard_limit", PENDING_CALLS),
        ("grpc.http2.bdp_probe", 0),
        ("grpc.max_metadata_size", METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", METADATA_BYTES),
    ]


def client_channel(
    address: str, identity: TlsIdentity, *, liveness: Liveness = Liveness()
) -> grpc.aio.Channel:
    """Open a mutual-TLS channel to ``HOST:PORT``; the hub's certificate must name HOST."""
    credentials = grpc.ssl_channel_credentials(identity.authority, identity.private_key, identity.certificate)
    return grpc.aio.secure_channel(address, credentials, options=client_options(liveness))


def enrolment_channel(address: str, authority: bytes, *, liveness: Liveness = Liveness()) -> grpc.aio.Channel:
    """Open a channel to the enrolment server: it is verified by ``authority``, the caller shows nothing."""
    credentials = grpc.ssl_channel_credentials(authority)
    return grpc.aio.secure_channel(address, credentials, options=client_options(liveness))


def mutual_tls_credentials(current: Callable[[], TlsIdentity]) -> grpc.ServerCredentials:
    """Return server credentials that ask ``current`` at every handshake and demand a client certificate.

    They are for one address: see :class:`_Handshakes`. ``current`` runs on a thread of gRPC. Where it raises,
    the identity of the last handshake stays in force.
    """

    def configuration(now: TlsIdentity) -> grpc.ServerCertificateConfiguration:
        pair = [(now.private_key, now.certificate)]
        return grpc.ssl_server_certificate_configuration(pair, root_certificates=now.authority)

    handshakes = _Handshakes(current, configuration)
    return grpc.dynamic_ssl_server_credentials(
        handshakes.first(),
        handshakes.change,  # type: ignore[arg-type]  # the stubs forget that None means no change
        require_client_authentication=True,
    )


def enrolment_credentials(current: Callable[[], TlsIdentity]) -> grpc.ServerCredentials:
    """Return credentials of the enrolment server: no client certificate, and a chain with its root.

    Whoever enrols knows nothing but the root's digest from the token, so the root must be in the chain. They
    are for one address.
    """

    def configuration(now: TlsIdentity) -> grpc.ServerCertificateConfiguration:
        chain = now.certificate.rstrip() + b"\n" + now.authority
        return grpc.ssl_server_certificate_configuration([(now.private_key, chain)])

    handshakes = _Handshakes(current, configuration)
    return grpc.dynamic_ssl_server_credentials(
        handshakes.first(),
        handshakes.change,  # type: ignore[arg-type]  # the stubs forget that None means no change
        require_client_authentication=False,
    )


class _Handshakes:
    """Tell gRPC of an identity once, and again only when it changed.

    gRPC frees what it made of the last configuration as soon as it is given a new one, even while another
    thread begins a handshake with it, and the process dies (https://github.com/grpc/grpc/issues/36693). So an
    unchanged identity is answered by None, which replaces nothing. As each port has to be told once, ports
    cannot share credentials.
    """

    def __init__(
        self,
        current: Callable[[], TlsIdentity],
        configuration: Callable[[TlsIdentity], grpc.ServerCertificateConfiguration],
    ) -> None:
        self._current = current
        self._configuration = configuration
        self._told = current()

    def first(self) -> grpc.ServerCertificateConfiguration:
        """Return the configuration to begin with."""
        return self._configuration(self._told)

    def change(self) -> grpc.ServerCertificateConfiguration | None:
        """Return the configuration of a changed identity, or None; gRPC asks one handshake at a time."""
        now = self._current()
        if now == self._told:
            return None
        changed = self._configuration(now)
        self._told = now
        return changed
