"""Delimited text is read as the text that was written, whatever its dialect."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.sources.csv_file import CsvSource


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> CsvSource:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return CsvSource(path)


def rows_of(source: CsvSource, batch_rows: int = 1000) -> list[dict[str, str]]:
    return [row for batch in source.batches(None, batch_rows) for row in batch.to_pylist()]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    content = "\n".join(separator.join(line) for line in [["a", "b"], ["1", "2"], ["x y", ""]]) + "\n"
    source = written(tmp_path, content)
    assert source.columns == ("a", "b")
    assert rows_of(source) == [{"a": "1", "b": "2"}, {"a": "x y", "b": ""}]


def test_a_decimal_comma_is_no_separator(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, "a;b\n1,5;2,5\n")) == [{"a": "1,5", "b": "2,5"}]


def test_one_column_has_no_separator(tmp_path: Path) -> None:
    source = written(tmp_path, 'a\n1\n""\n\n3\n')
    assert rows_of(source) == [{"a": "1"}, {"a": ""}, {"a": "3"}]


def test_text_stays_text(tmp_path: Path) -> None:
    source = written(tmp_path, "a,b\nNA,null\n007,1e5\n true ,nan\n")
    assert rows_of(source) == [
        {"a": "NA", "b": "null"},
        {"a": "007", "b": "1e5"},
        {"a": " true ", "b": "nan"},
    ]
    assert all(field.type == pa.string() for field in next(source.batches(None, 10)).schema)


def test_byte_order_mark_line_ends_and_blank_lines(tmp_path: Path) -> None:
    source = written(tmp_path, b"\xef\xbb\xbf\r\n\r\na,b\r\n1,2\r\n\r\n3,4")
    assert source.columns == ("a", "b")
    assert rows_of(source) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_quoted_fields_hold_anything(tmp_path: Path) -> None:
    source = written(tmp_path, '"a\nx",b\n"1,2","say ""hi""\nthere"\n"",é\n')
    assert source.columns == ("a x", "b")
    assert rows_of(source) == [{"a x": "1,2", "b": 'say "hi"\nthere'}, {"a x": "", "b": "é"}]


@pytest.mark.parametrize("content", ["a,b", "a,b\n", "a,b\r\n\r\n", "\ufeffa,b\n"])
def test_a_header_alone_is_an_empty_table(tmp_path: Path, content: str) -> None:
    source = written(tmp_path, content)
    assert source.columns == ("a", "b")
    assert rows_of(source) == []


def test_names_are_trimmed_and_normal(tmp_path: Path) -> None:
    source = written(tmp_path, ",a ,e\u0301\n1,2,3\n")
    assert source.columns == ("(column 1)", "a", "é")
    assert rows_of(source) == [{"(column 1)": "1", "a": "2", "é": "3"}]


def test_columns_come_in_the_order_asked(tmp_path: Path) -> None:
    source = written(tmp_path, "a,b,c\n1,2,3\n")
    (batch,) = source.batches(["c", "a"], 10)
    assert batch.to_pydict() == {"c": ["3"], "a": ["1"]}


def test_a_packed_file_is_read_alike(tmp_path: Path) -> None:
    source = written(tmp_path, gzip.compress(b"a,b\n1,2\n"), "table.csv.gz")
    assert rows_of(source) == [{"a": "1", "b": "2"}]


def test_a_long_file_comes_in_batches_of_the_size_asked(tmp_path: Path) -> None:
    source = written(tmp_path, "a,b\n" + "".join(f"{i},x\n" for i in range(5000)))
    sizes = [batch.num_rows for batch in source.batches(None, 999)]
    assert sizes == [999] * 5 + [5]
    assert [row["a"] for row in rows_of(source, 7)] == [str(i) for i in range(5000)]


def test_reading_may_stop_early_and_start_again(tmp_path: Path) -> None:
    source = written(tmp_path, "a,b\n" + "".join(f"{i},x\n" for i in range(5000)))
    first = next(source.batches(None, 10))
    assert first.equals(next(source.batches(None, 10)))


def test_the_digest_follows_the_content(tmp_path: Path) -> None:
    source = written(tmp_path, "a,b\n1,2\n")
    before = source.digest()
    assert source.digest() == before
    (tmp_path / "table.csv").write_text("a,b\n1,3\n")
    assert source.digest() != before
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    assert source.digest() == before


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=8)


@given(
    st.lists(st.lists(cells, min_size=2, max_size=2), max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.booleans(),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    separator: str,
    line_end: str,
    quoting: int,
    mark: bool,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end, quoting=quoting)
    writer.writerows([["first name", "second name"], *rows])
    content = ("\ufeff" if mark else "") + text.getvalue()
    source = written(tmp_path_factory.mktemp("csv"), content)
    assert [list(row.values()) for row in rows_of(source)] == rows
