"""Excel workbooks (.xlsx): one sheet as a table of text, read as a stream.

The first row that is not empty holds the names of the columns; titles of one cell above it are passed over,
and so are rows without any cell. Formulas are read as the values that Excel stored with them.
"""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from syncline.data.section import nearest, shown
from syncline.errors import DataError
from syncline.sources.container import titles_note
from syncline.sources.excel_cell import cell_text
from syncline.sources.extras import load_extra
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.header import MAX_TITLES
from syncline.sources.stored_table import FileTable
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


class ExcelSource(FileTable):
    """Read a sheet of a workbook, by default the first; all columns are text."""

    def __init__(self, path: Path, sheet: str | None = None) -> None:
        require_file(path)
        self._sheet = sheet
        name = str(path) if sheet is None else f"{path}#{sheet}"
        load_extra("openpyxl", "excel", name)
        with readable(path):
            require_sane_archive(path)
        with _rows(path, sheet, name) as rows:
            first = list(islice(rows, MAX_TITLES + 1))
            header = _header(first, name)
            self._header_row = header.number
            titles = titles_note(first.index(header))
            super().__init__(
                path, FileContent(path), [text or "" for text in header.cells], name, notes=titles
            )

    def describe(self) -> str:
        """Return the path, the sheet and the number of columns."""
        sheet = "first sheet" if self._sheet is None else f"sheet {shown(self._sheet)!r}"
        return f"{self._path}, Excel workbook, {sheet}, {len(self._columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with unchanged(self._path), readable(self._path):
            require_sane_archive(self._path)
            with _rows(self._path, self._sheet, self._name) as rows:
                below = (row for row in rows if row.number > self._header_row)
                yield from text_batches(wanted, (self._chosen(row, places) for row in below))

    def _chosen(self, row: _Row, places: Sequence[int]) -> TextRow:
        if len(row.cells) > len(self._columns):
            raise DataError(
                f"{self._name}: row {row.number} has {len(row.cells)} cells where the header has"
                f" {len(self._columns)} (row {self._header_row}); name each column, and move notes elsewhere"
            )
        return [row.cells[place] if place < len(row.cells) else None for place in places]


@contextmanager
def _rows(path: Path, title: str | None, name: str) -> Iterator[Iterator[_Row]]:
    """Yield the rows of the sheet ``title``, or of the first, that are not empty."""
    openpyxl = load_extra("openpyxl", "excel", name)
    with readable(path), warnings.catch_warnings(), path.open("rb") as file:
        warnings.simplefilter("ignore")  # of styles and extensions that no table needs
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _find_sheet(book, title, name)
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            yield _filled_rows(sheet, name)
        except MemoryError:
            raise
        except _DAMAGES:
            raise DataError(
                f"{name}: is not a whole .xlsx workbook; open it in Excel and save it again"
            ) from None


def _header(rows: Sequence[_Row], name: str) -> _Row:
    """Return the row of names: the first that is no title, which is one cell above a wider table."""
    if not rows:
        raise DataError(f"{name}: is empty; it needs a row with the names of the columns")
    width = max(len(row.cells) for row in rows)
    titles = [row for row in rows if width > 2 and sum(cell is not None for cell in row.cells) == 1]
    return next((row for row in rows if row not in titles), rows[0])


def _find_sheet(book: Any, title: str | None, name: str) -> Any:  # Any: openpyxl has no types
    if title is None and book.worksheets:
        return book.worksheets[0]
    titles = [sheet.title for sheet in book.worksheets]
    if title not in titles:
        raise DataError(f"{name}: has no such sheet; {nearest(title or '', titles)}")
    return book.worksheets[titles.index(title)]


def _filled_rows(sheet: Any, name: str) -> Iterator[_Row]:  # Any: openpyxl has no types
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > MAX_ROWS:
            raise DataError(f"{name}: has more than {MAX_ROWS} rows; export it as CSV or Parquet")
        cells = [cell_text(cell.value, cell.number_format if cell.value is not None else "") for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield _Row(number, cells)
