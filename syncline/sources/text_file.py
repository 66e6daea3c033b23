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
            whole = cast(BinaryIO, io.BufferedReader(_Beginning(file, size), MAX_RECORD_BYTES))
            try:
                yield cast(BinaryIO, gzip.GzipFile(fileobj=whole)) if packed else whole
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise DataError(f"{self.path}: is not a whole gzip file; copy it again") from None


class _Beginning(io.RawIOBase):
    """The first bytes of a file, so that a file that grows for ever is not read for ever."""

    def __init__(self, file: io.RawIOBase | io.FileIO, size: int) -> None:
        self._file = file
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: whatever offers its bytes
        count = self._file.readinto(memoryview(buffer)[: self._left]) or 0
        self._left -= count
        return count
