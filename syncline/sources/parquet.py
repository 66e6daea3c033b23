"""Parquet files, read one stretch of a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from syncline.data.record_batches import in_batches_of
from syncline.errors import DataError
from syncline.sources.files import FileContent, readable, require_file, unchanged
from syncline.sources.source import column_names, require_columns


class ParquetSource:
    """Read a Parquet file with its own types."""

    def __init__(self, path: Path) -> None:
        require_file(path)
        self._path = path
        self._content = FileContent(path)
        with _decoded(path), pq.ParquetFile(path) as file:
            self._raw: list[str] = file.schema_arrow.names
            self.types: list[pa.DataType] = file.schema_arrow.types
            self.rows: int = file.metadata.num_rows
        self._columns = column_names(self._raw, str(path))

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return str(self._path)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._columns

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, at most ``batch_rows`` at a time."""
        wanted = require_columns(columns, self._columns, str(self._path))
        raw = [self._raw[self._columns.index(name)] for name in wanted]
        return in_batches_of(batch_rows, self._decode(raw, wanted, batch_rows))

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        return self._content.digest()

    def describe(self) -> str:
        """Return the path and the size of the table."""
        return f"{self._path}, Parquet, {self.rows} rows x {len(self._columns)} columns"

    def _decode(self, raw: list[str], names: Sequence[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
        with (
            unchanged(self._path),
            _decoded(self._path),
            pq.ParquetFile(self._path, pre_buffer=False) as file,
        ):
            for batch in file.iter_batches(batch_size=batch_rows, columns=raw):
                yield batch.select(raw).rename_columns(list(names))


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
