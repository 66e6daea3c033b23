"""Directories of Parquet files: one table in parts, read in the order of the parts' names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pyarrow as pa

from syncline.errors import DataError
from syncline.sources.files import readable
from syncline.sources.parquet import STRETCH_ROWS, ParquetSource
from syncline.sources.stored_table import StoredTable

_ENDINGS = (".parquet", ".pq")
_NO_DATA = ("_", ".")
"""How names begin that other programs leave beside the parts."""


class ParquetDirectorySource(StoredTable):
    """Read the Parquet files of a directory, all with the same columns, as one table."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names = _part_names(path)
        self._parts = [ParquetSource(path / name) for name in self._names]
        for part in self._parts[1:]:
            _require_same(self._parts[0], part)
        super().__init__(str(path), self._parts[0].columns, unread=self._parts[0].unread)

    def digest(self) -> str:
        """Return the SHA-256 over the names of the files and their content, in hexadecimal."""
        digest = hashlib.sha256()
        for name in _part_names(self._path):
            part = dict(zip(self._names, self._parts, strict=True)).get(name)
            digest.update(f"{name}\0{part.digest() if part else 'new'}\n".encode())
        return digest.hexdigest()

    def describe(self) -> str:
        """Return the path, the number of files and the size of the table."""
        rows = sum(part.rows for part in self._parts)
        return f"{self._path}, {len(self._parts)} Parquet files, {rows} rows x {len(self.columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        self._require_same_names()
        yield from chain.from_iterable(part.batches(wanted, STRETCH_ROWS) for part in self._parts)

    def _require_same_names(self) -> None:
        if _part_names(self._path) != self._names:
            raise DataError(f"{self._path}: changed while it was read; leave it as it is during a study")


def _part_names(path: Path) -> list[str]:
    with readable(path):
        entries = [entry for entry in path.iterdir() if not entry.name.startswith(_NO_DATA)]
    for entry in entries:
        if entry.is_dir():
            raise DataError(f"{path}: holds directories; name one that holds the Parquet files themselves")
    names = sorted(entry.name for entry in entries if entry.name.lower().endswith(_ENDINGS))
    if not names:
        raise DataError(f"{path}: is a directory without Parquet files; name the file in it")
    return names


def _require_same(first: ParquetSource, other: ParquetSource) -> None:
    """Refuse a part whose columns or types are not those of the first part."""
    if other.columns != first.columns:
        raise DataError(f"{other.name}: has other columns than {first.name}; write both alike")
    for name, one, two in zip(first.columns, first.types, other.types, strict=True):
        if one != two and not (name in first.unread and name in other.unread):
            raise DataError(
                f"{other.name}: column {name!r} is {two} and in {first.name} it is {one}; write both alike"
            )
