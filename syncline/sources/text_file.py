"""Text files, packed or not, as streams of UTF-8 that end where the file ended when it was opened."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from syncline.errors import DataError
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.text_encoding import as_utf8, find_encoding

MAX_RECORD_BYTES = 1024 * 1024
"""The longest record that is read: one that is longer has lost its closing quote, or is no table."""

MAX_RATIO = 200
"""Deflate packs at most 1032 to 1, and tables that people write stay below 100 to 1."""

_SMALL_BYTES = 64 * 1024 * 1024
"""What may be packed as tightly as it likes."""


class TextFile:
    """A text file whose encoding is known; a name that ends in ``.gz`` is unpacked while it is read."""

    def __init__(self, path: Path) -> None:
        require_file(path)
        self.path = path
        self._content = FileContent(path)
        with self._unpacked() as stream:
            self.encoding = find_encoding(stream)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yield the text from its beginning as UTF-8; refuse it at the end if it changed meanwhile."""
        with self._unpacked() as stream:
            yield as_utf8(stream, self.encoding, str(self.path))

    def digest(self) -> str:
        """Return the SHA-256 of the file as it stands on disk, in hexadecimal."""
        return self._content.digest()

    @contextmanager
    def _unpacked(self) -> Iterator[BinaryIO]:
        packed = self.path.suffix.lower() == ".gz"
        with readable(self.path), unchanged(self.path) as size, self.path.open("rb", buffering=0) as file:
            whole = _Beginning(file, size)
            text = _Unpacked(whole, str(self.path)) if packed else whole
            try:
                yield cast(BinaryIO, io.BufferedReader(text, MAX_RECORD_BYTES))
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise DataError(f"{self.path}: is not a whole gzip file; copy it again") from None


class _Unpacked(io.RawIOBase):
    """A packed text, refused where it unpacks to far more than any table does."""

    def __init__(self, packed: _Beginning, name: str) -> None:
        self._packed = packed
        self._stream = gzip.GzipFile(fileobj=cast(BinaryIO, io.BufferedReader(packed, MAX_RECORD_BYTES)))
        self._name = name
        self._size = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: whatever offers its bytes
        count = self._stream.readinto(buffer)
        self._size += count
        if self._size > max(_SMALL_BYTES, MAX_RATIO * self._packed.taken):
            raise DataError(
                f"{self._name}: unpacks to more than {MAX_RATIO} times its size; is this a table? Unpack it"
                " first if it is",
                public=f"it unpacks to more than {MAX_RATIO} times its size",
            )
        return count


class _Beginning(io.RawIOBase):
    """The first bytes of a file, so that a file that grows for ever is not read for ever."""

    def __init__(self, file: io.RawIOBase | io.FileIO, size: int) -> None:
        self._file = file
        self._left = size
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: whatever offers its bytes
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        self.taken += count
        return count
