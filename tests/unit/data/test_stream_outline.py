"""What an Arrow stream unpacks to is known before anything is unpacked."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.stream_outline import stream_outline


def stream(*batches: pa.RecordBatch, compression: str | None = "zstd") -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, batches[0].schema, options=options) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def batch(rows: int) -> pa.RecordBatch:
    numbers = pa.array(np.arange(rows))
    texts = pa.array([None if place % 3 else "text" * place for place in range(rows)], pa.string())
    return pa.record_batch({"number": numbers, "text": texts, "flag": pa.array([True] * rows, pa.bool_())})


@given(st.lists(st.integers(0, 200), min_size=1, max_size=3), st.sampled_from([None, "zstd"]))
def test_rows_and_bytes_are_those_of_the_batches_as_they_are_read(sizes, compression):
    content = stream(*map(batch, sizes), compression=compression)
    found = list(stream_outline(content))
    with pa.ipc.open_stream(content) as reader:
        read = list(reader)
    assert [one.rows for one in found] == [one.num_rows for one in read] == sizes
    for one, other in zip(found, read, strict=True):
        held = sum(b.size for column in other.columns for b in column.buffers() if b is not None)
        assert held <= one.unpacked_bytes <= held + 64 * 8


def test_a_small_stream_that_unpacks_to_much_says_so():
    content = stream(pa.record_batch({"x": pa.array(np.zeros(1 << 22))}))
    assert len(content) < 1 << 14
    assert [one.unpacked_bytes for one in stream_outline(content)] == [8 << 22]


def test_rows_that_take_no_bytes_are_counted():
    content = stream(pa.record_batch({"x": pa.nulls(1 << 30)}))
    assert [(one.rows, one.unpacked_bytes) for one in stream_outline(content)] == [(1 << 30, 0)]


def test_dictionaries_and_other_codecs_are_refused():
    with pytest.raises(ValueError, match="something but record batches"):
        list(stream_outline(stream(pa.record_batch({"x": pa.array(["a"]).dictionary_encode()}))))
    with pytest.raises(ValueError, match="otherwise than by zstd"):
        list(stream_outline(stream(batch(100), compression="lz4")))


@given(st.data())
def test_damaged_streams_are_refused_or_outlined_and_nothing_else_is_raised(data):
    content = bytearray(stream(batch(20)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        for one in stream_outline(bytes(content[: data.draw(st.integers(0, len(content)))])):
            assert one.rows >= 0
            assert one.unpacked_bytes >= 0
    except (pa.ArrowException, OSError, ValueError):
        pass
