"""Which reader opens which locator: one line for each format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from syncline.errors import DataError
from syncline.sources.csv_file import CsvSource
from syncline.sources.memory import ArrowStream, TableSource
from syncline.sources.parquet import ParquetSource
from syncline.sources.source import Source

Locator: TypeAlias = str | Path | ArrowStream

READERS: Mapping[str, Callable[[Path], Source]] = {
    ".csv": CsvSource,
    ".csv.gz": CsvSource,
    ".tsv": CsvSource,
    ".tsv.gz": CsvSource,
    ".txt": CsvSource,
    ".txt.gz": CsvSource,
    ".parquet": ParquetSource,
    ".pq": ParquetSource,
}
"""Readers of files by how their name ends, in small letters."""


def open_source(locator: Locator) -> Source:
    """Return the source at ``locator``: a path, or a table or data frame in memory."""
    if not isinstance(locator, str | Path):
        return TableSource(locator)
    if "://" in str(locator):
        raise DataError(f"{_without_secrets(str(locator))}: only files are read; export the table to one")
    path = Path(locator)
    for ending, reader in READERS.items():
        if path.name.lower().endswith(ending):
            return reader(path)
    raise DataError(f"{path}: its name must end in one of {', '.join(READERS)}; convert or rename it")


def _without_secrets(url: str) -> str:
    """Return the scheme alone: what follows may hold a password."""
    return url.partition("://")[0] + "://..."
