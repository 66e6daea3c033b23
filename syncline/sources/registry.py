"""Which reader opens which locator: one line for each format and for each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from syncline.errors import DataError
from syncline.sources.arrow_file import ArrowFileSource
from syncline.sources.csv_file import CsvSource
from syncline.sources.database import DatabaseKind, DatabaseSource
from syncline.sources.database_url import DatabaseUrl, parse_database_url
from syncline.sources.excel import ExcelSource
from syncline.sources.json_lines import JsonLinesSource
from syncline.sources.locator import is_url, split_sheet
from syncline.sources.memory import ArrowStream, TableSource
from syncline.sources.other_database import OtherDatabase
from syncline.sources.parquet import ParquetSource
from syncline.sources.parquet_directory import ParquetDirectorySource
from syncline.sources.postgresql import PostgresqlDatabase
from syncline.sources.source import Source
from syncline.sources.sqlite import SqliteDatabase

Locator: TypeAlias = str | Path | ArrowStream

READERS: Mapping[str, Callable[[Path], Source]] = {
    ".csv": CsvSource,
    ".csv.gz": CsvSource,
    ".tsv": CsvSource,
    ".tsv.gz": CsvSource,
    ".txt": CsvSource,
    ".txt.gz": CsvSource,
    ".jsonl": JsonLinesSource,
    ".jsonl.gz": JsonLinesSource,
    ".ndjson": JsonLinesSource,
    ".ndjson.gz": JsonLinesSource,
    ".parquet": ParquetSource,
    ".pq": ParquetSource,
    ".arrow": ArrowFileSource,
    ".feather": ArrowFileSource,
    ".xlsx": ExcelSource,
}
"""Readers of files by how their name ends, in small letters."""

DATABASES: Mapping[str, Callable[[DatabaseUrl], DatabaseKind]] = {
    "postgres": PostgresqlDatabase,
    "postgresql": PostgresqlDatabase,
    "sqlite": SqliteDatabase,
}
"""Databases by the scheme of their URL; those of other schemes are left to SQLAlchemy."""


def open_source(locator: Locator) -> Source:
    """Return the source at ``locator``: a path, a database's URL, or a table or data frame in memory."""
    if not isinstance(locator, str | Path):
        return TableSource(locator)
    if is_url(str(locator)):
        url = parse_database_url(str(locator))
        return DatabaseSource(url, DATABASES.get(url.scheme, OtherDatabase)(url))
    name, sheet = split_sheet(str(locator))
    return _open_file(Path(name), sheet)


def _open_file(path: Path, sheet: str | None) -> Source:
    if sheet is not None:
        return ExcelSource(path, sheet)
    if path.is_dir():
        return ParquetDirectorySource(path)
    for ending, reader in READERS.items():
        if path.name.lower().endswith(ending):
            return reader(path)
    raise DataError(f"{path}: its name must end in one of {', '.join(READERS)}; convert or rename it")
