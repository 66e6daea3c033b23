"""Rows that come from another party, as one Arrow stream: opened only when its layout is what it should be.

Rows travel in flat columns (:mod:`syncline.study.plain_columns`). For these each batch must hold as many
values, and as many bytes of them, as the rows that it says it has; and all rows, cells and bytes together are
held against the limits of the work. All this is read off the messages, before anything is unpacked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa

from syncline.compute.work_limits import WorkLimits
from syncline.data.stream_outline import BatchOutline, stream_outline
from syncline.errors import WireError

MOST_BATCHES = 1 << 16
"""The most record batches of one stream: honest ones have some 65,000 rows each."""

MOST_COLUMNS = 20_000
"""The most columns of one stream: two for each of the 10,000 between two steps of a preparation."""


def flat_rows(content: bytes, where: str, limits: WorkLimits, check: Callable[[pa.Schema], None]) -> pa.Table:
    """Return the rows of a stream; ``check`` raises what is wrong with its schema, before any row is read.

    Raises
    ------
    WireError
        Where the bytes are not a stream of rows, or contradict themselves.
    WorkLimitReached
        Where there are more rows, cells or bytes than may be unpacked.
    """
    try:
        with pa.ipc.open_stream(content) as reader:
            check(reader.schema)
            require_flat_layout(content, reader.schema, where, limits)
            return pa.Table.from_batches(_sound(reader), reader.schema)
    except MemoryError:  # of which Arrow's own kind is an ArrowException as well
        raise
    except (pa.ArrowException, OSError, ValueError):
        raise WireError(f"{where}: the bytes are not a stream of rows") from None


def require_flat_layout(content: bytes, schema: pa.Schema, where: str, limits: WorkLimits) -> int:
    """Return how many rows a stream of flat columns has, or raise what is wrong with its layout."""
    if len(schema) > MOST_COLUMNS:
        raise WireError(f"{where}: hold more than {MOST_COLUMNS} columns")
    widths = [_bits(field.type) for field in schema]
    rows = size = 0
    for number, one in enumerate(stream_outline(content)):
        if number >= MOST_BATCHES:
            raise WireError(f"{where}: come in more than {MOST_BATCHES} batches")
        _require_agreement(one, widths, where)
        rows, size = rows + one.rows, size + one.unpacked_bytes
        limits.require_table(where, rows=rows, columns=len(schema), held_bytes=size)
    return rows


def _require_agreement(one: BatchOutline, widths: list[int | None], where: str) -> None:
    """Raise unless each column has as many values as the batch has rows, and the bytes that they need."""
    if [length for length, _ in one.nodes] != [one.rows] * len(widths):
        raise WireError(f"{where}: hold a column of another length than its batch")
    needed: list[int] = []
    for width, (length, missing) in zip(widths, one.nodes, strict=True):
        marks = -(-length // 8) if missing else 0
        needed += (
            [marks, 4 * (length + 1) if length else 0, 0]
            if width is None
            else [marks, -(-length * width // 8)]
        )
    if len(one.buffers) != len(needed) or any(
        size < least for size, least in zip(one.buffers, needed, strict=True)
    ):
        raise WireError(f"{where}: hold a batch with fewer bytes than its rows take")


def _bits(kind: pa.DataType) -> int | None:
    """Return how wide a cell is, in bits; None for text, whose offsets are 32 bits or more."""
    try:
        return int(kind.bit_width)
    except ValueError:
        return None


def _sound(reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield batches that are what they seem."""
    for batch in reader:
        batch.validate(full=True)
        yield batch
