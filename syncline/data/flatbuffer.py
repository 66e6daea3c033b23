"""Read tables of a flatbuffer in place, as Arrow lays them out (``Message.fbs``, ``File.fbs``).

Only what is asked for is read, nothing is set aside for what a table claims, and whatever lies outside of the
bytes raises ValueError.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

U8, I8, U16, I32, U32, I64 = (struct.Struct(f"<{code}") for code in "BbHiIq")


@dataclass(frozen=True, slots=True)
class FlatTable:
    """A table of a flatbuffer: ``start`` is where it lies in ``data``."""

    data: bytes
    start: int

    @classmethod
    def root(cls, data: bytes) -> FlatTable:
        """Return the table that a flatbuffer begins with."""
        return cls(data, _read(U32, data, 0))

    def place(self, field: int) -> int | None:
        """Return where a field lies; None where it was left out."""
        directory = self.start - _read(I32, self.data, self.start)
        entry = 4 + 2 * field
        if entry >= _read(U16, self.data, directory):
            return None
        offset = _read(U16, self.data, directory + entry)
        return self.start + offset if offset else None

    def scalar(self, field: int, kind: struct.Struct) -> int:
        """Return a number, 0 where it was left out."""
        place = self.place(field)
        return 0 if place is None else _read(kind, self.data, place)

    def table(self, field: int) -> FlatTable:
        """Return a table inside of this one."""
        return FlatTable(self.data, self._target(field))

    def structs(self, field: int, form: struct.Struct) -> Iterator[tuple[int, ...]]:
        """Yield the entries of a vector of structs, none where it was left out."""
        if self.place(field) is None:
            return
        start = self._target(field)
        for number in range(_read(U32, self.data, start)):
            yield _unpacked(form, self.data, start + 4 + number * form.size)

    def _target(self, field: int) -> int:
        """Return where the field's offset points to."""
        place = self.place(field)
        if place is None:
            raise ValueError("a message lacks a part")
        return place + _read(U32, self.data, place)


def _read(kind: struct.Struct, data: bytes, place: int) -> int:
    return int(_unpacked(kind, data, place)[0])


def _unpacked(form: struct.Struct, data: bytes, place: int) -> tuple[int, ...]:
    if place < 0:
        raise ValueError("a message points to before itself")
    try:
        return form.unpack_from(data, place)
    except struct.error:
        raise ValueError("a message is shorter than it says") from None
