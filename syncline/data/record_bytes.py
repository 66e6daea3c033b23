"""The bytes of a record: whole numbers, texts and lengths, of which each has one form and none is believed.

A whole number is a varint of seven bits a byte, least significant first, negative ones folded between the
positive ones; a longer form of the same number is refused. A length is held against what is left of the bytes
before anything is made of that length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

INTEGER_BITS = 512
"""The widest whole number: squares of 128-bit sums over all rows fit."""


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """What one record may take: values inside each other, members of all collections, and bytes."""

    depth: int = 24
    items: int = 1 << 24
    size: int = 1 << 34


class MalformedRecord(Exception):
    """A value or its bytes do not fit the annotation at ``path``, innermost field last."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path: list[str] = []

    def __str__(self) -> str:
        return f"{'.'.join(reversed(self.path))}: {self.problem}" if self.path else self.problem


def reject(problem: str) -> NoReturn:
    """Refuse a value or bytes."""
    raise MalformedRecord(problem)


class RecordWriter:
    """Append to the bytes of one record."""

    def __init__(self, limits: RecordLimits) -> None:
        self._limits = limits
        self._items = 0
        self.data = bytearray()

    def natural(self, number: int) -> None:
        """Append a number of at least 0."""
        while number > 0x7F:
            self.data.append(number & 0x7F | 0x80)
            number >>= 7
        self.data.append(number)

    def integer(self, number: int) -> None:
        """Append a number of either sign."""
        if number.bit_length() >= INTEGER_BITS:
            reject(f"a whole number has more than {INTEGER_BITS} bits")
        self.natural(number << 1 if number >= 0 else (-number << 1) - 1)

    def blob(self, content: bytes) -> None:
        """Append bytes behind their length."""
        self.natural(len(content))
        self.data += content

    def begin(self, items: int) -> None:
        """Append the length of a collection."""
        self._items = counted(self._items, items, self._limits)
        self.natural(items)

    def enter(self, depth: int) -> int:
        """Go into a value, and return how deep its parts are."""
        return deeper(depth, self._limits)

    def finished(self) -> bytes:
        """Return all bytes."""
        if len(self.data) > self._limits.size:
            reject(f"more than {self._limits.size} bytes")
        return bytes(self.data)


class RecordReader:
    """Take the bytes of one record from its front."""

    def __init__(self, data: bytes, limits: RecordLimits) -> None:
        self.limits = limits
        self._items = 0
        self._data = data
        self._at = 0
        if len(data) > limits.size:
            reject(f"more than {limits.size} bytes")

    @property
    def at(self) -> int:
        """Where the next byte stands."""
        return self._at

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def passed(self, start: int) -> bytes:
        """Return the bytes that were taken since ``start``."""
        return self._data[start : self._at]

    def byte(self) -> int:
        """Take one byte."""
        if self._at >= len(self._data):
            reject("the bytes end too early")
        self._at += 1
        return self._data[self._at - 1]

    def natural(self, most: int = (1 << INTEGER_BITS) - 1) -> int:
        """Take a number from 0 to ``most``."""
        number, shift = 0, 0
        while True:
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > INTEGER_BITS:
                reject("a number is too long")
        if shift and not byte:
            reject("a number is longer than it need be")
        if number > most:
            reject("a number is too large")
        return number

    def integer(self) -> int:
        """Take a number of either sign."""
        folded = self.natural((1 << INTEGER_BITS) - 2)
        return -((folded + 1) >> 1) if folded & 1 else folded >> 1

    def take(self, size: int) -> int:
        """Pass over ``size`` bytes and return where they begin."""
        if size > self.left:
            reject("the bytes end too early")
        self._at += size
        return self._at - size

    def blob(self) -> bytes:
        """Take bytes that stand behind their length."""
        start = self.take(self.natural())
        return self._data[start : self._at]

    def begin(self) -> int:
        """Take the length of a collection; each member has a byte at least."""
        items = self.natural()
        if items > self.left:
            reject("the bytes end too early")
        self._items = counted(self._items, items, self.limits)
        return items

    def enter(self, depth: int) -> int:
        """Go into a value, and return how deep its parts are."""
        return deeper(depth, self.limits)


def counted(items: int, more: int, limits: RecordLimits) -> int:
    """Return the members of all collections so far."""
    if items + more > limits.items:
        reject(f"more than {limits.items} members")
    return items + more


def deeper(depth: int, limits: RecordLimits) -> int:
    """Return the depth of what is inside a value at ``depth``."""
    if depth >= limits.depth:
        reject(f"more than {limits.depth} values inside each other")
    return depth + 1
