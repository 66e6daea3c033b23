"""A plain container for encodable state: one JSON head and named little-endian arrays.

States, memories and models are kept and passed between processes in this form. It holds data only: reading it
runs nothing and checks every length before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.errors import WireError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Array: TypeAlias = npt.NDArray[np.generic]

_MAGIC = b"SYB1"
_DTYPES = frozenset({"|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f8"})
_MAX_HEAD = 64 << 20
_MAX_DIMENSIONS = 4
_MAX_SIZE = 1 << 40


def pack(head: Mapping[str, Json], arrays: Mapping[str, Array]) -> bytes:
    """Return one byte string that holds ``head`` and ``arrays``; equal input gives equal bytes."""
    described, parts = [], []
    for name in sorted(arrays):
        array = np.asarray(arrays[name], order="C")
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        if little.dtype.str not in _DTYPES:
            raise ValueError(f"array {name!r}: dtype {little.dtype} cannot be packed")
        described.append([name, little.dtype.str, list(array.shape)])
        parts.append(little.tobytes())
    text = json.dumps({"head": head, "arrays": described}, sort_keys=True, separators=(",", ":")).encode()
    return b"".join([_MAGIC, len(text).to_bytes(4, "little"), text, *parts])


def unpack(data: bytes) -> tuple[dict[str, Json], dict[str, Array]]:
    """Return the head and the arrays of a packed byte string; raise WireError where it is damaged."""
    if data[:4] != _MAGIC or len(data) < 8:
        raise WireError("packed state: this is not a packed state")
    length = int.from_bytes(data[4:8], "little")
    if length > _MAX_HEAD or 8 + length > len(data):
        raise WireError("packed state: the head is cut short")
    head, described = _head(data[8 : 8 + length])
    arrays: dict[str, Array] = {}
    position = 8 + length
    for entry in described:
        name, dtype, shape = _description(entry)
        if name in arrays:
            raise WireError("packed state: an array stands in it twice")
        arrays[name] = _array(data, position, dtype, shape)
        position += arrays[name].nbytes
    if position != len(data):
        raise WireError("packed state: there are bytes after the last array")
    return head, arrays


def _head(text: bytes) -> tuple[dict[str, Json], list[Json]]:
    try:
        outer = json.loads(text)
    except (ValueError, RecursionError):
        raise WireError("packed state: the head does not read") from None
    match outer:
        case {"head": dict(head), "arrays": list(described), **rest} if not rest:
            return head, described
        case _:
            raise WireError("packed state: the head does not read")


def _description(entry: Json) -> tuple[str, str, tuple[int, ...]]:
    match entry:
        case [str(name), str(dtype), list(shape)] if dtype in _DTYPES and len(shape) <= _MAX_DIMENSIONS:
            sizes = tuple(n for n in shape if type(n) is int and n >= 0)
            if len(sizes) == len(shape) and prod(max(n, 1) for n in sizes) <= _MAX_SIZE:
                return name, dtype, sizes
    raise WireError("packed state: an array has an unknown type or shape")


def _array(data: bytes, position: int, dtype: str, shape: tuple[int, ...]) -> Array:
    count = prod(shape)
    if position + count * np.dtype(dtype).itemsize > len(data):
        raise WireError("packed state: an array is cut short")
    flat = np.frombuffer(data, dtype, count, position) if count else np.zeros(0, dtype)
    if dtype == "|b1" and (flat.view(np.uint8) > 1).any():
        raise WireError("packed state: a truth value is neither 0 nor 1")
    return flat.reshape(shape)
