"""What Arrow's streams and files say of their record batches, read before anything is unpacked.

A compressed buffer begins with the length that it unpacks to, and Arrow sets that much aside before it reads
on. So a stream of a few kilobytes can ask for any amount of memory, and whoever counts after a batch was read
counts too late. Here only the messages' own tables are read, and the first bytes of each buffer.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from syncline.data.flatbuffer import I8, I32, I64, U8, U32, FlatTable

_TYPE, _HEADER, _BODY_LENGTH = 1, 2, 3  # fields by their numbers in Message.fbs: of a Message,
_LENGTH, _NODES, _BUFFERS, _COMPRESSION = 0, 1, 2, 3  # of a RecordBatch,
_CODEC = 0  # of a BodyCompression,
_DATA = 1  # of a DictionaryBatch,
_DICTIONARIES, _RECORD_BATCHES = 2, 3  # and of a Footer in File.fbs
_SCHEMA, _DICTIONARY_BATCH, _RECORD_BATCH = 1, 2, 3
_PAIR = struct.Struct("<qq")
_BLOCK = struct.Struct("<qixxxxq")
_ZSTD = 1
_UNCOMPRESSED = -1
_CONTINUES = 0xFFFF_FFFF
_FILE_MARK = b"ARROW1"


@dataclass(frozen=True, slots=True)
class BatchOutline:
    """What a record batch, or a dictionary, says of itself.

    Attributes
    ----------
    rows
        How many it has.
    nodes
        Length and number of missing values of each column, nested ones and their parents alike.
    buffers
        The bytes of each of its buffers once they are unpacked.
    is_dictionary
        Whether it holds the values of a dictionary.
    """

    rows: int
    nodes: tuple[tuple[int, int], ...]
    buffers: tuple[int, ...]
    is_dictionary: bool = False

    @property
    def unpacked_bytes(self) -> int:
        """The bytes of all buffers."""
        return sum(self.buffers)


def stream_outline(content: bytes | BinaryIO) -> Iterator[BatchOutline]:
    """Yield an outline of each record batch of a stream that holds nothing else but its schema.

    Raises
    ------
    ValueError
        Where the stream holds something but record batches, is compressed otherwise than by zstd, or where a
        message contradicts itself.
    """
    for one, codec in _of_stream(io.BytesIO(content) if isinstance(content, bytes) else content):
        if one.is_dictionary:
            raise ValueError("the stream holds something but record batches")
        if codec not in (None, _ZSTD):
            raise ValueError("the stream is compressed otherwise than by zstd")
        yield one


def loose_outline(stream: BinaryIO, *, is_file: bool) -> Iterator[BatchOutline]:
    """Yield an outline of each batch and dictionary of a stream, or of a file by its footer, of any codec."""
    found = _of_file(stream) if is_file else _of_stream(stream)
    return (one for one, _ in found)


def _of_stream(stream: BinaryIO) -> Iterator[tuple[BatchOutline, int | None]]:
    size = stream.seek(0, io.SEEK_END)
    place, is_first = 0, True
    while (found := _message(stream, place, size)) is not None:
        message, body, place = found
        if is_first != (message.scalar(_TYPE, U8) == _SCHEMA):
            raise ValueError(
                "the stream does not begin with a schema" if is_first else "the stream has two schemas"
            )
        if not is_first:
            yield _outline(message, stream, body, place)
        is_first = False
    if is_first:
        raise ValueError("the stream does not begin with a schema")


def _of_file(file: BinaryIO) -> Iterator[tuple[BatchOutline, int | None]]:
    size = file.seek(0, io.SEEK_END)
    tail = _bytes_at(file, max(size - 10, 0), min(size, 10))
    if not tail.endswith(_FILE_MARK) or len(tail) < 10:
        raise ValueError("the file does not end as one")
    length: int = I32.unpack_from(tail)[0]
    if not 0 < length <= size - 10:
        raise ValueError("the footer is longer than the file")
    footer = FlatTable.root(_bytes_at(file, size - 10 - length, length))
    for field in (_DICTIONARIES, _RECORD_BATCHES):
        for offset, _, _ in footer.structs(field, _BLOCK):
            found = _message(file, offset, size)
            if found is None:
                raise ValueError("the footer names a batch that is none")
            yield _outline(found[0], file, found[1], found[2])


def _message(stream: BinaryIO, place: int, size: int) -> tuple[FlatTable, int, int] | None:
    """Return the message at ``place``, where its body begins and where it ends; None at the end."""
    if place < 0:
        raise ValueError("a message lies before its stream")
    if place >= size:
        return None
    length: int = U32.unpack(_bytes_at(stream, place, 4))[0]
    place += 4
    if length == _CONTINUES:
        length = U32.unpack(_bytes_at(stream, place, 4))[0]
        place += 4
    if not length:
        return None
    if length > size - place:
        raise ValueError("a message is longer than its stream")
    message = FlatTable.root(_bytes_at(stream, place, length))
    body, width = place + length, message.scalar(_BODY_LENGTH, I64)
    if not 0 <= width <= size - body:
        raise ValueError("a message is longer than its stream")
    return message, body, body + width


def _outline(message: FlatTable, stream: BinaryIO, body: int, end: int) -> tuple[BatchOutline, int | None]:
    kind = message.scalar(_TYPE, U8)
    if kind not in (_DICTIONARY_BATCH, _RECORD_BATCH):
        raise ValueError("the stream holds something but record batches")
    batch = message.table(_HEADER)
    if kind == _DICTIONARY_BATCH:
        batch = batch.table(_DATA)
    rows, codec = batch.scalar(_LENGTH, I64), None
    if batch.place(_COMPRESSION) is not None:
        codec = batch.table(_COMPRESSION).scalar(_CODEC, I8)
    nodes = tuple((length, missing) for length, missing in batch.structs(_NODES, _PAIR))
    if rows < 0 or any(length < 0 or not 0 <= missing <= length for length, missing in nodes):
        raise ValueError("a batch of fewer than no rows")
    buffers = tuple(
        _unpacked(stream, body + offset, length, end, is_compressed=codec is not None)
        for offset, length in batch.structs(_BUFFERS, _PAIR)
    )
    return BatchOutline(rows, nodes, buffers, kind == _DICTIONARY_BATCH), codec


def _unpacked(stream: BinaryIO, place: int, length: int, end: int, *, is_compressed: bool) -> int:
    if place < 0 or length < 0 or place + length > end:
        raise ValueError("a buffer lies outside of its message")
    if not is_compressed or not length:
        return length
    size: int = I64.unpack(_bytes_at(stream, place, I64.size))[0]
    if size < _UNCOMPRESSED:
        raise ValueError("a buffer unpacks to fewer than no bytes")
    return length if size == _UNCOMPRESSED else size


def _bytes_at(stream: BinaryIO, place: int, length: int) -> bytes:
    stream.seek(place)
    content = stream.read(length)
    if len(content) < length:
        raise ValueError("a message is shorter than it says")
    return content
