"""What is wrong with a file is told by its line and never by a value."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from syncline.errors import DataError
from syncline.sources.csv_file import CsvSource
from syncline.sources.text_file import MAX_RECORD_BYTES

SECRET = "4711-geheim"


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        for _ in CsvSource(path).batches(None, 100):
            pass
    sentence = str(caught.value)
    assert str(path) in sentence
    assert SECRET not in sentence
    assert "\n" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\r\n  \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (f"a,b\n1,2\n{SECRET}\n".encode(), "line 3 has 1 field where the header has 2"),
        (f"a,b\n1,2\n\n1,2,{SECRET}\n".encode(), "line 4 has 3 fields where the header has 2"),
        (f'a,b\n"1\n1",2\n{SECRET}\n'.encode(), "line 4 has 1 field where the header has 2"),
        (f"a,b\né,{SECRET}".encode() + b"\xff\n", "line 2 is not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16") + b"\x00\xd8\n\x00", "line 3 is not UTF-16-LE"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "line 2 is not UTF-16-LE"),
        ("a,b\n1,2\n".encode("utf-32"), "not a text file"),
        (b"a,b\n1,\x00\n", "not a text file"),
        (b"PK\x03\x04\x00\x00", "not a text file"),
        (f'a,b\n1,2\n3,"{SECRET}\n5,6\n7,8\n'.encode(), "begins at line 3 is not closed"),
        (f'a,b\n1,2\n"{SECRET},4\n5,6'.encode(), "begins at line 3 is not closed"),
        (b"a,a\n1,2\n", "columns 1 and 2 are both called 'a'"),
        (b"a, a\n1,2\n", "columns 1 and 2 are both called 'a'"),
        ("é,e\u0301\n1,2\n".encode(), "columns 1 and 2 are both called 'é'"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refused(tmp_path / "table.csv", content)


def test_a_fault_beyond_the_sample_is_found_by_its_line(tmp_path: Path) -> None:
    rows = b"1,2\n" * 40_000
    assert "line 40002 has 1 field " in refused(tmp_path / "table.csv", b"a,b\n" + rows + b"x\n")
    assert "line 40003 is not UTF-8" in refused(
        tmp_path / "table.csv", b"a,b\n" + rows + b"x,\xc3\xa9\nx,\xe9\n"
    )


def test_a_record_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    endless = b"a,b\n1,2\n" + b'3,"' + b"x\n" * MAX_RECORD_BYTES
    assert "begins at line 3 is not closed or too long" in refused(tmp_path / "table.csv", endless)
    assert "line 2 is longer than" in refused(tmp_path / "t.csv", b"a,b\n" + b"x" * (9 * MAX_RECORD_BYTES))
    assert "header is longer" in refused(tmp_path / "h.csv", b"x" * 100_000)


def test_a_quoted_line_break_at_the_end_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b'a,b\n1,"2\n3"\n')
    assert [batch.to_pydict() for batch in CsvSource(path).batches(None, 9)] == [{"a": ["1"], "b": ["2\n3"]}]


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + bytes(str(list(range(100_000))), "ascii"))
    assert "not a whole gzip file" in refused(tmp_path / "table.csv.gz", whole[: len(whole) // 2])
    assert "not a whole gzip file" in refused(tmp_path / "other.csv.gz", b"a,b\n1,2\n")


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1,2\n")
    with pytest.raises(DataError, match="no column 'c'"):
        CsvSource(path).batches(["c"], 10)


def test_the_file_may_vanish_between_passes(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1,2\n")
    source = CsvSource(path)
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        list(source.batches(None, 10))
    with pytest.raises(DataError, match="no such file"):
        source.digest()
