"""The dialect of a delimited text file: what separates its fields, and what its header says.

Both are read off the first 64 KiB. A separator must occur in the header; of several the one wins by which
most lines of the sample have as many fields as the header, then the one that makes the most fields. So a
decimal comma does not pass for a separator, and a file of one column has none.
"""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import BinaryIO

from syncline.errors import DataError
from syncline.sources.source import column_names

SAMPLE_BYTES = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """Say how to read a delimited text file.

    Attributes
    ----------
    separator
        The character between two fields.
    columns
        The names in the header, trimmed, in NFC and distinct.
    blank_lines
        Empty lines before the header.
    has_rows
        Whether a line follows the header.
    """

    separator: str
    columns: tuple[str, ...]
    blank_lines: int
    has_rows: bool


def read_dialect(stream: BinaryIO, name: str) -> CsvDialect:
    """Find the dialect of ``stream``, UTF-8 from its beginning; ``name`` stands for it in messages."""
    text, is_whole = _sample(stream, name)
    body = text.lstrip("\r\n")
    if not body.strip():
        raise DataError(f"{name}: is empty; it needs a header line with the names of the columns")
    records = {separator: _records(body, separator, is_whole) for separator in SEPARATORS}
    if not any(records.values()):
        raise DataError(f"{name}: its header is longer than {SAMPLE_BYTES // 1024} KiB; is this a table?")
    separator = max(SEPARATORS, key=lambda candidate: _fitness(records[candidate]))
    header, *rows = records[separator]
    blank = text[: len(text) - len(body)].replace("\r\n", "\n")
    return CsvDialect(separator, column_names(header, name), len(blank), bool(rows) or not is_whole)


def _sample(stream: BinaryIO, name: str) -> tuple[str, bool]:
    """Return the beginning of the text, and whether it is all of it."""
    content = stream.read(SAMPLE_BYTES + 1)
    is_whole = len(content) <= SAMPLE_BYTES
    if b"\0" in content:
        raise DataError(f"{name}: is not a text file; export the table as CSV or Parquet")
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content, final=is_whole)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name}: line {line} is not UTF-8; save the file as UTF-8") from None
    return text.removeprefix(_BOM), is_whole


def _records(text: str, separator: str, is_whole: bool) -> list[list[str]]:
    """Split ``text`` into records, leaving out the last where it may have been cut."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records = [record for record in reader if record]
    return records if is_whole else records[:-1]


def _fitness(records: list[list[str]]) -> tuple[float, int]:
    width = len(records[0]) if records else 0
    if width < 2:
        return 0.0, width
    return sum(len(record) == width for record in records) / len(records), width
