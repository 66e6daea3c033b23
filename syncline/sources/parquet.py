"""Parquet files, read one stretch of a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from syncline.errors import DataError
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.held import MAX_CELL_BYTES, MAX_HELD_BYTES, long_cell
from syncline.sources.pandas_index import without_index
from syncline.sources.parquet_pages import PageOutline, longest_entry, page_outlines
from syncline.sources.stored_table import FileTable, require_flat

STRETCH_ROWS = 65_536
"""Rows that are decoded at a time."""

MAX_PAGE_BYTES = 256 << 20
"""The most that a page may unpack to: pages are held in memory whole. Writers make them of 1 MiB."""

MAX_PAGE_VALUES = 1 << 26
"""The most values of one page."""

_TEXT = "BYTE_ARRAY"
_CODECS = {"UNCOMPRESSED": "", "SNAPPY": "snappy", "GZIP": "gzip", "BROTLI": "brotli", "ZSTD": "zstd"}
"""Arrow's names of codecs; of LZ4 the format has two kinds under one name."""


class ParquetSource(FileTable):
    """Read a Parquet file with its own types."""

    def __init__(self, path: Path) -> None:
        require_file(path)
        with _decoded(path), pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            names = without_index(schema.names)
            super().__init__(path, FileContent(path), names)
            self.types: list[pa.DataType] = [schema.field(schema.names.index(name)).type for name in names]
            self.rows: int = file.metadata.num_rows

    def describe(self) -> str:
        """Return the path and the size of the table."""
        return f"{self._path}, Parquet, {self.rows} rows x {len(self._columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        raw = [self._raw[place] for place in places]
        with unchanged(self._path), _decoded(self._path):
            for place in places:
                require_flat(self.types[place], self._columns[place], self._path)
            with pq.ParquetFile(self._path, pre_buffer=False) as file:
                stretch = _rows_at_a_time(file.metadata, frozenset(raw), self._path)
                for batch in file.iter_batches(batch_size=stretch, columns=raw):
                    yield batch.select(raw).rename_columns(list(wanted))


def _rows_at_a_time(table: pq.FileMetaData, columns: frozenset[str], path: Path) -> int:
    """Return how many rows may be decoded at a time; refuse pages that unpack to too much."""
    longest: dict[str, int] = {}
    with path.open("rb") as file:
        for group in range(table.num_row_groups):
            for place in range(table.num_columns):
                chunk = table.row_group(group).column(place)
                name = chunk.path_in_schema
                if name in columns and chunk.num_values:
                    longest[name] = max(longest.get(name, 0), _longest_cell(file, chunk, path))
    width = sum(longest.values())
    return max(1, min(STRETCH_ROWS, MAX_HELD_BYTES // width)) if width else STRETCH_ROWS


def _longest_cell(file: BinaryIO, chunk: pq.ColumnChunkMetaData, path: Path) -> int:
    """Return how long a cell may be that a column writes out more than once; 0 where it does with none."""
    starts = [chunk.data_page_offset, chunk.dictionary_page_offset if chunk.has_dictionary_page else None]
    longest = values = 0
    for page in page_outlines(file, min(filter(None, starts)), chunk.total_compressed_size):
        if page.unpacked_bytes > MAX_PAGE_BYTES or page.values > MAX_PAGE_VALUES:
            raise DataError(
                f"{path}: has a page of more than {MAX_PAGE_BYTES >> 20} MiB or {MAX_PAGE_VALUES} values;"
                " write it with smaller row groups",
                public=f"it has a page of more than {MAX_PAGE_BYTES >> 20} MiB",
            )
        values += 0 if page.is_dictionary else page.values
        if chunk.physical_type == _TEXT and (page.is_dictionary or page.repeats):
            longest = max(longest, _longest_entry(file, page, chunk, str(path)))
    if values < chunk.num_values:
        raise ValueError("the pages hold fewer values than their column says")
    return longest


def _longest_entry(file: BinaryIO, page: PageOutline, chunk: pq.ColumnChunkMetaData, where: str) -> int:
    """Return the longest text of a dictionary, or the size of the page where that cannot be told before."""
    codec, column = _CODECS.get(chunk.compression), chunk.path_in_schema
    if page.repeats or codec is None:
        return page.unpacked_bytes
    file.seek(page.place)
    content = file.read(page.packed_bytes)
    if codec:
        content = pa.Codec(codec).decompress(content, page.unpacked_bytes, asbytes=True)
    longest = longest_entry(content, page.values)
    if longest > MAX_CELL_BYTES:
        raise long_cell(where, column)
    return longest


@contextmanager
def _decoded(path: Path) -> Iterator[None]:
    """Turn what goes wrong in decoding ``path`` into a :class:`DataError`."""
    with readable(path):
        try:
            yield
        except MemoryError:  # of which Arrow's own kind is an ArrowException as well
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            if getattr(error, "errno", None):
                raise
            raise DataError(f"{path}: is not a whole Parquet file; write or copy it again") from None
