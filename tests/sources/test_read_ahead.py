"""Arrow reads ahead of what is asked: no thread of it may be in Python when a reader or a process ends."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator

import pyarrow as pa
import pytest
from pyarrow import csv

from syncline.errors import DataError
from syncline.sources import read_ahead
from syncline.sources.read_ahead import batches_read_ahead

_SLOW = """
import io, sys, time
from pathlib import Path
from syncline.errors import DataError
from syncline.sources import text_file
from syncline.sources.csv_file import CsvSource

class Slow(io.RawIOBase):
    def __init__(self, stream):
        self.stream = stream
    def readable(self):
        return True
    def readinto(self, buffer):
        time.sleep(0.1)
        content = self.stream.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

source = CsvSource(Path(sys.argv[1]))
text_file.as_utf8 = lambda stream, encoding, name: io.BufferedReader(Slow(stream), 1 << 20)
try:
    rows = source.batches(None, 10)
    while True:
        next(rows)
        if sys.argv[2] == "left":
            rows.close()
            break
except DataError as error:
    print(str(error).partition(": ")[2], flush=True)
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("how", "ending"),
    [("left", (0, "")), ("read", (1, "line 500002 is not UTF-8; save the file as UTF-8\n"))],
)
def test_a_process_that_stops_in_the_middle_of_a_file_neither_aborts_nor_hangs(tmp_path, how, ending):
    table = tmp_path / "table.csv"
    good = "1,wörd\n".encode()
    table.write_bytes(b"id,word\n" + good * 500_000 + b"2,\xff\xfe\n" + good * 500_000)
    done = subprocess.run(
        [sys.executable, "-c", _SLOW, str(table), how],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (*ending, "")


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
