"""A digest of a table's content that outlives the library which wrote the file.

The digest is the SHA-256 of a JSON text: the number of rows and, for each column in order, its name, its
type, and the SHA-256 of its lengths and of its values. A cell's length is a little-endian int64: -1 where it
is missing, the bytes of its UTF-8 where it is text, else 8. A value is its UTF-8, or eight little-endian
bytes: an integer, the bits of a float64 (-0.0 as 0.0), days, or microseconds; a boolean is 0 or 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from syncline.data.section import canonical_json, sha256_hex
from syncline.errors import DataError

FORMAT = 1
_READ_ROWS = 65_536
_TYPES = {
    pa.bool_(): "boolean",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.string(): "text",
    pa.date32(): "date",
    pa.time64("us"): "time",
    pa.duration("us"): "duration",
}


def content_sha256(table: Path | pa.Table) -> str:
    """Return the digest of a released Parquet file or of a table in memory, in hexadecimal."""
    if isinstance(table, pa.Table):
        return _digest(table.schema, table.to_batches())
    try:
        with pq.ParquetFile(table) as file:
            return _digest(file.schema_arrow, file.iter_batches(_READ_ROWS))
    except (OSError, pa.ArrowException):
        raise DataError(f"{table}: cannot be read as Parquet; fetch the release again") from None


def _digest(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> str:
    columns = [_ColumnDigest(field) for field in schema]
    n_rows = 0
    for batch in batches:
        n_rows += batch.num_rows
        for column, array in zip(columns, batch.columns, strict=True):
            column.take(array)
    described = [column.describe() for column in columns]
    return sha256_hex(canonical_json({"format": FORMAT, "rows": n_rows, "columns": described}))


class _ColumnDigest:
    """Digest one column, piece by piece: how it is cut leaves no trace."""

    def __init__(self, field: pa.Field) -> None:
        self._name = field.name
        self._type = _type_name(field)
        self._lengths = hashlib.sha256()
        self._values = hashlib.sha256()

    def take(self, array: pa.Array) -> None:
        """Add the cells of ``array``."""
        if self._type == "text":
            lengths = pc.binary_length(array).cast(pa.int64()).fill_null(-1)
            self._values.update("".join(array.drop_null().to_pylist()).encode())
            self._lengths.update(_little(lengths.to_numpy(zero_copy_only=False)))
        else:
            present = np.asarray(array.is_valid().to_numpy(zero_copy_only=False))
            self._lengths.update(_little(np.where(present, 8, -1)))
            self._values.update(_little(_numbers(array.drop_null())))

    def describe(self) -> dict[str, str]:
        """Return name, type and digests."""
        return {
            "name": self._name,
            "type": self._type,
            "lengths": self._lengths.hexdigest(),
            "values": self._values.hexdigest(),
        }


def _type_name(field: pa.Field) -> str:
    if pa.types.is_timestamp(field.type) and field.type == pa.timestamp("us", tz=field.type.tz):
        return "datetime" if field.type.tz is None else f"datetime in {field.type.tz}"
    if field.type not in _TYPES:
        raise DataError(f"column {field.name!r}: no release holds the type {field.type}")
    return _TYPES[field.type]


def _numbers(array: pa.Array) -> npt.NDArray[np.generic]:
    if pa.types.is_floating(array.type):
        return np.asarray(array.to_numpy(zero_copy_only=False)) + 0.0
    width = pa.int32() if pa.types.is_date32(array.type) else pa.int64()
    return np.asarray(array.cast(width).to_numpy(zero_copy_only=False)).astype(np.int64)


def _little(numbers: npt.NDArray[np.generic]) -> bytes:
    return numbers.astype(numbers.dtype.newbyteorder("<"), copy=False).tobytes()
