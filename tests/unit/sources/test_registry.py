"""A locator finds its reader, or is refused with the remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.errors import DataError
from syncline.sources.csv_file import CsvSource
from syncline.sources.memory import TableSource
from syncline.sources.parquet import ParquetSource
from syncline.sources.registry import open_source


def test_the_reader_is_found_by_the_end_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "T.CSV").write_text("a,b\n")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    assert isinstance(open_source(tmp_path / "T.CSV"), CsvSource)
    assert isinstance(open_source(str(tmp_path / "t.parquet")), ParquetSource)
    assert isinstance(open_source(pa.table({"a": [1]})), TableSource)


def test_what_cannot_be_opened_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "book.ods").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for name, said in {
        "absent.csv": "no such file",
        "folder.csv": "is a directory without Parquet files",
        "empty": "is a directory without Parquet files",
        "loop.csv": "cannot be read",
        "pipe.csv": "no regular file",
        "book.ods": "must end in one of .csv",
    }.items():
        with pytest.raises(DataError, match=said) as caught:
            open_source(tmp_path / name)
        assert name in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n")
    (tmp_path / "t.csv").chmod(0)
    with pytest.raises(DataError, match="permissions"):
        open_source(tmp_path / "t.csv")


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(DataError, match="names no table") as caught:
        open_source("postgresql://user:hunter2@host/base")
    assert "hunter2" not in str(caught.value)
