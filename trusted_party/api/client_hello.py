"""The first bytes that a caller sends: a ClientHello of TLS, or nothing that this hub speaks.

TLS 1.3, RFC 8446, sections 5.1 (records) and 4 (handshake messages).
"""

from __future__ import annotations

from enum import Enum

_RECORD_HEAD = 5
_HANDSHAKE, _MAJOR_VERSION, _CLIENT_HELLO = 22, 3, 1
_MOST_BYTES = 1 << 14


class Hello(Enum):
    """What stands at the beginning of a connection so far."""

    INCOMPLETE = "the record is not all there yet"
    WHOLE = "a whole record that begins a ClientHello"
    FOREIGN = "no TLS, or more than a record may hold"


def judge_hello(received: bytes | bytearray) -> Hello:
    """Say what the bytes received so far are."""
    for place, expected in ((0, _HANDSHAKE), (1, _MAJOR_VERSION), (_RECORD_HEAD, _CLIENT_HELLO)):
        if len(received) > place and received[place] != expected:
            return Hello.FOREIGN
    if len(received) < _RECORD_HEAD:
        return Hello.INCOMPLETE
    size = int.from_bytes(received[3:_RECORD_HEAD], "big")
    if not 1 <= size <= _MOST_BYTES:
        return Hello.FOREIGN
    return Hello.WHOLE if len(received) >= _RECORD_HEAD + size else Hello.INCOMPLETE
