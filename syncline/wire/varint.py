"""LEB128: arrays of non-negative integers as bytes, seven bits at a time, without a loop over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.errors import WireError

Ints: TypeAlias = npt.NDArray[np.int64]
Octets: TypeAlias = npt.NDArray[np.uint8]

_MOST_BYTES = 9
"""Nine groups of seven bits hold every non-negative int64."""

_PIECE_BYTES = 1 << 20
"""So much is decoded at a time."""


def encode_varints(values: Ints) -> bytes:
    """Return the encoding of values (n,), each from 0 to 2**63 - 1."""
    if len(values) == 0:
        return b""
    groups = np.ones(len(values), np.int64)
    for width in range(1, _MOST_BYTES):
        groups += (values >> np.int64(7 * width)) > 0
    ends = np.cumsum(groups)
    starts = ends - groups
    out = np.zeros(int(ends[-1]), np.uint8)
    for width in range(int(groups.max())):
        long = groups > width
        more = groups[long] > width + 1
        out[starts[long] + width] = ((values[long] >> np.int64(7 * width)) & 127) | (
            more.astype(np.int64) << 7
        )
    return out.tobytes()


def decode_varints(field: str, data: bytes, count_at_most: int) -> Ints:
    """Return the values; raise WireError naming ``field`` where they are cut short, long or not minimal."""
    octets = np.frombuffer(data, np.uint8)
    if len(octets) == 0:
        return np.zeros(0, np.int64)
    if octets[-1] & 128:
        raise WireError(f"{field}: the last integer is cut short")
    count = np.count_nonzero(octets < 128)
    if count > count_at_most:
        raise WireError(f"{field}: {count} integers are more than the {count_at_most} allowed")
    values, place = np.empty(count, np.int64), 0
    for piece in _pieces(octets):
        own = _decoded(field, piece)
        values[place : place + len(own)] = own
        place += len(own)
    return values


def _pieces(octets: Octets) -> Iterator[Octets]:
    """Cut the bytes behind whole integers, so that what decoding needs besides the values stays bounded."""
    start = 0
    while start < len(octets):
        piece = octets[start : start + _PIECE_BYTES]
        whole = np.flatnonzero(piece[-_MOST_BYTES - 1 :] < 128)
        if len(whole) and start + len(piece) < len(octets):
            piece = piece[: len(piece) - min(len(piece), _MOST_BYTES + 1) + int(whole[-1]) + 1]
        yield piece
        start += len(piece)


def _decoded(field: str, octets: Octets) -> Ints:
    ends = np.flatnonzero(octets < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    groups = ends - starts + 1
    if not len(groups) or int(groups.max()) > _MOST_BYTES:
        raise WireError(f"{field}: an integer has more than 63 bits")
    if ((octets[ends] == 0) & (groups > 1)).any():
        raise WireError(f"{field}: an integer is not written in its shortest form")
    values = np.zeros(len(ends), np.int64)
    for width in range(int(groups.max())):
        long = groups > width
        values[long] |= (octets[starts[long] + width] & 127).astype(np.int64) << np.int64(7 * width)
    return values
