"""A process that leaves a file in the middle: no thread of Arrow is in Python by then."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
