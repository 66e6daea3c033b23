"""Every reader of tables, and of files that people or programs bring along."""

from __future__ import annotations

import atexit
import contextlib
import gzip
import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from syncline.clock import SystemClock
from syncline.data.content_digest import content_sha256
from syncline.data.schema import Schema
from syncline.data.stream_outline import stream_outline
from syncline.durable import audit, audit_table
from syncline.durable.sealed_object import PayloadId, SealedObject
from syncline.errors import WireError
from syncline.identity.keys import generate_signing_key
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source
from syncline.study.manifest import verify_release
from syncline.synthesizers.model_file import load_model
from tests.fuzz.target import Target

SCHEMA = Schema.from_yaml("""\
variables:
  - {name: n, kind: integer, range: [0, 100]}
  - {name: t, kind: categorical, categories: [a, b]}
  - {name: d, kind: date}
""")
TABLE = pa.table(
    {
        "n": pa.array([1, 2, None, 40]),
        "t": pa.array(["a", "b", "a", None]),
        "d": pa.array([0, 1, 20_000, None], pa.date32()),
    }
)
KEY = bytes(32)


def targets() -> Iterator[Target]:
    """Yield a target for each format of tables, and for other files."""
    for name, make in _TABLES.items():
        yield Target(f"source.{name}", lambda make=make: [make()], partial(_read_table, name))
    yield Target("stream_outline", lambda: [_arrow(stream=True)], _outline)
    yield Target("model", _models, lambda content: _at("m.model", content, load_model))
    yield Target("sealed_object", lambda: [_sealed()], _open_sealed)
    yield Target("audit", lambda: [_audit()], _verify_audit)
    for name in ("manifest.json", "manifest.sig", "report.json", "synthetic.parquet"):
        yield Target(
            f"release.{name}", lambda name=name: [(_release() / name).read_bytes()], partial(_verify, name)
        )
    yield Target(
        "content_sha256", lambda: [_parquet()], lambda content: _at("t.parquet", content, content_sha256)
    )


def _read_table(name: str, content: bytes) -> None:
    """Read all columns as they are, and prepare those of a study."""
    ending = name.partition("_")[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{ending}"
        path.write_bytes(content)
        source = open_source(f"sqlite:///{path}?table=t" if ending == "db" else path)
        source.digest()
        source.describe()
        for batch in source.batches(None, 1000):
            batch.num_rows  # noqa: B018
        for batch in prepare(source, SCHEMA, Fold(b""), absent_as_missing=True).batches():
            batch.n_rows  # noqa: B018


def _at(name: str, content: bytes, read: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        read(path)


def _csv(separator: str = ",") -> bytes:
    lines = ["n,t,d", "1,a,1970-01-01", '2,"b ""x""\n y",2024-10-04', ",a,", "40,,"]
    return "\r\n".join(line.replace(",", separator) for line in lines).encode()


def _json_lines() -> bytes:
    return b"".join(json.dumps(row, default=str).encode() + b"\n" for row in TABLE.to_pylist())


def _parquet(**options: object) -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, **options)
    return sink.getvalue()


def _arrow(*, stream: bool, compression: str | None = "zstd", table: pa.Table = TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    opener = pa.ipc.new_stream if stream else pa.ipc.new_file
    with opener(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _dictionaries() -> bytes:
    place = TABLE.column_names.index("t")
    return _arrow(stream=False, table=TABLE.set_column(place, "t", TABLE["t"].dictionary_encode()))


def _excel() -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    book.active.append(TABLE.column_names)
    for row in TABLE.to_pylist():
        book.active.append(list(row.values()))
    book.save(sink)
    return sink.getvalue()


def _sqlite() -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection, connection:
        connection.execute("CREATE TABLE t (n INTEGER, t TEXT, d TEXT)")
        rows = [(row["n"], row["t"], row["d"] and row["d"].isoformat()) for row in TABLE.to_pylist()]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
        return connection.serialize()


_TABLES: dict[str, Callable[[], bytes]] = {
    "csv": _csv,
    "csv_utf16": lambda: _csv().decode().encode("utf-16"),
    "tsv": lambda: _csv("\t"),
    "csv.gz": lambda: gzip.compress(_csv(), mtime=0),
    "jsonl": _json_lines,
    "parquet": _parquet,
    "parquet_plain": lambda: _parquet(use_dictionary=False, compression="none"),
    "parquet_delta": lambda: _parquet(
        use_dictionary=False,
        column_encoding={"n": "DELTA_BINARY_PACKED", "t": "DELTA_BYTE_ARRAY"},
        data_page_version="2.0",
    ),
    "arrow_stream": lambda: _arrow(stream=True),
    "arrow_file": lambda: _arrow(stream=False, compression=None),
    "arrow_dictionary": _dictionaries,
    "xlsx": _excel,
    "db": _sqlite,
}


def _outline(content: bytes) -> None:
    try:
        list(stream_outline(content))
    except ValueError as error:  # which those who call it make a WireError of
        raise WireError(str(error)) from None


@cache
def _model_file() -> bytes:
    import syncline

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.model"
        syncline.Synthesizer("marginals", seed=1, schema=SCHEMA, min_cell=1).fit(TABLE).save(path)
        return path.read_bytes()


def _models() -> list[bytes]:
    return [_model_file()]


def _sealed() -> bytes:
    content = b"a payload"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object"
        sealed = SealedObject.create(path, PayloadId(hashlib.sha256(content).digest(), len(content)), KEY)
        sealed.write(0, content)
        sealed.close()
        return path.read_bytes()


def _open_sealed(content: bytes) -> None:
    def read(path: Path) -> None:
        sealed = SealedObject.open(path, KEY)
        try:
            sealed.read(0)
            sealed.read(max(sealed.payload.chunks - 1, 0))
        finally:
            sealed.close()

    _at("object", content, read)


_SIGNING_KEY = generate_signing_key()


@cache
def _audit() -> bytes:

    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(sqlite3.connect(":memory:")) as connection,
        connection,
    ):
        connection.row_factory = sqlite3.Row
        connection.executescript(audit_table.AUDIT_SCHEMA)
        log = audit_table.AuditLog(_SIGNING_KEY, SystemClock())
        for number in range(3):
            log.append(connection, "tried", {"number": number, "name": "x", "list": [1, {"a": None}]})
        path = Path(folder) / "audit.jsonl"
        audit.export(audit_table.entries(connection), path, _SIGNING_KEY.public_key())
        return path.read_bytes()


def _verify_audit(content: bytes) -> None:
    def read(path: Path) -> None:
        audit.require_export(path)
        audit.verify_export(path, _SIGNING_KEY.public_key())

    _at("audit.jsonl", content, read)


@cache
def _release() -> Path:
    """Return the directory of a signed release, made once and deleted with the process."""
    from tests.unit.study.two_suppliers import STUDY, rows

    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, True)
    (folder / "study.yaml").write_text(STUDY.replace(", salt: trial", ""))
    command = [sys.executable, "-m", "syncline.cli", "simulate", str(folder / "study.yaml")]
    for seed, name in enumerate(("north", "south")):
        pq.write_table(rows(400, seed), folder / f"{name}.parquet")
        command += ["--supplier", f"{name}={folder / name}.parquet"]
    subprocess.run([*command, "--out", str(folder / "release")], check=True, capture_output=True)
    return folder / "release"


def _verify(name: str, content: bytes) -> None:
    from syncline.cli.fetched_report import page_differs

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "release"
        shutil.copytree(_release(), copy)
        (copy / name).write_bytes(content)
        verify_release(copy)
        page_differs(copy)
