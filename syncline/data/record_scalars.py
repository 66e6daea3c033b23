"""How a value without parts is laid out in the bytes of a record."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from enum import Enum
from operator import index
from typing import Any

import numpy as np

from syncline.data.record_bytes import RecordReader, RecordWriter, reject

_FLOAT = struct.Struct("<d")


class ScalarShape:
    """A type without parts."""

    def __init__(
        self, name: str, put: Callable[[Any, RecordWriter], None], take: Callable[[RecordReader], object]
    ) -> None:
        self._name, self._put, self._take = name, put, take

    def words(self, seen: dict[int, int]) -> str:
        """Name the type."""
        return self._name

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the value."""
        self._put(value, out)

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take the value."""
        return self._take(data)


def _put_integer(value: Any, out: RecordWriter) -> None:
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        reject("expected a whole number")
    out.integer(index(value))


def _put_float(value: Any, out: RecordWriter) -> None:
    if isinstance(value, bool | np.bool_) or not isinstance(value, float | int | np.floating):
        reject("expected a number")
    number = float(value)
    if number != value and value == value:
        reject("expected a number that a float holds exactly")
    out.data += _FLOAT.pack(number)


def _take_float(data: RecordReader) -> float:
    start = data.take(8)
    return float(_FLOAT.unpack(data.passed(start))[0])


def _put_switch(value: Any, out: RecordWriter) -> None:
    if not isinstance(value, bool | np.bool_):
        reject("expected a truth value")
    out.natural(int(value))


def _take_switch(data: RecordReader) -> bool:
    return bool(data.natural(1))


def _put_text(value: Any, out: RecordWriter) -> None:
    if not isinstance(value, str):
        reject("expected a text")
    try:
        out.blob(value.encode())
    except UnicodeEncodeError:
        reject("a text holds half a character")


def _take_text(data: RecordReader) -> str:
    try:
        return data.blob().decode()
    except UnicodeDecodeError:
        reject("a text is not UTF-8")


def _put_bytes(value: Any, out: RecordWriter) -> None:
    if not isinstance(value, bytes):
        reject("expected bytes")
    out.blob(value)


SCALARS: Mapping[type, ScalarShape] = {
    int: ScalarShape("int", _put_integer, RecordReader.integer),
    float: ScalarShape("float", _put_float, _take_float),
    bool: ScalarShape("bool", _put_switch, _take_switch),
    str: ScalarShape("str", _put_text, _take_text),
    bytes: ScalarShape("bytes", _put_bytes, RecordReader.blob),
}


def enumerated(kind: type[Enum]) -> ScalarShape:
    """Return the shape of an enumeration: the place of a member."""
    members = tuple(kind)
    places = {member: place for place, member in enumerate(members)}

    def put(value: Any, out: RecordWriter) -> None:
        if not isinstance(value, kind):
            reject(f"expected one of {kind.__name__}")
        out.natural(places[value])

    def take(data: RecordReader) -> Enum:
        return members[data.natural(len(members) - 1)]

    return ScalarShape(f"enum({','.join(str(member.value) for member in members)})", put, take)
