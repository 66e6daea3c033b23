"""A process that holds connections and says next to nothing.

Arguments: COUNT, HOSTS, what it says in hexadecimal, PORTS.
It prints a line once all are made, and after a line on its standard input how many of them live.
"""

from __future__ import annotations

import contextlib
import socket
import sys


def call(port: int, host: str, said: bytes) -> socket.socket:
    """Connect from one address of loopback."""
    one = socket.socket()
    one.bind((host, 0))
    one.settimeout(5)
    one.connect(("127.0.0.1", port))
    if said:
        with contextlib.suppress(OSError):
            one.sendall(said)
    one.setblocking(False)
    return one


def lives(one: socket.socket) -> bool:
    """Tell whether the other side has not ended a connection."""
    try:
        while one.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def main(count: int, hosts: int, said: bytes, ports: list[int]) -> None:
    """Hold ``count`` connections to each port."""
    held = []
    for number in range(count):
        for port in ports:
            with contextlib.suppress(OSError):  # the hub takes no more: all the better
                held.append(call(port, f"127.0.1.{1 + number % hosts}", said))
    print("held", flush=True)
    for _ in sys.stdin:
        print(sum(map(lives, held)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), bytes.fromhex(sys.argv[3]), [*map(int, sys.argv[4:])])
