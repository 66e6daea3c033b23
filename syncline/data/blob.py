"""A plain container for encodable state: one JSON head and named little-endian arrays.

States, memories and models are kept and passed between processes in this form. It holds data only: reading it
runs nothing and checks every length before it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.errors import WireError

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Array: TypeAlias = npt.NDArray[np.generic]

_MAGIC = b"SYB1"
_DTYPES = frozenset({"|b1", "|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f8"})
_MAX_HEAD = 64 << 20


def pack(head: Mapping[str, Json], arrays: Mapping[str, Array]) -> bytes:
    """Return one byte string that holds ``head`` and ``arrays``; equal input gives equal bytes."""
    described, parts = [], []
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
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
    try:
        outer = json.loads(data[8 : 8 + length])
        head, described = outer["head"], outer["arrays"]
    except (ValueError, KeyError, TypeError) as error:
        raise WireError("packed state: the head does not read") from error
    arrays, position = {}, 8 + length
    for name, dtype, shape in described:
        if dtype not in _DTYPES or any(not isinstance(n, int) or n < 0 for n in shape):
            raise WireError("packed state: an array has an unknown type or shape")
        count = int(np.prod(shape, dtype=object)) if shape else 1
        size = count * np.dtype(dtype).itemsize
        if position + size > len(data):
            raise WireError(f"packed state: array {name!r} is cut short")
        arrays[name] = np.frombuffer(data, dtype, count, position).reshape(shape)
        position += size
    if position != len(data):
        raise WireError("packed state: there are bytes after the last array")
    return head, arrays
