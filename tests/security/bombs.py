"""Payloads and files that are small on the way and vast where they are unpacked, one for each format."""

from __future__ import annotations

import contextlib
import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 1 << 20
_SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml" />'
)


def arrow_stream(schema: pa.Schema, rows: int, at_a_time: int = BATCH_ROWS) -> bytes:
    """Return a stream of so many rows of zeros, or empty texts, packed some thousand to one."""
    sink = pa.BufferOutputStream()
    batch = zeros(schema, at_a_time)
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        for _ in range(rows // at_a_time):
            writer.write_batch(batch)
    return bytes(sink.getvalue())


def zeros(schema: pa.Schema, rows: int) -> pa.RecordBatch:
    columns = [
        pa.array(np.full(rows, ""), field.type)
        if pa.types.is_string(field.type)
        else pa.array(np.zeros(rows, np.bool_ if pa.types.is_boolean(field.type) else np.int64)).cast(
            field.type
        )
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def claimed(content: bytes, size: int) -> bytes:
    """Return a packed stream whose first buffer of more than 1 KiB claims to unpack to ``size`` bytes."""
    magic = (0xFD2FB528).to_bytes(4, "little")  # of a zstd frame, which follows the length that is claimed
    place = content.index(magic)
    return content[: place - 8] + size.to_bytes(8, "little") + content[place:]


def workbook(path: Path, parts: Mapping[str, Callable[[bytes], bytes]]) -> None:
    """Write a workbook of one cell, of which some parts are replaced."""
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["x"])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        whole = {name: archive.read(name) for name in archive.namelist()}
    for name, change in parts.items():
        whole[name] = change(whole.get(name, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)


def csv_gz(folder: Path) -> Path:
    """A packed text of 2 GiB in 2 MiB: one member of 16 MiB, again and again."""
    path = folder / "t.csv.gz"
    member = gzip.compress((b"x" * 1023 + b"\n") * (16 << 10), compresslevel=9)
    path.write_bytes(gzip.compress(b"a\n") + member * 128)
    return path


def long_cells_csv(folder: Path) -> Path:
    """Records of 64 KiB, which pack no better than those of tables: 2 GiB."""
    path = folder / "t.csv.gz"
    noise = np.random.default_rng(1).integers(97, 123, 1 << 10, np.uint8).tobytes()
    member = gzip.compress((noise + b"x" * (63 << 10) + b"\n") * 256, compresslevel=1)
    path.write_bytes(gzip.compress(b"a\n") + member * 128)
    return path


def parquet_page(folder: Path) -> Path:
    """One page of 2^26 zeros, 512 MiB."""
    path = folder / "t.parquet"
    column = pa.array(np.zeros(1 << 26, np.int64))
    pq.write_table(
        pa.table({"a": column}),
        path,
        compression="zstd",
        use_dictionary=False,
        data_page_size=1 << 31,
        row_group_size=1 << 26,
        max_rows_per_page=1 << 26,
        write_statistics=False,
    )
    return path


def parquet_dictionary(folder: Path, length: int = 5 << 20) -> Path:
    """A dictionary of one long text, repeated over a million rows."""
    path = folder / "t.parquet"
    column = pa.DictionaryArray.from_arrays(np.zeros(1 << 20, np.int32), pa.array(["x" * length]))
    pq.write_table(
        pa.table({"a": column}),
        path,
        compression="zstd",
        dictionary_pagesize_limit=1 << 30,
        store_schema=False,
    )
    return path


def parquet_columns(folder: Path) -> Path:
    """Twenty thousand columns of one row."""
    path = folder / "t.parquet"
    pq.write_table(pa.table({f"c{n}": pa.array([1]) for n in range(20_000)}), path, write_statistics=False)
    return path


def parquet_lists(folder: Path) -> Path:
    """One row with a list of 2^26 numbers."""
    path = folder / "t.parquet"
    values = pa.array(np.zeros(1 << 26, np.int8))
    column = pa.ListArray.from_arrays(pa.array([0, 1 << 26], pa.int32()), values)
    pq.write_table(pa.table({"a": column}), path, compression="zstd")
    return path


def parquet_repeats(folder: Path) -> Path:
    """Texts of 256 KiB, each written as that it is the one before."""
    path = folder / "t.parquet"
    column = pa.array(["x" * (256 << 10)] * 4096)
    pq.write_table(
        pa.table({"a": column}),
        path,
        use_dictionary=False,
        column_encoding={"a": "DELTA_BYTE_ARRAY"},
        compression="zstd",
        write_statistics=False,
    )
    return path


def arrow_file(folder: Path) -> Path:
    """A batch that claims to unpack to a terabyte."""
    path = folder / "t.arrow"
    batch = pa.record_batch({"a": pa.array(np.zeros(1 << 16))})
    with pa.ipc.new_file(path, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    path.write_bytes(claimed(path.read_bytes(), 1 << 40))
    return path


def arrow_dictionary(folder: Path, length: int = 1 << 19) -> Path:
    """A text of 512 KiB that stands in a million rows."""
    path = folder / "t.arrow"
    column = pa.DictionaryArray.from_arrays(np.zeros(1 << 20, np.int32), pa.array(["x" * length]))
    return written_stream(path, column)


def arrow_runs(folder: Path) -> Path:
    """Two billion rows as one run."""
    path = folder / "t.arrow"
    return written_stream(
        path, pa.RunEndEncodedArray.from_arrays(pa.array([2**31 - 1], pa.int32()), pa.array(["x"]))
    )


def arrow_structures(folder: Path) -> Path:
    """Five hundred columns in one: a million rows, none of which has a value."""
    parts = [pa.nulls(1 << 20, pa.int8()) for _ in range(500)]
    return written_stream(
        folder / "t.arrow", pa.StructArray.from_arrays(parts, [f"a{n}" for n in range(len(parts))])
    )


def arrow_lists_in_dictionary(folder: Path) -> Path:
    """A list of 2^20 numbers that stands in a million rows."""
    lists = pa.array([list(range(1 << 20))], pa.list_(pa.int32()))
    return written_stream(
        folder / "t.arrow", pa.DictionaryArray.from_arrays(np.zeros(1 << 20, np.int32), lists)
    )


def written_stream(path: Path, column: pa.Array) -> Path:
    batch = pa.record_batch({"a": column})
    with pa.ipc.new_stream(path, batch.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_batch(batch)
    return path


def excel_shared_text(folder: Path) -> Path:
    """A shared text of 1 MB in five thousand cells."""
    path = folder / "t.xlsx"
    text = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>'
        + (b"x" * 1_000_000)
    )
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>1</v></c></row>' % (n, n) for n in range(2, 5_000))
    sheet = b'<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row>' + rows + b"</sheetData>"
    workbook(
        path,
        {
            "[Content_Types].xml": lambda old: old.replace(b"</Types>", _SHARED + b"</Types>"),
            "xl/sharedStrings.xml": lambda _: text + b"</t></si></sst>",
            "xl/worksheets/sheet1.xml": lambda old: (
                old[: old.index(b"<sheetData")] + sheet + old[old.index(b"</sheetData>") + 12 :]
            ),
        },
    )
    return path


def excel_packed(folder: Path) -> Path:
    """A sheet that unpacks to 128 MiB."""
    path = folder / "t.xlsx"
    workbook(path, {"xl/worksheets/sheet1.xml": lambda _: bytes(128 << 20)})
    return path


def excel_parts(folder: Path) -> Path:
    """A workbook of sixty thousand empty parts."""
    path = folder / "t.xlsx"
    workbook(path, {f"xl/more{n}.xml": lambda _: b"" for n in range(60_000)})
    return path


def json_number(folder: Path) -> Path:
    """A number of five million digits."""
    path = folder / "t.jsonl"
    path.write_text('{"a": ' + "9" * 5_000_000 + "}\n")
    return path


def json_keys(folder: Path) -> Path:
    """Lines of other keys each."""
    path = folder / "t.jsonl"
    with path.open("w") as file:
        for line in range(6):
            file.write(json.dumps({f"k{line * 2000 + key}": None for key in range(2000)}) + "\n")
    return path


def json_depth(folder: Path) -> Path:
    """A line of half a million lists in each other."""
    path = folder / "t.jsonl"
    path.write_text('{"a": ' + "[" * 500_000 + "]" * 500_000 + "}\n")
    return path


def sqlite_endless(folder: Path) -> str:
    """A view that never ends."""
    path = folder / "t.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE VIEW t AS WITH RECURSIVE c(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM c) SELECT a FROM c"
        )
    return f"sqlite:///{path}?table=t"


def sqlite_blob(folder: Path) -> str:
    """Cells of 900 MB that the file does not hold."""
    path = folder / "t.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE VIEW t AS SELECT hex(zeroblob(450000000)) AS a")
    return f"sqlite:///{path}?table=t"
