"""Parquet files, read one stretch of a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from syncline.errors import DataError
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.pandas_index import without_index
from syncline.sources.stored_table import FileTable

STRETCH_ROWS = 65_536
"""Rows that are decoded at a time."""


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
        with (
            unchanged(self._path),
            _decoded(self._path),
            pq.ParquetFile(self._path, pre_buffer=False) as file,
        ):
            for batch in file.iter_batches(batch_size=STRETCH_ROWS, columns=raw):
                yield batch.select(raw).rename_columns(list(wanted))


@contextmanager
def _decoded(path: Path) -> Iterator[None]:
    """Turn what goes wrong in decoding ``path`` into a :class:`DataError`."""
    with readable(path):
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            if getattr(error, "errno", None):
                raise
            raise DataError(f"{path}: is not a whole Parquet file; write or copy it again") from None
