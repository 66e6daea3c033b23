"""Released files depend on nothing but their rows, and read back as the values that the keys stand for."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.release_table import (
    LABEL,
    ROW_GROUP_ROWS,
    Columns,
    dropped_columns,
    release_batches,
    release_schema,
    write_release_csv,
    write_release_parquet,
    write_release_tables,
)
from syncline.data.schema import Schema
from syncline.errors import StorageError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.sources.registry import open_source

SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "flag", "kind": "boolean"},
            {"name": "who", "kind": "identifier", "role": "person"},
            {"name": "ward", "kind": "categorical", "categories": ["a,b", 'c"d', "é", "7"]},
            {"name": "name", "kind": "identifier"},
            {"name": "note", "kind": "text"},
            {"name": "count", "kind": "integer"},
            {"name": "price", "kind": "continuous", "decimals": 2},
            {"name": "level", "kind": "continuous"},
            {"name": "day", "kind": "date"},
            {"name": "wall", "kind": "datetime"},
            {"name": "moment", "kind": "datetime", "zone": "Europe/Berlin"},
            {"name": "clock", "kind": "time"},
            {"name": "stay", "kind": "duration"},
        ]
    }
)
BOUNDS = {
    "flag": (0, 1),
    "ward": (0, 3),
    "count": (-(2**53), 2**53),
    "price": (-(10**9), 10**9),
    "level": (-(2**62), 2**62),
    "day": (-30_000, 60_000),
    "wall": (-(10**16), 10**16),
    "moment": (-(10**16), 10**16),
    "clock": (0, 86_399_999_999),
    "stay": (-(10**12), 10**12),
}


def drawn(n: int, seed: int = 1) -> Columns:
    generator = np.random.default_rng(seed)
    return {
        name: (generator.integers(low, high, n, endpoint=True), generator.random(n) < 0.2)
        for name, (low, high) in BOUNDS.items()
    }


def cut(columns: Columns, step: int) -> Iterator[Columns]:
    n_rows = len(columns["flag"][0])
    for start in range(0, n_rows, step):
        rows = slice(start, start + step)
        yield {name: (keys[rows], missing[rows]) for name, (keys, missing) in columns.items()}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_bytes_do_not_depend_on_how_the_rows_arrive(tmp_path: Path) -> None:
    columns = drawn(2 * ROW_GROUP_ROWS + 10)
    digests = set()
    for step in (10_001, ROW_GROUP_ROWS, 10**6):
        write_release_parquet(tmp_path / f"{step}.parquet", SCHEMA, cut(columns, step))
        digests.add(sha256(tmp_path / f"{step}.parquet"))
    assert len(digests) == 1
    groups = pq.ParquetFile(tmp_path / "10001.parquet").metadata
    assert [groups.row_group(g).num_rows for g in range(3)] == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 10]


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    write_release_parquet(tmp_path / "t.parquet", SCHEMA, [drawn(10)])
    file = pq.ParquetFile(tmp_path / "t.parquet")
    metadata = file.metadata.metadata
    assert metadata.pop(b"ARROW:schema")
    assert metadata == {b"synthetic": b"true", b"label": LABEL.encode()}
    assert file.schema_arrow.equals(release_schema(SCHEMA))
    assert {field.name: str(field.type) for field in file.schema_arrow} == {
        "flag": "bool",
        "who": "int64",
        "ward": "string",
        "count": "int64",
        "price": "double",
        "level": "double",
        "day": "date32[day]",
        "wall": "timestamp[us]",
        "moment": "timestamp[us, tz=Europe/Berlin]",
        "clock": "time64[us]",
        "stay": "duration[us]",
    }


def test_persons_get_fresh_numbers_and_names_are_left_out() -> None:
    table = pa.Table.from_batches(release_batches(SCHEMA, cut(drawn(100), 30)))
    assert table["who"].to_pylist() == list(range(1, 101))
    assert dropped_columns(SCHEMA) == ("name", "note")


def test_an_empty_release_keeps_its_columns(tmp_path: Path) -> None:
    write_release_parquet(tmp_path / "t.parquet", SCHEMA, [])
    assert pq.read_table(tmp_path / "t.parquet").schema.equals(release_schema(SCHEMA))
    write_release_csv(tmp_path / "t.csv", SCHEMA, [])
    assert (tmp_path / "t.csv").read_text() == ",".join(release_schema(SCHEMA).names) + "\n"


def test_rows_of_other_columns_are_refused() -> None:
    columns = dict(drawn(5))
    del columns["day"]
    with pytest.raises(ValueError, match="9 columns where the schema models 10"):
        list(release_batches(SCHEMA, [columns]))


def test_the_csv_is_plain(tmp_path: Path) -> None:
    columns = {name: (np.array([0, 1]), np.array([False, True])) for name in BOUNDS}
    write_release_csv(tmp_path / "t.csv", SCHEMA, [columns])
    header, first, second = (tmp_path / "t.csv").read_text().splitlines()
    assert header == "flag,who,ward,count,price,level,day,wall,moment,clock,stay"
    assert first == (
        'false,1,"a,b",0,0.0,0.0,1970-01-01,1970-01-01T00:00:00.000000,'
        "1970-01-01T00:00:00.000000Z,00:00:00.000000,PT0S"
    )
    assert second == ",2,,,,,,,,,"


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(1, 60))
def test_both_files_read_back_as_the_keys(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n_rows: int
) -> None:
    """A release can be prepared by its own schema: the keys come back from either format."""
    columns = drawn(n_rows, seed)
    folder = tmp_path_factory.mktemp("release")
    write_release_parquet(folder / "t.parquet", SCHEMA, [columns])
    write_release_csv(folder / "t.csv", SCHEMA, [columns])
    for name in ("t.parquet", "t.csv"):
        (batch,) = prepare(open_source(folder / name), SCHEMA, Fold(b"")).batches()
        for variable, keys, status in zip(SCHEMA.modelled, batch.keys, batch.status, strict=True):
            expected, missing = columns[variable.name]
            assert status.tolist() == missing.astype(int).tolist(), variable.name
            assert keys.tolist() == np.where(missing, 0, expected).tolist(), variable.name


def test_the_csv_can_be_read_by_anyone(tmp_path: Path) -> None:
    write_release_csv(tmp_path / "t.csv", SCHEMA, [drawn(50)])
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        records = list(csv.DictReader(file))
    assert len(records) == 50
    assert {record["ward"] for record in records} == {"a,b", 'c"d', "é", "7", ""}


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    for write in (write_release_parquet, write_release_csv):
        with pytest.raises(StorageError, match="/dev/full: the disk is full"):
            write(Path("/dev/full"), SCHEMA, [drawn(20_000)])
        with pytest.raises(StorageError, match="absent"):
            write(tmp_path / "absent" / "t", SCHEMA, [])


def test_both_formats_are_written_in_one_pass_as_each_alone(tmp_path: Path) -> None:
    paths = [tmp_path / "t.parquet", tmp_path / "t.csv"]
    write_release_tables(paths, SCHEMA, (part for part in cut(drawn(3000), 700)))
    write_release_parquet(tmp_path / "alone.parquet", SCHEMA, [drawn(3000)])
    write_release_csv(tmp_path / "alone.csv", SCHEMA, [drawn(3000)])
    for path in paths:
        assert sha256(path) == sha256(path.with_stem("alone"))
    (tmp_path / "full.csv").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"full\.csv: the disk is full"):
        write_release_tables([paths[0], tmp_path / "full.csv"], SCHEMA, [drawn(20_000)])
