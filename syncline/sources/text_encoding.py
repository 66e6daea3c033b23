"""The encoding of a text file, and its content as UTF-8 whatever the encoding is.

A byte order mark decides where there is one. Else a file is UTF-8 unless its first bytes beyond ASCII, and
those in the 64 KiB after them, hold no sequence of UTF-8 at all: then it is Windows-1252, or Latin-1 where it
holds bytes that Windows-1252 leaves undefined. A UTF-8 file with a damaged byte thus stays UTF-8 and is
refused by its line, rather than read with every letter wrong.
"""

from __future__ import annotations

import codecs
import io
import re
from enum import StrEnum
from typing import Any, BinaryIO, cast

from syncline.errors import DataError

_WINDOW_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_UTF8_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


class Encoding(StrEnum):
    """An encoding of text, by the name that Python knows it by."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    CP1252 = "cp1252"
    LATIN_1 = "latin-1"


_MARKS = {
    codecs.BOM_UTF8: Encoding.UTF_8,
    codecs.BOM_UTF16_LE: Encoding.UTF_16_LE,
    codecs.BOM_UTF16_BE: Encoding.UTF_16_BE,
}


def find_encoding(stream: BinaryIO) -> Encoding:
    """Find the encoding of ``stream``, read from its beginning until it is certain."""
    chunk = stream.read(_CHUNK_BYTES)
    for mark, encoding in _MARKS.items():
        if chunk.startswith(mark):
            return encoding
    while chunk:
        if not chunk.isascii() and (found := _BEYOND_ASCII.search(chunk)):
            return _of_window(chunk[found.start() :][:_WINDOW_BYTES] + stream.read(_WINDOW_BYTES))
        chunk = stream.read(_CHUNK_BYTES)
    return Encoding.UTF_8


def as_utf8(stream: BinaryIO, encoding: Encoding, name: str) -> BinaryIO:
    """Return ``stream`` as UTF-8, read in bounded memory; ``name`` stands for it in messages."""
    if encoding is Encoding.UTF_8:
        return stream
    return cast(BinaryIO, io.BufferedReader(_Transcoded(stream, encoding, name), _CHUNK_BYTES))


def _of_window(window: bytes) -> Encoding:
    if _decodes(window, Encoding.UTF_8) or _UTF8_SEQUENCE.search(window):
        return Encoding.UTF_8
    return Encoding.CP1252 if _decodes(window, Encoding.CP1252) else Encoding.LATIN_1


def _decodes(content: bytes, encoding: Encoding) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


class _Transcoded(io.RawIOBase):
    """Text of another encoding as bytes of UTF-8; a byte order mark stays one."""

    def __init__(self, stream: BinaryIO, encoding: Encoding, name: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._name = name
        self._lines = 0
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # Any: whatever offers its bytes
        target = memoryview(buffer)
        while not self._waiting:
            content = self._stream.read(_CHUNK_BYTES)
            self._waiting = self._decoded(content)
            if not content:
                break
        part, self._waiting = self._waiting[: len(target)], self._waiting[len(target) :]
        target[: len(part)] = part
        return len(part)

    def _decoded(self, content: bytes) -> bytes:
        try:
            text = self._decoder.decode(content, final=not content)
        except UnicodeDecodeError as error:
            read = error.object[: error.start].decode(self._encoding)
            line = self._lines + read.count("\n") + 1
            raise DataError(
                f"{self._name}: line {line} is not {self._encoding.upper()}; save the file as UTF-8"
            ) from None
        self._lines += text.count("\n")
        return text.encode()
