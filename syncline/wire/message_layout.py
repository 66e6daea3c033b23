"""How many parts a message has, counted on its bytes before it is parsed.

A parser sets some 50 bytes aside for a part that takes two on the way, and eight for a number that takes one,
so that a message which may travel could fill the memory of whoever parses it. Only lengths are read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from syncline.errors import WireError

MAX_PARTS = 1 << 20
"""The most parts of one message: messages in it, and numbers, texts and bytes that stand alone."""

MAX_PACKED_BYTES = 64 << 20
"""The most bytes of all packed lists of numbers together."""

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_WIDTHS = {_EIGHT: 8, _FOUR: 4}
_MOST_VARINT = 10


@dataclass(frozen=True, slots=True)
class _Shape:
    """A kind of message: its fields that hold messages, and those that hold lists of numbers."""

    inner: dict[int, _Shape] = field(default_factory=dict)
    numbers: set[int] = field(default_factory=set)


AnyDescriptor: TypeAlias = Any  # two unlike classes, of which one is private, describe a message
_SHAPES: dict[str, _Shape] = {}


def require_few_parts(kind: type[Message], name: str, data: bytes) -> None:
    """Raise WireError where a message of ``kind`` has too many parts, or its bytes do not read as one."""
    try:
        _count(_shape(kind.DESCRIPTOR), name, data)
    except IndexError:
        raise WireError(f"{name}: the bytes are not a message of this kind") from None


def _count(shape: _Shape, name: str, data: bytes) -> None:
    parts = packed = 0
    waiting = [(shape, 0, len(data))]
    while waiting:
        shape, place, end = waiting.pop()
        while place < end:
            tag, place = _varint(data, place)
            parts += 1
            number, form = tag >> 3, tag & 7
            if form == _BYTES:
                length, place = _varint(data, place)
                if (inner := shape.inner.get(number)) is not None:
                    waiting.append((inner, place, place + length))
                packed += length if number in shape.numbers else 0
                place += length
            else:
                place = _varint(data, place)[1] if form == _VARINT else place + _width(form)
            if parts > MAX_PARTS or packed > MAX_PACKED_BYTES:
                raise WireError(f"{name}: it has more parts than any message of this kind")
        if place != end:
            raise IndexError


def _width(form: int) -> int:
    """Return the bytes of a number of fixed width; groups, which nobody writes any more, are not read."""
    if form not in _WIDTHS:
        raise IndexError
    return _WIDTHS[form]


def _shape(descriptor: AnyDescriptor) -> _Shape:
    """Return the shape of a kind of message, made when it is met first."""
    name = descriptor.full_name
    if name not in _SHAPES:
        _SHAPES[name] = shape = _Shape()
        for one in descriptor.fields:
            if one.message_type is not None:
                shape.inner[one.number] = _shape(one.message_type)
            elif one.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
                shape.numbers.add(one.number)
    return _SHAPES[name]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """Return the number at ``place`` and where it ends; IndexError where the bytes end before."""
    byte = data[place]
    if byte < 128:
        return byte, place + 1
    value = byte & 127
    for step in range(1, _MOST_VARINT):
        byte = data[place + step]
        value |= (byte & 127) << (7 * step)
        if byte < 128:
            return value, place + step + 1
    raise IndexError
