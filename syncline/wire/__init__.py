"""The wire: generated stubs, channels and servers, and the border between messages and domain values.

Here live the transport's settings (TLS 1.3 only, keepalive, sizes), the pairs ``X_to_proto`` /
``X_from_proto`` with their strict decoding, and the mapping of errors to gRPC statuses. What never lives
here: a decision about a study, a query of a store, a number computed from data.

gRPC reads its list of cipher suites once, when it is imported. The list below holds one suite of TLS 1.2 that
needs an RSA certificate; our certificates are P-256, so no handshake of TLS 1.2 can succeed and only TLS 1.3,
whose suites are not governed by the list, remains. Therefore this package is imported before gRPC, always.
"""

from __future__ import annotations

import os
import sys

TLS13_ONLY = "ECDHE-RSA-AES128-GCM-SHA256"

if "grpc" in sys.modules and os.environ.get("GRPC_SSL_CIPHER_SUITES") != TLS13_ONLY:
    raise ImportError("syncline.wire must be imported before grpc, or TLS 1.2 would stay allowed")
os.environ["GRPC_SSL_CIPHER_SUITES"] = TLS13_ONLY
os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # our own log says what matters, one event a line
os.environ.setdefault(
    "GRPC_ENABLE_FORK_SUPPORT", "0"
)  # we never fork; a fork followed by exec must not abort
