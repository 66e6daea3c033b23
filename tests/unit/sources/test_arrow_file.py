"""Arrow files keep their types; damaged ones are refused and never end the process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from syncline.errors import DataError
from syncline.sources import arrow_file
from syncline.sources.arrow_file import ArrowFileSource
from syncline.sources.parquet_directory import ParquetDirectorySource

TABLE = pa.table({"a ": [1, 2, 3], "b": pa.array(["x", None, "y"]).dictionary_encode()})


def written(folder: Path, name: str) -> Path:
    path = folder / name
    if name.endswith(".feather"):
        feather.write_feather(TABLE, path)
    else:
        with pa.ipc.new_stream(path, TABLE.schema) as writer:
            writer.write_table(TABLE)
    return path


@pytest.mark.parametrize("name", ["t.feather", "t.arrow"])
def test_types_come_as_they_are(tmp_path: Path, name: str) -> None:
    (batch,) = ArrowFileSource(written(tmp_path, name)).batches(["b", "a"], 10)
    assert batch.schema.types == [TABLE.schema.field("b").type, pa.int64()]
    assert batch.to_pydict() == {"b": ["x", None, "y"], "a": [1, 2, 3]}


@pytest.mark.parametrize("name", ["t.feather", "t.arrow"])
def test_any_damage_is_survived(tmp_path: Path, name: str) -> None:
    whole = written(tmp_path, name).read_bytes()
    generator = np.random.default_rng(20261124)
    for case in range(300):
        content = bytearray(whole)
        if case % 3 == 0:
            del content[generator.integers(len(content)) :]
        for place in generator.integers(len(content), size=3) if content else ():
            content[place] = generator.integers(256)
        (tmp_path / "d.arrow").write_bytes(content)
        with suppress(DataError):
            for batch in ArrowFileSource(tmp_path / "d.arrow").batches(None, 2):
                batch.to_pydict()


def test_a_huge_record_batch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_file, "MAX_BATCH_BYTES", 1024)
    feather.write_feather(pa.table({"a": range(10_000)}), tmp_path / "t.feather", compression="uncompressed")
    with pytest.raises(DataError, match="record batch of more than"):
        list(ArrowFileSource(tmp_path / "t.feather").batches(None, 10))


def test_the_first_version_of_feather_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.feather").write_bytes(b"FEA1" + bytes(100))
    with pytest.raises(DataError, match="first version"):
        ArrowFileSource(tmp_path / "t.feather")


def test_parts_of_a_directory_must_be_alike(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2\.parquet: column 'a' is string and in .*1\.parquet it is int64"):
        ParquetDirectorySource(tmp_path)
    pq.write_table(pa.table({"b": [1]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="other columns"):
        ParquetDirectorySource(tmp_path)
    (tmp_path / "year=2026").mkdir()
    with pytest.raises(DataError, match="holds directories"):
        ParquetDirectorySource(tmp_path)
