"""Cells of a workbook are the text that a person sees; archives made to do harm are not unpacked."""

from __future__ import annotations

import datetime as dt
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest

from syncline.errors import DataError
from syncline.sources.excel import ExcelSource
from syncline.sources.excel_cell import cell_text
from syncline.sources.registry import open_source
from syncline.sources.workbook_guard import MAX_PARTS

SECRET = "4711-geheim"


def written(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def rows(path: Path) -> list[dict[str, str | None]]:
    return [row for batch in ExcelSource(path).batches(None, 1000) for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (None, "General", None),
        ("", "General", None),
        (2.0, "General", "2"),
        (-3, "0.00", "-3"),
        (0.1 + 0.2, "General", "0.30000000000000004"),
        (1e300, "General", "1e+300"),
        (True, "General", "true"),
        (123, "00000", "00123"),
        (-7, "000", "-007"),
        (dt.datetime(2026, 1, 31), "yyyy-mm-dd", "2026-01-31"),
        (dt.datetime(2026, 1, 31), '[$-407]d. mmmm yyyy "Uhr"', "2026-01-31"),
        (dt.datetime(2026, 1, 31), "yyyy-mm-dd h:mm", "2026-01-31 00:00:00"),
        (dt.datetime(2026, 1, 31, 9, 30), "yyyy-mm-dd", "2026-01-31 09:30:00"),
        (dt.time(9, 30), "h:mm", "09:30:00"),
        (dt.timedelta(hours=26, seconds=1.5), "[h]:mm:ss", "PT26H0M1.5S"),
        ("007", "@", "007"),
    ],
)
def test_the_text_of_a_cell(value: object, number_format: str, text: str | None) -> None:
    assert cell_text(value, number_format) == text


def test_empty_rows_are_passed_over_and_short_ones_filled(tmp_path: Path) -> None:
    path = written(tmp_path / "t.xlsx", [], ["a", None, "c", ""], [1, 2, 3], [], [None, "x"], [])
    assert rows(path) == [
        {"a": "1", "(column 2)": "2", "c": "3"},
        {"a": None, "(column 2)": "x", "c": None},
    ]


def test_a_sheet_is_found_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path / "t.xlsx", ["a"], [1])
    book = openpyxl.load_workbook(path)
    book.create_sheet("Visits").append(["b"])
    book.save(path)
    assert open_source(f"{path}#Visits").columns == ("b",)
    assert "sheet 'Visits'" in open_source(f"{path}#Visits").describe()
    with pytest.raises(DataError, match="has no such sheet; did you mean Visits"):
        open_source(f"{path}#Visit")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "is empty"),
        ([["a", "b"], [1, 2], [1, 2, SECRET]], "row 3 has 3 cells where the header has 2"),
        ([["a", "a "], [1, 2]], "columns 1 and 2 are both called 'a'"),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(tmp_path: Path, lines: list[list[object]], said: str) -> None:
    path = written(tmp_path / "t.xlsx", *lines)
    with pytest.raises(DataError, match=said) as caught:
        rows(path)
    assert SECRET not in str(caught.value)


def test_a_damaged_workbook_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "t.xlsx", ["a"], *([SECRET, number] for number in range(50))).read_bytes()
    for place in range(0, len(whole), 61):
        damaged = whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        for content in (whole[:place], damaged):
            (tmp_path / "d.xlsx").write_bytes(content)
            with suppress(DataError):
                rows(tmp_path / "d.xlsx")


def test_an_archive_that_unpacks_to_an_absurd_size_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.xlsx", ["a"], [1])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", bytes(64 * 1024 * 1024))
    with pytest.raises(DataError, match="more than 200 times its packed size"):
        ExcelSource(path)


def test_an_archive_of_very_many_parts_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w") as archive:
        for part in range(MAX_PARTS + 1):
            archive.writestr(str(part), b"")
    with pytest.raises(DataError, match="parts"):
        ExcelSource(tmp_path / "t.xlsx")


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.xlsx", ["a"], ["x"])
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(10))
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    parts["xl/worksheets/sheet1.xml"] = f"<!DOCTYPE x [{entities}]>".encode() + sheet.replace(
        b"<sheetData>", b'<sheetData><row r="1"><c r="B1" t="str"><v>&e9;</v></c></row>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    with pytest.raises(DataError, match=r"not a whole \.xlsx workbook"):
        rows(path)
