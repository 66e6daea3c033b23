"""Delimited text files: every field stays the text that was written, and nothing is taken for missing.

Fields may be quoted and hold separators and line breaks; the text is UTF-8, UTF-16 with a byte order mark,
Windows-1252 or Latin-1; lines may end in CR LF; empty lines are passed over, and so is what spreadsheets put
above a header and behind it; a name that ends in ``.gz`` is unpacked while it is read. Where the file's side
file says that texts are escaped for spreadsheets, as in a release, they are read as they were: see
:mod:`syncline.data.spreadsheet`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from syncline.data.note import Note
from syncline.data.spreadsheet import UNESCAPE_PATTERN, is_escaped, unescape_cell
from syncline.errors import DataError
from syncline.sources.container import encoding_note, titles_note
from syncline.sources.csv_dialect import read_dialect
from syncline.sources.csv_fault import find_fault
from syncline.sources.read_ahead import batches_read_ahead
from syncline.sources.stored_table import FileTable
from syncline.sources.text_encoding import Encoding
from syncline.sources.text_file import MAX_RECORD_BYTES, TextFile


class CsvSource(FileTable):
    """Read a delimited text file; all columns are text."""

    def __init__(self, path: Path) -> None:
        self._text = TextFile(path)
        with self._text.open() as stream:
            dialect = read_dialect(stream, str(path))
        self._escaped = is_escaped(path)
        if self._escaped:
            fields, columns = (
                tuple(map(unescape_cell, names)) for names in (dialect.fields, dialect.columns)
            )
            dialect = replace(dialect, fields=fields, columns=columns)
        self._dialect = dialect
        super().__init__(path, self._text, dialect.columns, notes=self._around())

    def describe(self) -> str:
        """Return the path, the encoding, the separator and the number of columns."""
        encoding, separator = self._text.encoding.upper(), self._dialect.separator
        return f"{self._path}, {encoding} text separated by {separator!r}, {len(self.columns)} columns"

    def _around(self) -> tuple[Note, ...]:
        """Say what of the file is no record, and which encoding was taken for its own."""
        guessed = self._text.encoding in (Encoding.CP1252, Encoding.LATIN_1)
        encoding = encoding_note(self._text.encoding.upper()) if guessed else ()
        return (*titles_note(self._dialect.titles), *encoding)

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        if not self._dialect.has_rows:
            return
        ignored = self._dialect.ignored
        last_column = self._dialect.fields[-1]
        last = None
        with self._text.open() as stream:
            for batch in self._parsed_batches(stream, [*dict.fromkeys([*wanted, *ignored, last_column])]):
                for name in ignored:
                    self._require_empty(batch.column(name), name)
                last = batch.column(last_column)[-1].as_py()
                yield batch.select(list(wanted))
        if last is not None and "\n" in last:
            self._refuse_open_quote()

    def _parsed_batches(self, stream: BinaryIO, include: list[str]) -> Iterator[pa.RecordBatch]:
        try:
            options = self._options(include)
            batches = batches_read_ahead(stream, lambda file: csv.open_csv(file, *options))
            with closing(batches):
                yield from (self._exact(batch) for batch in batches if batch.num_rows)
        except MemoryError:  # of which Arrow's own kind is an ArrowException as well
            raise
        except pa.ArrowException:
            raise DataError(f"{self._path}: {self._fault() or 'is no table of delimited text'}") from None

    def _exact(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the texts as they were before they were escaped for spreadsheets, if they were."""
        if not self._escaped:
            return batch
        columns = [pc.replace_substring_regex(column, UNESCAPE_PATTERN, r"\1") for column in batch.columns]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _options(self, include: list[str]) -> tuple[csv.ReadOptions, csv.ParseOptions, csv.ConvertOptions]:
        dialect = self._dialect
        reading = csv.ReadOptions(
            column_names=list(dialect.fields),
            skip_rows=dialect.skipped_lines,
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

    def _require_empty(self, column: pa.Array, name: str) -> None:
        """Refuse a value in a field that has no name and looked empty."""
        if pc.any(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(column)), 0)).as_py():
            place = self._dialect.fields.index(name) + 1
            raise DataError(
                f"{self._path}: field {place} has no name in the header and holds values further down;"
                " name it"
            )

    def _refuse_open_quote(self) -> None:
        """Refuse a file whose last field took in lines because its quote was never closed."""
        if fault := self._fault():
            raise DataError(f"{self._path}: {fault}")

    def _fault(self) -> str | None:
        with self._text.open() as stream:
            return find_fault(stream, self._dialect)
