"""Excel workbooks (.xlsx): one sheet as a table of text, read as a stream.

The first row that is not empty holds the names of the columns. Rows without any cell are passed over, and
formulas are read as the values that Excel stored with them.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from syncline.data.record_batches import in_batches_of
from syncline.data.section import nearest, shown
from syncline.errors import DataError
from syncline.sources.excel_cell import cell_text
from syncline.sources.extras import load_extra
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.source import column_names, require_columns
from syncline.sources.text_rows import TextRow, text_batches
from syncline.sources.workbook_guard import require_sane_archive

MAX_ROWS = 1_048_576
"""Rows of a sheet, https://support.microsoft.com/office/excel-specifications-and-limits."""

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    EOFError,
    KeyError,
    IndexError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What openpyxl and what it stands on raise for a damaged workbook."""


class _Row(NamedTuple):
    """A row with its number in the sheet, and its cells up to the last that is not empty."""

    number: int
    cells: TextRow


class ExcelSource:
    """Read a sheet of a workbook, by default the first; all columns are text."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        require_file(path)
        self._path = path
        self._sheet = sheet
        self._name = str(path) if sheet is None else f"{path}#{sheet}"
        self._content = FileContent(path)
        load_extra("openpyxl", "excel", self._name)
        with readable(path):
            require_sane_archive(path)
        with self._rows() as rows:
            self._columns = self._header(next(rows, None))

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._columns

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, at most ``batch_rows`` at a time."""
        wanted = require_columns(columns, self._columns, self._name)
        return in_batches_of(batch_rows, self._read(wanted))

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        return self._content.digest()

    def describe(self) -> str:
        """Return the path, the sheet and the number of columns."""
        sheet = "first sheet" if self._sheet is None else f"sheet {shown(self._sheet)!r}"
        return f"{self._path}, Excel workbook, {sheet}, {len(self._columns)} columns"

    def _header(self, row: _Row | None) -> tuple[str, ...]:
        if row is None:
            raise DataError(f"{self._name}: is empty; it needs a row with the names of the columns")
        return column_names([text or "" for text in row.cells], self._name)

    def _read(self, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        places = [self._columns.index(name) for name in wanted]
        with unchanged(self._path), readable(self._path):
            require_sane_archive(self._path)
            with self._rows() as rows:
                next(rows, None)
                yield from text_batches(wanted, (self._chosen(row, places) for row in rows))

    def _chosen(self, row: _Row, places: Sequence[int]) -> TextRow:
        if len(row.cells) > len(self._columns):
            raise DataError(
                f"{self._name}: row {row.number} has {len(row.cells)} cells where the header has"
                f" {len(self._columns)}; mend that row"
            )
        return [row.cells[place] if place < len(row.cells) else None for place in places]

    @contextmanager
    def _rows(self) -> Iterator[Iterator[_Row]]:
        """Yield the rows of the sheet that are not empty."""
        openpyxl = load_extra("openpyxl", "excel", self._name)
        with readable(self._path), warnings.catch_warnings(), self._path.open("rb") as file:
            warnings.simplefilter("ignore")  # of styles and extensions that no table needs
            try:
                book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
                sheet = self._find_sheet(book)
                sheet.reset_dimensions()  # what the file says of its size may be wrong
                yield self._filled_rows(sheet)
            except _DAMAGES:
                raise DataError(
                    f"{self._name}: is not a whole .xlsx workbook; open it in Excel and save it again"
                ) from None

    def _find_sheet(self, book: Any) -> Any:  # Any: openpyxl has no types
        if self._sheet is None and book.worksheets:
            return book.worksheets[0]
        titles = [sheet.title for sheet in book.worksheets]
        if self._sheet not in titles:
            raise DataError(f"{self._name}: has no such sheet; {nearest(self._sheet or '', titles)}")
        return book.worksheets[titles.index(self._sheet)]

    def _filled_rows(self, sheet: Any) -> Iterator[_Row]:  # Any: openpyxl has no types
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > MAX_ROWS:
                raise DataError(f"{self._name}: has more than {MAX_ROWS} rows; export it as CSV or Parquet")
            cells = [
                cell_text(cell.value, cell.number_format if cell.value is not None else "") for cell in row
            ]
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield _Row(number, cells)
