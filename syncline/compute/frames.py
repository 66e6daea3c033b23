"""The frames on a child's pipes: a JSON header and opaque blobs, each with its length in front.

    u32 header bytes | u32 number of blobs | u64 bytes of each blob ... | header | blobs ...   (big endian)

Reading is written once, as a generator that asks for so many bytes and is sent them; the parent's end drives
it with ``await``, the child's with blocking reads. Every length is checked against :class:`FrameLimits`
before it is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from syncline.errors import WireError

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Header: TypeAlias = Mapping[str, Json]

_PREFIX = struct.Struct(">II")
_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """What a reader accepts, in bytes and numbers."""

    header_bytes: int = 1 << 20
    blobs: int = 4096
    payload_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """A header and its blobs; its ``repr`` shows sizes only."""

    header: dict[str, Json]
    blobs: list[bytes]

    def __repr__(self) -> str:
        return f"Frame({len(self.header)} header fields, blobs of {[len(blob) for blob in self.blobs]} bytes)"


DEFAULT_LIMITS = FrameLimits()

FrameReader: TypeAlias = Generator[int, bytes, Frame]


def encode_frame(
    header: Header, blobs: Sequence[bytes] = (), limits: FrameLimits = DEFAULT_LIMITS
) -> list[bytes]:
    """Return the buffers to write, in order; blobs are passed on without a copy."""
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    lengths = [len(blob) for blob in blobs]
    _check_sizes(len(text), len(lengths), limits)
    _check_payload(lengths, limits)
    return [_PREFIX.pack(len(text), len(lengths)), struct.pack(f">{len(lengths)}Q", *lengths), text, *blobs]


def read_frame(limits: FrameLimits = DEFAULT_LIMITS) -> FrameReader:
    """Yield the number of bytes wanted next and take them by ``send``; return the frame."""
    header_bytes, count = _PREFIX.unpack((yield _PREFIX.size))
    _check_sizes(header_bytes, count, limits)
    lengths = struct.unpack(f">{count}Q", (yield count * _LENGTH_BYTES)) if count else ()
    _check_payload(lengths, limits)
    header = _parse_header((yield header_bytes))
    blobs = []
    for length in lengths:
        blobs.append((yield length) if length else b"")
    return Frame(header, blobs)


def _check_sizes(header_bytes: int, count: int, limits: FrameLimits) -> None:
    if not 0 < header_bytes <= limits.header_bytes:
        raise WireError(f"frame: a header of {header_bytes} bytes, expected 1 to {limits.header_bytes}")
    if count > limits.blobs:
        raise WireError(f"frame: {count} blobs, expected at most {limits.blobs}")


def _check_payload(lengths: Sequence[int], limits: FrameLimits) -> None:
    if sum(lengths) > limits.payload_bytes:
        raise WireError(f"frame: blobs of {sum(lengths)} bytes, expected at most {limits.payload_bytes}")


def _parse_header(text: bytes) -> dict[str, Json]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("frame: the header is not JSON") from None
    if not isinstance(header, dict):
        raise WireError("frame: the header is not a JSON object")
    return header
