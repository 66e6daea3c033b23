"""What stands in a container beside the records is not read, and is told: titles, encodings, lists, bytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from syncline.data.kinds import Kind
from syncline.data.note import Deed
from syncline.errors import DataError
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from syncline.sources.source_inference import infer_source

ODD = pa.table(
    {
        "age": list(range(20, 60)),
        "tags": [["a"]] * 40,
        "photo": pa.array([b"x"] * 40, pa.binary()),
        "month": pa.array(pd.period_range("2020-01", periods=40, freq="M")),
    }
)


def written(folder: Path, form: str) -> Source:
    if form == "memory":
        return open_source(ODD)
    path = folder / f"odd.{form}"
    if form == "arrow":
        with pa.ipc.new_file(path, ODD.schema) as writer:
            writer.write_table(ODD)
    else:
        pq.write_table(ODD, path)
    return open_source(path)


@pytest.mark.parametrize("form", ["memory", "parquet", "arrow"])
def test_columns_without_single_values_are_left_out_by_name(tmp_path: Path, form: str):
    source = written(tmp_path, form)
    found = infer_source(source)
    assert [variable.kind for variable in found.schema.variables] == [Kind.INTEGER, *[Kind.TEXT] * 3]
    assert {note.column: note.deed for note in found.notes if note.column != "age"} == dict.fromkeys(
        ["tags", "photo", "month"], Deed.LEFT_OUT
    )
    assert "pandas.period" in found.notes_on("month")[0].why
    assert source.digest() == written(tmp_path, form).digest()


@pytest.mark.parametrize("form", ["memory", "parquet", "arrow"])
def test_such_columns_are_refused_together_where_they_are_asked_for(tmp_path: Path, form: str):
    source = written(tmp_path, form)
    with pytest.raises(DataError, match=r"'tags' holds lists.*'photo' holds bytes.*'month' holds values"):
        list(source.batches(source.columns, 10))


def test_a_table_without_any_value_is_refused(tmp_path: Path):
    pq.write_table(ODD.select(["tags", "photo"]), tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"'tags' holds lists.*'photo' holds bytes"):
        infer_source(open_source(tmp_path / "none.parquet"))


def test_titles_and_a_guessed_encoding_are_told(tmp_path: Path):
    path = tmp_path / "export.csv"
    lines = [
        "Klinik;;",
        "Stand 2024;;",
        "alter;ort;wert",
        *[f"{age};Köln;{age % 7}" for age in range(20, 60)],
    ]
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    notes = infer_source(open_source(path)).notes_on("")
    assert [(note.deed, note.what) for note in notes] == [
        (Deed.LEFT_OUT, "2 lines above the header"),
        (Deed.GUESSED, "letters beyond ASCII read as CP1252"),
    ]


def test_titles_of_a_sheet_are_told(tmp_path: Path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["Register 2023"], [], ["age", "sex", "n"], *[[age, "f", age % 7] for age in range(20, 60)]):
        book.active.append(row)
    book.save(tmp_path / "register.xlsx")
    notes = infer_source(open_source(tmp_path / "register.xlsx")).notes_on("")
    assert [note.what for note in notes] == ["1 line above the header"]


def test_a_plain_table_has_no_such_notes(tmp_path: Path):
    path = tmp_path / "plain.csv"
    path.write_text("age,city\n" + "".join(f"{age},Köln\n" for age in range(20, 60)), encoding="utf-8")
    assert infer_source(open_source(path)).notes_on("") == ()


@pytest.mark.parametrize("label", ["Summe", "Total", "Grand total", "Gesamtsumme:", "Итого", "合计"])
def test_a_last_row_of_totals_is_named(label: str):
    rows = {"site": ["north", "south"] * 20 + [label], "cases": [*range(40), 780]}
    notes = infer_source(open_source(pa.table(rows))).notes_on("")
    assert [note.deed for note in notes] == [Deed.NAMED]
    assert repr(label) in notes[0].what


@pytest.mark.parametrize(
    "labels", [["north", "Total"] * 20, ["north"] * 39 + ["summary"], ["all", "none"] * 20]
)
def test_a_category_of_many_rows_is_no_row_of_totals(labels: list[str]):
    rows = {"site": labels, "cases": [*range(40)]}
    assert infer_source(open_source(pa.table(rows))).notes_on("") == ()


def test_fields_between_spaces_are_not_one_column(tmp_path: Path):
    path = tmp_path / "spaces.csv"
    path.write_text("popul age vote\n0 36 1\n190 20 0\n31 24 1\n")
    with pytest.raises(DataError, match="its 3 fields seem to stand between spaces"):
        open_source(path)


@pytest.mark.parametrize(
    "text", ["full name\nAnn Lee\nBo Ek\n", "age\n1\n2\n3\n", "street\nHill 1\nKay 22\nNew\n"]
)
def test_one_column_of_words_is_one_column(tmp_path: Path, text: str):
    path = tmp_path / "words.csv"
    path.write_text(text)
    assert len(open_source(path).columns) == 1
