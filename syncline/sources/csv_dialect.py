"""The dialect of a delimited text file: what separates its fields, and what its header says.

Both are read off the first 64 KiB. A line ``sep=;`` above the header, as spreadsheets write it, names the
separator. Else a separator must occur in the header; of several the one wins by which most lines of the
sample have as many fields as the header, then the one that makes the most fields. So a decimal comma does not
pass for a separator, and a file of one column has none. Where no header fits its lines, there may be titles
above it: then the separator wins by which most lines have one number of fields.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import BinaryIO

from syncline.errors import DataError
from syncline.sources.header import NoHeader, find_header, spaced_fields
from syncline.sources.source import column_names

SAMPLE_BYTES = 64 * 1024
SEPARATORS = (",", ";", "\t", "|")
_BOM = "\ufeff"
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[\x01-\x7f])"?[ \t,;]*(?:\r\n|\r|\n)', re.IGNORECASE)
_FITS = 0.95
"""The share of lines that must have as many fields as the first for it to be the header without a doubt."""


@dataclass(frozen=True, slots=True)
class CsvDialect:
    """Say how to read a delimited text file.

    Attributes
    ----------
    separator
        The character between two fields.
    fields
        The names of all fields of a line, trimmed, in NFC and distinct.
    columns
        Those of them that are columns of the table: not one without a name and without a value.
    titles
        Records above the header, which are no part of the table.
    skipped_lines
        Lines above the header: empty ones, titles, a named separator.
    has_rows
        Whether a line follows the header.
    """

    separator: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    titles: int
    skipped_lines: int
    has_rows: bool

    @property
    def ignored(self) -> tuple[str, ...]:
        """Fields that are no columns: a line may hold nothing in them."""
        return tuple(name for name in self.fields if name not in self.columns)


@dataclass(frozen=True, slots=True)
class _Record:
    """The fields of one record, and how many lines of the text stand before it."""

    fields: list[str]
    lines_before: int


def read_dialect(stream: BinaryIO, name: str) -> CsvDialect:
    """Find the dialect of ``stream``, UTF-8 from its beginning; ``name`` stands for it in messages."""
    text, is_whole = _sample(stream, name)
    if not text.strip():
        raise DataError(f"{name}: is empty; it needs a header line with the names of the columns")
    named = _SEPARATOR_LINE.match(text)
    skipped = 0
    if named:
        text, skipped = text[named.end() :], 1
    separators = (named["separator"],) if named else SEPARATORS
    records = {separator: _records(text, separator, is_whole) for separator in separators}
    if not any(records.values()):
        if is_whole:
            raise DataError(f"{name}: is empty; it needs a header line with the names of the columns")
        raise DataError(f"{name}: its header is longer than {SAMPLE_BYTES // 1024} KiB; is this a table?")
    separator = _separator(records)
    if fields := spaced_fields([record.fields for record in records[separator]]):
        raise DataError(
            f"{name}: its {fields} fields seem to stand between spaces; separate them by commas or tabs"
        )
    return _dialect(separator, records[separator], skipped, is_whole, name)


def _dialect(separator: str, records: list[_Record], skipped: int, is_whole: bool, name: str) -> CsvDialect:
    try:
        header = find_header([record.fields for record in records])
    except NoHeader as fault:
        raise DataError(f"{name}: {fault}") from None
    fields = column_names(header.names, name)
    columns = tuple(field for field, empty in zip(fields, header.is_empty, strict=True) if not empty)
    above = skipped + records[header.place].lines_before
    has_rows = len(records) > header.place + 1 or not is_whole
    return CsvDialect(separator, fields, columns or fields, header.place, above, has_rows)


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


def _records(text: str, separator: str, is_whole: bool) -> list[_Record]:
    """Split ``text`` into records, leaving out the last where it may have been cut."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    records, before = [], 0
    for fields in reader:
        if any(fields) or len(fields) > 1:
            records.append(_Record(fields, before))
        before = reader.line_num
    return records if is_whole else records[:-1]


def _separator(records: dict[str, list[_Record]]) -> str:
    separator = max(records, key=lambda candidate: _fitness(records[candidate]))
    if _fitness(records[separator])[0] >= _FITS:
        return separator
    below = max(records, key=lambda candidate: _agreement(records[candidate]))
    return below if _agreement(records[below])[0] > 0 else separator


def _fitness(records: list[_Record]) -> tuple[float, int]:
    """Return the share of lines that have as many fields as the first, and how many it has."""
    width = len(records[0].fields) if records else 0
    if width < 2:
        return 0.0, width
    return sum(len(record.fields) == width for record in records) / len(records), width


def _agreement(records: list[_Record]) -> tuple[float, int]:
    """Return the share of lines that have the most frequent number of fields, and this number."""
    widths = Counter(len(record.fields) for record in records)
    if not widths:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / len(records), width) if width > 1 and count > 1 else (0.0, width)
