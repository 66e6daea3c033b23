"""What a container carries beside its table is no data: titles, separators, row names, pandas' own index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from syncline.errors import DataError
from syncline.sources.csv_file import CsvSource
from syncline.sources.memory import TableSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source

ROWS = "".join(f"{i},{i % 7},{'xy'[i % 2]}\n" for i in range(30))
FIRST = {"a": "0", "b": "0", "c": "x"}


def first_row(source: Source) -> dict[str, object]:
    rows = [row for batch in source.batches(None, 100) for row in batch.to_pylist()]
    assert len(rows) == 30
    return rows[0]


def csv(tmp_path: Path, text: str, encoding: str = "utf-8") -> CsvSource:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding=encoding, newline="")
    return CsvSource(path)


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\n" + ("a,b,c\n" + ROWS).replace(",", ";"),
        "SEP=;\r\n" + ("a,b,c\n" + ROWS).replace(",", ";").replace("\n", "\r\n"),
        '"sep=,"\na,b,c\n' + ROWS,
        "sep=\t\n" + ("a,b,c\n" + ROWS).replace(",", "\t"),
        "\ufeffsep=~\n" + ("a,b,c\n" + ROWS).replace(",", "~"),
        "sep=,\n\n\na,b,c\n" + ROWS,
        "Report of ward 3\na,b,c\n" + ROWS,
        "Report of ward 3\n\n\na,b,c\n" + ROWS,
        "Report of ward 3,,\nMarch,,\n,,\na,b,c\n" + ROWS,
        "Hospital,North\nWard 3\nsaid: no,comment\n\na,b,c\n" + ROWS,
        '"two\nlines"\na,b,c\n' + ROWS,
        "# exported, by hand\na,b,c\n" + ROWS,
        "a,b,c\n" + ROWS.replace("\n", ",\n"),
        "a,b,c,\n" + ROWS.replace("\n", ",\n"),
        "a,b,c,,\n" + ROWS.replace("\n", ",,\n"),
        "a,b,c,\n" + ROWS,
        "a,b,,c\n" + ROWS.replace(",x", ",,x").replace(",y", ",,y"),
        "\ufeff\n\na,b,c\n\n" + ROWS.replace("\n", "\n\n"),
    ],
)
def test_what_stands_around_a_table_is_passed_over(tmp_path: Path, text: str) -> None:
    assert first_row(csv(tmp_path, text)) == FIRST


def test_row_names_of_r_are_a_column_without_a_name(tmp_path: Path) -> None:
    source = csv(tmp_path, "a,b,c\n" + "".join(f"r{i},{line}\n" for i, line in enumerate(ROWS.splitlines())))
    assert source.columns == ("(column 1)", "a", "b", "c")
    assert first_row(source) == {"(column 1)": "r0", **FIRST}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("569,30,M\n" + "1.5,2,3,4,5\n" * 9, "line 1 has 3 fields and nearly all lines below have 5"),
        ("1.5,2\n" + "1.25,2\n" * 9, "line 1 holds numbers where the names of the columns should stand"),
        ("0,0,1\n" + "1,2,3\n" * 9, "line 1 holds numbers where the names"),
        ("a,b,c,d,e\n" + "1,2,3\n" * 9, "line 1 has 5 fields and nearly all lines below have 3"),
        (
            "a,b\n" + "1,2\n" * 9 + "(9 rows affected)\n",
            "line 11 has 1 field where the header has 2; remove a note",
        ),
        (
            "Report\na,b,c\n" + "1,2,3\n" * 9 + "1,2,3,4\n",
            "line 12 has 4 fields where the header has 3; put a field",
        ),
        ("a,b,\n" + "1,2,\n" * 20_000 + "1,2,x\n", "field 3 has no name in the header and holds values"),
    ],
)
def test_first_lines_that_are_no_header_are_named_for_what_they_are(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(DataError) as caught:
        list(csv(tmp_path, text).batches(None, 1000))
    assert said in str(caught.value)
    assert "mend that line" not in str(caught.value)


def test_years_and_words_of_one_line_may_be_names(tmp_path: Path) -> None:
    assert csv(tmp_path, "2001,2002\n" + "1,2\n" * 9).columns == ("2001", "2002")
    assert csv(tmp_path, "note\n" + "words\n" * 9).columns == ("note",)
    assert csv(tmp_path, "#id,value\n" + "1,2\n" * 9).columns == ("#id", "value")


def filtered() -> pd.DataFrame:
    frame = pd.DataFrame({"a": np.arange(60), "b": ["x", "y"] * 30})
    return frame[frame.a % 2 == 0].sample(frac=1, random_state=1)


@pytest.mark.parametrize(
    "frame",
    [
        filtered(),
        filtered().set_index(pd.MultiIndex.from_product([range(5), range(6)])),
        filtered().set_index(pd.Index([f"r{i}" for i in range(30)])),
    ],
)
def test_an_index_without_a_name_is_no_column(tmp_path: Path, frame: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(frame)
    assert any(name.startswith("__index_level") for name in table.column_names)
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "parts").mkdir()
    frame.to_parquet(tmp_path / "parts" / "0.parquet")
    feather.write_feather(table, tmp_path / "t.feather")
    pq.write_table(table.replace_schema_metadata(None), tmp_path / "bare.parquet")
    expected = TableSource(frame.reset_index(drop=True))
    for locator in (
        frame,
        table,
        *(tmp_path / name for name in ("t.parquet", "parts", "t.feather", "bare.parquet")),
    ):
        source = open_source(locator)
        assert source.columns == ("a", "b")
        rows = [row for batch in source.batches(["b", "a"], 7) for row in batch.to_pylist()]
        assert rows == [row for batch in expected.batches(["b", "a"], 7) for row in batch.to_pylist()]


def test_an_index_that_was_given_a_name_is_a_column_of_a_file(tmp_path: Path) -> None:
    filtered().rename_axis("ward").to_parquet(tmp_path / "t.parquet")
    assert open_source(tmp_path / "t.parquet").columns == ("a", "b", "ward")


def test_titles_above_a_sheet_are_passed_over(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in (
        ["Report of ward 3"],
        [],
        [None, "2026"],
        ["a", "b", "c"],
        *([i, i % 7, "x"] for i in range(30)),
    ):
        book.active.append(line)
    book.save(tmp_path / "t.xlsx")
    assert first_row(open_source(tmp_path / "t.xlsx")) == FIRST
