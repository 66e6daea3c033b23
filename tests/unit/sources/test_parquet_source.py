"""Parquet files are read with their own types; damaged ones are refused."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.errors import DataError
from syncline.sources.parquet import ParquetSource


def test_types_and_rows_come_as_they_are(tmp_path: Path) -> None:
    table = pa.table({"a ": list(range(1000)), "b": ["x"] * 1000, "b.c": [1.5] * 1000})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=300)
    source = ParquetSource(tmp_path / "t.parquet")
    assert source.columns == ("a", "b", "b.c")
    batches = list(source.batches(["b", "a"], 128))
    assert [batch.num_rows for batch in batches] == [128] * 7 + [104]
    assert pa.Table.from_batches(batches).equals(table.select(["b", "a "]).rename_columns(["b", "a"]))


def test_an_empty_table_has_no_batches(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "t.parquet")
    assert list(ParquetSource(tmp_path / "t.parquet").batches(None, 10)) == []


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1junkPAR1" * 3])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    with pytest.raises(DataError, match="not a whole Parquet file"):
        ParquetSource(tmp_path / "t.parquet")


def test_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [f"secret {i}" for i in range(50_000)]}), path)
    content = bytearray(path.read_bytes())
    content[100:20_000] = bytes(19_900)
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a whole Parquet file") as caught:
        list(ParquetSource(path).batches(None, 1000))
    assert "secret" not in str(caught.value)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.table([pa.array([1]), pa.array([2])], names=["a", "a "])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(DataError, match="columns 1 and 2 are both called 'a'"):
        ParquetSource(tmp_path / "t.parquet")
