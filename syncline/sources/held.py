"""How much of a table a reader holds at a time, whatever a file makes of few bytes.

A dictionary, a run or a view stands once for many cells, so the bytes of a column say little of what becomes
of it. What is counted here are the cells as they will be written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.section import shown
from syncline.errors import DataError

MAX_CELL_BYTES = 1 << 20
"""The longest cell, in UTF-8: more than most documents, let alone codes."""

MAX_HELD_BYTES = 1 << 30
"""The most that the rows which are read at a time may take, written out: 16 KiB for each of 65,536."""


_VIEW_WORDS = 4
"""A view of text takes so many words of 32 bits."""


def require_held(batches: Iterable[pa.RecordBatch], batch_rows: int, where: str) -> Iterator[pa.RecordBatch]:
    """Yield ``batches``; raise DataError before ``batch_rows`` rows together take more than is held."""
    rows = held = 0
    for batch in batches:
        _require_sound(batch, where)
        for start in range(0, batch.num_rows, batch_rows):
            piece = batch.slice(start, batch_rows)
            if rows + piece.num_rows > batch_rows:
                rows = held = 0  # those before are handed on when this piece is in
            rows, held = rows + piece.num_rows, held + _written_out(piece, where)
            if held > MAX_HELD_BYTES:
                raise DataError(
                    f"{where}: {rows} rows take more than {MAX_HELD_BYTES >> 30} GiB; leave out its long"
                    " columns, or store numbers as numbers",
                    public=f"{rows} of its rows take more than {MAX_HELD_BYTES >> 30} GiB",
                )
        yield batch


def long_cell(where: str, column: str) -> DataError:
    """Return the error that a cell is longer than any that is read."""
    found = f"a cell of more than {MAX_CELL_BYTES >> 10} KiB"
    return DataError(
        f"{where}: column {shown(column)!r} has {found}; leave it out, or shorten it",
        public=f"it has {found}",
    )


def _require_sound(batch: pa.RecordBatch, where: str) -> None:
    """Raise where offsets lead out of a buffer or text is not UTF-8."""
    try:
        batch.validate(full=True)
        for column in batch.columns:
            if pa.types.is_dictionary(column.type):
                column.dictionary.validate(full=True)
    except pa.ArrowInvalid:
        raise DataError(
            f"{where}: holds a cell that is damaged or no UTF-8; write or copy it again"
        ) from None


def _written_out(rows: pa.RecordBatch, where: str) -> int:
    size = 0
    for field, column in zip(rows.schema, rows.columns, strict=True):
        longest, total = _lengths(column)
        if longest > MAX_CELL_BYTES:
            raise long_cell(where, field.name)
        size += total
    return size


def _lengths(column: pa.Array) -> tuple[int, int]:
    """Return the bytes of the longest cell of a column, and of all together, once they are written out."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        lengths = _cell_bytes(column.dictionary)
        return _most_and_sum(pc.take(lengths, column.indices))
    if pa.types.is_run_end_encoded(kind):
        lengths = _cell_bytes(column.values)
        ends = column.run_ends.cast(pa.int64()).to_pylist()
        within = [(min(end, column.offset + len(column)) - column.offset) for end in ends]
        runs = [max(end, 0) - max(begin, 0) for begin, end in zip([0, *within], within, strict=False)]
        found = [
            (run, length) for run, length in zip(runs, lengths.fill_null(0).to_pylist(), strict=True) if run
        ]
        return max((length for _, length in found), default=0), sum(run * length for run, length in found)
    if not _is_text(kind):
        return 0, column.nbytes
    if not _is_view(kind) and column.nbytes <= MAX_CELL_BYTES:
        return 0, column.nbytes
    return _most_and_sum(_cell_bytes(column))


def _cell_bytes(column: pa.Array) -> pa.Array:
    """Return how many bytes each cell takes, (n,) int64; what has no length of its own counts as one word."""
    if not _is_text(column.type):
        return pa.array([8] * len(column), pa.int64())
    if _is_view(column.type):
        views = np.frombuffer(column.buffers()[1], "<i4")[::_VIEW_WORDS]  # of which the first is the length
        own = views[column.offset : column.offset + len(column)].astype(np.int64)
        return pc.if_else(column.is_valid(), pa.array(own), pa.scalar(0, pa.int64()))
    return pc.binary_length(column).cast(pa.int64())


def _most_and_sum(lengths: pa.Array) -> tuple[int, int]:
    found = pc.min_max(lengths).as_py()["max"], pc.sum(lengths).as_py()
    return found[0] or 0, found[1] or 0


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    return any(test(kind) for test in tests) or _is_view(kind)


def _is_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary_view(kind))
