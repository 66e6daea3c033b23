"""Arrow reads ahead of what is asked: no thread of it may be in Python when a reader or a process ends."""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyarrow import csv

from syncline.errors import DataError
from syncline.sources import read_ahead
from syncline.sources.read_ahead import batches_read_ahead


class Stream(io.BytesIO):
    """One that may be referred to weakly."""


class LateReader:
    """A reader that refuses its file, and whose thread lets go of it a while after."""

    def __init__(self, file: pa.NativeFile) -> None:
        self._file = [file]
        threading.Timer(0.3, self._file.clear).start()

    def __enter__(self) -> Iterator[pa.RecordBatch]:
        raise pa.ArrowInvalid("refused")

    def __exit__(self, *raised: object) -> None:
        pass


@pytest.mark.parametrize("careful", [True, False])
def test_nobody_holds_a_stream_that_its_reader_refused(careful, monkeypatch):
    if not careful:
        monkeypatch.setattr(read_ahead, "DROP_SECONDS", 0)
    stream = Stream(b"")
    held = weakref.ref(stream)
    batches = batches_read_ahead(stream, LateReader)
    del stream
    with pytest.raises(pa.ArrowInvalid, match="refused"):
        next(batches)
    assert (held() is None) == careful


def test_what_a_reader_raises_holds_no_stream(monkeypatch):
    monkeypatch.setattr(read_ahead, "DROP_SECONDS", 0)

    def refuse(file: pa.NativeFile) -> LateReader:
        raise pa.ArrowInvalid("refused")

    stream = Stream(b"")
    held = weakref.ref(stream)
    batches = batches_read_ahead(stream, refuse)
    del stream
    with pytest.raises(pa.ArrowInvalid, match="refused"):
        next(batches)
    assert held() is None


class Fails(io.BytesIO):
    """A stream that cannot be read beyond its first block."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise DataError("unreadable from here")
        return super().read(size)


def test_what_a_stream_raises_ends_the_read_and_is_raised_as_it_is():
    batches = batches_read_ahead(Fails(b"a\n" + b"1\n" * 3_000_000), csv.open_csv)
    assert next(batches).num_rows
    with pytest.raises(DataError, match="unreadable from here"):
        list(batches)


def test_nobody_holds_a_stream_whose_place_is_left_early():
    stream = Stream(b"a\n" + b"1\n" * 3_000_000)
    held = weakref.ref(stream)
    batches = batches_read_ahead(stream, csv.open_csv)
    next(batches)
    batches.close()
    del stream
    assert held() is None
