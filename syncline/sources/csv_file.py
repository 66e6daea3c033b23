"""Delimited text files: every field stays the text that was written, and nothing is taken for missing.

Fields may be quoted and hold separators and line breaks; UTF-8 with or without a byte order mark; lines may
end in CR LF; empty lines are passed over; a name that ends in ``.gz`` is unpacked while it is read.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv

from syncline.data.record_batches import in_batches_of
from syncline.errors import DataError
from syncline.sources.csv_dialect import read_dialect
from syncline.sources.csv_fault import MAX_RECORD_BYTES, find_fault
from syncline.sources.files import FileContent, readable, require_file
from syncline.sources.source import require_columns


class CsvSource:
    """Read a delimited text file; all columns are text."""

    def __init__(self, path: Path) -> None:
        require_file(path)
        self._path = path
        self._content = FileContent(path)
        with self._open() as stream:
            self._dialect = read_dialect(stream, str(path))

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._dialect.columns

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, at most ``batch_rows`` at a time."""
        wanted = require_columns(columns, self.columns, str(self._path))
        return in_batches_of(batch_rows, self._parse(wanted))

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        return self._content.digest()

    def describe(self) -> str:
        """Return the path, the separator and the number of columns."""
        return f"{self._path}, text separated by {self._dialect.separator!r}, {len(self.columns)} columns"

    def _parse(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if not self._dialect.has_rows:
            return
        last_column = self.columns[-1]
        last = None
        with self._open() as stream:
            for batch in self._parsed_batches(stream, [*dict.fromkeys([*wanted, last_column])]):
                last = batch.column(last_column)[-1].as_py()
                yield batch.select(list(wanted))
        if last is not None and "\n" in last:
            self._refuse_open_quote()

    def _parsed_batches(self, stream: BinaryIO, include: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            with csv.open_csv(stream, *self._options(include)) as reader:
                yield from (batch for batch in reader if batch.num_rows)
        except pa.ArrowException:
            raise DataError(f"{self._path}: {self._fault() or 'is no table of delimited text'}") from None

    def _options(self, include: list[str]) -> tuple[csv.ReadOptions, csv.ParseOptions, csv.ConvertOptions]:
        dialect = self._dialect
        reading = csv.ReadOptions(
            column_names=list(dialect.columns),
            skip_rows=dialect.blank_lines,
            skip_rows_after_names=1,
            block_size=MAX_RECORD_BYTES,
        )
        parsing = csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True)
        converting = csv.ConvertOptions(
            column_types={name: pa.string() for name in include},
            include_columns=include,
            strings_can_be_null=False,
        )
        return reading, parsing, converting

    def _refuse_open_quote(self) -> None:
        """Refuse a file whose last field took in lines because its quote was never closed."""
        if fault := self._fault():
            raise DataError(f"{self._path}: {fault}")

    def _fault(self) -> str | None:
        with self._open() as stream:
            return find_fault(stream, self._dialect)

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        packed = self._path.suffix.lower() == ".gz"
        with readable(self._path):
            try:
                with gzip.open(self._path) if packed else self._path.open("rb") as stream:
                    yield stream  # type: ignore[misc]
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise DataError(f"{self._path}: is not a whole gzip file; copy it again") from None
