"""The encoding of text is found, and a damaged byte is never taken for another encoding."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DataError
from syncline.sources.csv_file import CsvSource

FILLER = b"x,y\n" * 50_000


def rows(path: Path) -> list[dict[str, str]]:
    return [row for batch in CsvSource(path).batches(None, 1000) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8"),
        ("cp1252", "CP1252"),
        ("utf-16", "UTF-16-LE"),
        ("utf-16-be", "UTF-16-BE"),
    ],
)
def test_the_encoding_is_found_and_shown(tmp_path: Path, encoding: str, shown: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "t.csv").write_bytes(f"{mark}größe;preis\r\nmäßig;5 €\r\n".encode(encoding))
    assert rows(tmp_path / "t.csv") == [{"größe": "mäßig", "preis": "5 €"}]
    assert f"{shown} text" in CsvSource(tmp_path / "t.csv").describe()


def test_bytes_that_windows_leaves_undefined_are_latin_1(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n\xe9,\x81\n")
    assert rows(tmp_path / "t.csv") == [{"a": "é", "b": "\x81"}]


def test_the_first_letter_beyond_ascii_may_come_late(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n" + FILLER + b"caf\xe9,1\n"))
    assert rows(tmp_path / "t.csv.gz")[-1] == {"a": "café", "b": "1"}
    assert "CP1252" in CsvSource(tmp_path / "t.csv.gz").describe()


def test_a_utf_8_file_with_a_damaged_byte_stays_one(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("a,b\né,1\n".encode() + b"x,\xe9\n")
    with pytest.raises(DataError, match="line 3 is not UTF-8"):
        rows(tmp_path / "t.csv")


def test_a_fault_far_inside_utf_16_is_told_by_its_line(tmp_path: Path) -> None:
    content = ("a,b\n" + FILLER.decode()).encode("utf-16") + b"\x00\xdc\n\x00"
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match="line 50002 is not UTF-16-LE"):
        rows(tmp_path / "t.csv")


def test_an_undefined_byte_far_inside_is_told_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n\xe9,1\n" + FILLER + b"x,\x81\n")
    with pytest.raises(DataError, match="line 50003 is not CP1252"):
        rows(tmp_path / "t.csv")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "t.csv"
    path.write_bytes(content)
    with suppress(DataError):
        rows(path)
