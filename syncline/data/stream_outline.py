"""What an Arrow stream says of its record batches, read from their messages before anything is unpacked.

A compressed buffer begins with the length that it unpacks to, and Arrow sets that much aside before it reads
on. So a stream of a few kilobytes can ask for any amount of memory, and whoever counts after a batch was read
counts too late. Here only the messages' own tables are read (flatbuffers, as ``Message.fbs`` of the Arrow
format lays them out); Arrow has verified these when it hands a message out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

_I8, _U16, _I32, _U32, _I64 = (struct.Struct(f"<{code}") for code in "bHiIq")
_HEADER = 2  # fields of a Message, of a RecordBatch and of a BodyCompression by their numbers in Message.fbs
_LENGTH, _BUFFERS, _COMPRESSION = 0, 2, 3
_CODEC = 0
_ZSTD = 1
_UNCOMPRESSED = -1
_BUFFER_BYTES = 16


@dataclass(frozen=True, slots=True)
class BatchOutline:
    """Rows of a record batch, and the bytes of its buffers once they are unpacked."""

    rows: int
    unpacked_bytes: int


def stream_outline(content: bytes) -> Iterator[BatchOutline]:
    """Yield an outline of each record batch.

    Raises
    ------
    ValueError
        Where the stream holds something but record batches, is compressed otherwise than by zstd, or where a
        message contradicts itself.
    """
    reader = pa.ipc.MessageReader.open_stream(pa.py_buffer(content))
    if (head := next(reader, None)) is None or head.type != "schema":
        raise ValueError("the stream does not begin with a schema")
    for message in reader:
        if message.type != "record batch":
            raise ValueError("the stream holds something but record batches")
        yield _outline(message.metadata.to_pybytes(), message.body)


def _outline(metadata: bytes, body: pa.Buffer | None) -> BatchOutline:
    try:
        message = _Table(metadata, _U32.unpack_from(metadata)[0])
        batch = message.table(_HEADER)
        rows = batch.scalar(_LENGTH, _I64)
        compression = batch.place(_COMPRESSION)
        if compression is not None and batch.table(_COMPRESSION).scalar(_CODEC, _I8) != _ZSTD:
            raise ValueError("the stream is compressed otherwise than by zstd")
        content = memoryview(b"" if body is None else body)
        sizes = [
            _unpacked(content, offset, length, is_compressed=compression is not None)
            for offset, length in batch.buffers(_BUFFERS)
        ]
    except struct.error as error:
        raise ValueError("a message is shorter than it says") from error
    if rows < 0:
        raise ValueError("a batch of fewer than no rows")
    return BatchOutline(rows, sum(sizes))


def _unpacked(content: memoryview, offset: int, length: int, *, is_compressed: bool) -> int:
    if offset < 0 or length < 0 or offset + length > len(content):
        raise ValueError("a buffer lies outside of its message")
    if not is_compressed or not length:
        return length
    size: int = _I64.unpack_from(content, offset)[0]
    if size < _UNCOMPRESSED:
        raise ValueError("a buffer unpacks to fewer than no bytes")
    return length if size == _UNCOMPRESSED else size


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a flatbuffer: ``start`` is where it lies."""

    data: bytes
    start: int

    def place(self, field: int) -> int | None:
        """Return where a field lies; None where it was left out."""
        directory = self.start - _I32.unpack_from(self.data, self.start)[0]
        entry = 4 + 2 * field
        if entry >= _U16.unpack_from(self.data, directory)[0]:
            return None
        offset: int = _U16.unpack_from(self.data, directory + entry)[0]
        return self.start + offset if offset else None

    def scalar(self, field: int, kind: struct.Struct) -> int:
        place = self.place(field)
        return 0 if place is None else int(kind.unpack_from(self.data, place)[0])

    def table(self, field: int) -> _Table:
        return _Table(self.data, self._target(field))

    def buffers(self, field: int) -> Iterator[tuple[int, int]]:
        """Yield offset and length of each buffer in a vector of them."""
        if self.place(field) is None:
            return
        start = self._target(field)
        for number in range(_U32.unpack_from(self.data, start)[0]):
            place = start + 4 + number * _BUFFER_BYTES
            yield (
                int(_I64.unpack_from(self.data, place)[0]),
                int(_I64.unpack_from(self.data, place + 8)[0]),
            )

    def _target(self, field: int) -> int:
        """Return where the field's offset points to."""
        place = self.place(field)
        if place is None:
            raise ValueError("a message lacks a part")
        return place + int(_U32.unpack_from(self.data, place)[0])
