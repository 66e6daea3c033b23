"""Find the line for which a delimited text file was refused.

The fast reader says that something is wrong, in words that quote the data, and knows no lines. So after a
refusal the file is read once more, slowly, and the first fault is told by its line alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from syncline.sources.csv_dialect import CsvDialect
from syncline.sources.text_file import MAX_RECORD_BYTES

_END = "\0"
"""A line put after the last one: it stands alone unless a quoted field is still open."""


class _Fault(Exception):
    """What is wrong, ready to be put behind the file's name."""


def find_fault(stream: BinaryIO, dialect: CsvDialect) -> str | None:
    """Return what is wrong with the first faulty line of ``stream``, or None where all is well."""
    try:
        _check_records(stream, dialect)
    except _Fault as fault:
        return str(fault)
    return None


def _check_records(stream: BinaryIO, dialect: CsvDialect) -> None:
    lines = _lines(stream)
    for _ in range(dialect.skipped_lines):
        next(lines, None)
    reader = csv.reader(lines, delimiter=dialect.separator)
    width, above = len(dialect.fields), dialect.skipped_lines
    first = above + 1
    is_header = True
    while True:
        try:
            record = next(reader)
        except (StopIteration, csv.Error):
            raise _open_quote(first) from None
        if record == [_END]:
            return
        if record and _END in record[-1]:
            raise _open_quote(first)
        if record and len(record) != width and not is_header:
            raise _Fault(_wrong_width(first, len(record), width))
        is_header = is_header and not record
        first = above + reader.line_num + 1


def _wrong_width(line: int, found: int, width: int) -> str:
    fields = "1 field" if found == 1 else f"{found} fields"
    if found == 1:
        cause = "remove a note below the table, and join a line that was broken in two"
    elif found < width:
        cause = "write a separator for each empty field, and join a line that was broken in two"
    else:
        cause = "put a field that holds the separator into quotes"
    return f"line {line} has {fields} where the header has {width}; {cause}"


def _open_quote(line: int) -> _Fault:
    return _Fault(f"a quoted field that begins at line {line} is not closed or too long; mend that line")


def _lines(stream: BinaryIO) -> Iterator[str]:
    number = 0
    while content := stream.readline(MAX_RECORD_BYTES + 1):
        number += 1
        if len(content) > MAX_RECORD_BYTES:
            raise _Fault(f"line {number} is longer than {MAX_RECORD_BYTES >> 20} MiB; is this a table?")
        try:
            yield content.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise _Fault(f"line {number} is not UTF-8; save the file as UTF-8") from None
    yield _END
