"""The same table in every format: each writer replaces what it wrote before and returns the locator."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

Writer: TypeAlias = Callable[[pa.Table, Path], str]

EXCEL_DIGITS = 2**53


def as_csv(separator: str, encoding: str, ending: str) -> Writer:
    def write(table: pa.Table, folder: Path) -> str:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=separator, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(table.column_names)
        writer.writerows(["" if cell is None else cell for cell in row.values()] for row in table.to_pylist())
        content = text.getvalue().encode(encoding)
        path = folder / f"table{ending}"
        path.write_bytes(gzip.compress(content) if ending.endswith(".gz") else content)
        return str(path)

    return write


def as_json_lines(table: pa.Table, folder: Path) -> str:
    path = folder / "table.jsonl"
    lines = [json.dumps(row, default=str, ensure_ascii=False) for row in table.to_pylist()]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return str(path)


def as_excel(sheet: str | None) -> Writer:
    def write(table: pa.Table, folder: Path) -> str:
        book = openpyxl.Workbook()
        page = book.active if sheet is None else book.create_sheet(sheet)
        page.append(table.column_names)
        for row in table.to_pylist():
            page.append([as_cell(value) for value in row.values()])
        book.save(folder / "table.xlsx")
        return f"{folder}/table.xlsx" + ("" if sheet is None else f"#{sheet}")

    return write


def as_cell(value: object) -> object:
    """Write whole numbers that Excel cannot hold as text, as people have to."""
    return str(value) if isinstance(value, int) and abs(value) > EXCEL_DIGITS else value


def as_parquet(table: pa.Table, folder: Path) -> str:
    pq.write_table(table, folder / "table.parquet", row_group_size=3)
    return str(folder / "table.parquet")


def as_parquet_directory(table: pa.Table, folder: Path) -> str:
    directory = folder / "parts"
    directory.mkdir(exist_ok=True)
    (directory / "_SUCCESS").touch()
    for part in range(3):
        rows = table.slice(part * 3, 3 if part < 2 else None)
        pq.write_table(rows, directory / f"part-{part}.parquet")
    return str(directory)


def as_arrow_stream(table: pa.Table, folder: Path) -> str:
    with pa.ipc.new_stream(folder / "table.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return str(folder / "table.arrow")


def as_feather(table: pa.Table, folder: Path) -> str:
    feather.write_feather(table, folder / "table.feather", chunksize=3)
    return str(folder / "table.feather")


def as_sqlite(scheme: str, request: str) -> Writer:
    def write(table: pa.Table, folder: Path) -> str:
        path = folder / "table.db"
        names = ", ".join(f'"{name}"' for name in table.column_names)
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE IF EXISTS visits")
            connection.execute(f"CREATE TABLE visits ({names})")
            places = ", ".join("?" for _ in table.column_names)
            rows = [[as_stored(cell) for cell in row.values()] for row in reversed(table.to_pylist())]
            connection.executemany(f"INSERT INTO visits VALUES ({places})", rows)
        return f"{scheme}:///{path}?{request}"

    return write


def as_stored(value: object) -> object:
    """SQLite has no dates."""
    return value if value is None or isinstance(value, int | float | str) else str(value)


def as_postgresql(url: str, request: str) -> Writer:
    def write(table: pa.Table, folder: Path) -> str:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS visits CASCADE")
            cursor.adbc_ingest(
                "visits", table.take(pa.array(range(table.num_rows - 1, -1, -1), pa.int64())), mode="create"
            )
            connection.commit()
        return f"{url}&{request}"

    return write


QUERY = "query=SELECT * FROM visits"

WRITERS: Mapping[str, Writer] = {
    "csv": as_csv(",", "utf-8", ".csv"),
    "csv-bom": as_csv(";", "utf-8-sig", ".csv"),
    "csv-utf16": as_csv(";", "utf-16", ".csv"),
    "csv-gz": as_csv(",", "utf-8", ".csv.gz"),
    "tsv": as_csv("\t", "utf-8", ".tsv"),
    "jsonl": as_json_lines,
    "xlsx": as_excel(None),
    "xlsx-sheet": as_excel("Visits 2026"),
    "parquet": as_parquet,
    "parquet-directory": as_parquet_directory,
    "arrow-stream": as_arrow_stream,
    "feather": as_feather,
    "sqlite-table": as_sqlite("sqlite", "table=visits"),
    "sqlite-query": as_sqlite("sqlite", QUERY),
    "sqlalchemy-table": as_sqlite("sqlite+pysqlite", "table=visits"),
    "sqlalchemy-query": as_sqlite("sqlite+pysqlite", QUERY),
}

POSTGRESQL: Mapping[str, str] = {"postgresql-table": "table=public.visits", "postgresql-query": QUERY}
"""What is asked of the server, for each format that needs one."""
