"""What the pages of a Parquet file say of their size, read before any page is unpacked.

A page of a few bytes can unpack to gigabytes, and a page of text whose cells repeat the beginning of the one
before (DELTA_BYTE_ARRAY) can write out each of them as long as the page itself. The footer says nothing of
single pages, so their headers are read, a few bytes for each: structures of Thrift's compact protocol, as
``parquet.thrift`` of the Parquet format lays them out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

MAX_HEADER_BYTES = 1 << 20
_HEADER_BYTES = 512
_MAX_DEPTH = 8
_MAX_FIELDS = 4096
_DELTA_BYTE_ARRAY = 7
_UNCOMPRESSED, _COMPRESSED = 2, 3  # fields of a PageHeader by their numbers in parquet.thrift,
_DATA, _DICTIONARY, _DATA_V2 = 5, 7, 8
_VALUES = 1  # and of the headers in it
_ENCODINGS = {_DATA: 2, _DICTIONARY: 2, _DATA_V2: 4}

_TRUE, _FALSE = 1, 2  # kinds of fields in the compact protocol

_LENGTH = struct.Struct("<I")

_Fields: TypeAlias = "dict[int, int | _Fields]"


@dataclass(frozen=True, slots=True)
class PageOutline:
    """What one page says of itself.

    Attributes
    ----------
    place, packed_bytes
        Where its content lies in the file.
    unpacked_bytes
        What it unpacks to.
    values
        How many values it has.
    is_dictionary
        Whether these are the values of the column's dictionary.
    repeats
        Whether a cell in it may be written as its difference from the one before.
    """

    place: int
    packed_bytes: int
    unpacked_bytes: int
    values: int
    is_dictionary: bool
    repeats: bool


def page_outlines(file: BinaryIO, start: int, length: int) -> Iterator[PageOutline]:
    """Yield the pages of the column in ``length`` bytes from ``start``; raise ValueError if damaged."""
    place, end = start, start + length
    while place < end:
        fields, size = _header(file, place)
        packed, unpacked = fields.get(_COMPRESSED), fields.get(_UNCOMPRESSED)
        if not (isinstance(packed, int) and isinstance(unpacked, int)) or packed < 0 or unpacked < 0:
            raise ValueError("a page without a size")
        yield _outline(fields, place + size, packed, unpacked)
        place += size + packed
    if place != end:
        raise ValueError("the pages are longer than their column")


def longest_entry(content: bytes, values: int) -> int:
    """Return the length of the longest text in the unpacked page of a dictionary; ValueError if damaged."""
    longest = place = 0
    for _ in range(values):
        (length,) = _LENGTH.unpack_from(content, place) if place + 4 <= len(content) else (-1,)
        place += 4 + length
        if length < 0 or place > len(content):
            raise ValueError("a dictionary is shorter than it says")
        longest = max(longest, length)
    return longest


def _outline(fields: _Fields, place: int, packed: int, unpacked: int) -> PageOutline:
    values, repeats = 0, False
    for kind, encoding in _ENCODINGS.items():
        if isinstance(own := fields.get(kind), dict):
            count = own.get(_VALUES, 0)
            if not isinstance(count, int) or count < 0:
                raise ValueError("a page of fewer than no values")
            values, repeats = max(values, count), repeats or own.get(encoding) == _DELTA_BYTE_ARRAY
    return PageOutline(place, packed, unpacked, values, _DICTIONARY in fields, repeats)


def _header(file: BinaryIO, place: int) -> tuple[_Fields, int]:
    """Return the header at ``place`` and how many bytes it takes."""
    size = _HEADER_BYTES
    while True:
        file.seek(place)
        content = file.read(size)
        reader = _Compact(content)
        try:
            return reader.struct(0), reader.place
        except IndexError:
            if len(content) < size or size >= MAX_HEADER_BYTES:
                raise ValueError("the header of a page is cut short") from None
        size *= 8


class _Compact:
    """Read a structure of Thrift's compact protocol; only its integers and structures are kept."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._fields = 0
        self.place = 0

    def struct(self, depth: int) -> _Fields:
        """Read a structure up to its end; IndexError where the bytes end before."""
        found: _Fields = {}
        number = 0
        while (mark := self._byte()) != 0:
            self._count()
            step, kind = mark >> 4, mark & 15
            number = number + step if step else self._signed()
            if kind not in (_TRUE, _FALSE):
                value = self._value(kind, depth)
                if value is not None:
                    found[number] = value
        return found

    def _value(self, kind: int, depth: int) -> int | _Fields | None:
        if depth > _MAX_DEPTH:
            raise ValueError("the header of a page is nested too deep")
        match kind:
            case 3:  # a byte
                return self._byte()
            case 4 | 5 | 6:  # an integer of 16, 32 or 64 bits
                return self._signed()
            case 12:
                return self.struct(depth + 1)
            case 7:  # a double
                self._skip(8)
            case 8:  # bytes
                self._skip(self._unsigned())
            case 9 | 10:  # a list or a set
                self._list(depth + 1)
            case _:
                raise ValueError("the header of a page does not read")
        return None

    def _list(self, depth: int) -> None:
        mark = self._byte()
        size, kind = mark >> 4, mark & 15
        for _ in range(self._unsigned() if size == 15 else size):
            self._count()
            if kind in (_TRUE, _FALSE):
                self._byte()
            else:
                self._value(kind, depth)

    def _count(self) -> None:
        self._fields += 1
        if self._fields > _MAX_FIELDS:
            raise ValueError("the header of a page has too many fields")

    def _byte(self) -> int:
        value = self._content[self.place]
        self.place += 1
        return value

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("an integer has more than 64 bits")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)

    def _skip(self, size: int) -> None:
        if size > len(self._content) - self.place:
            raise IndexError
        self.place += size
