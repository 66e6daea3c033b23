"""Text in a CSV file: nothing in it is run by a spreadsheet, and our reader has it back exactly."""

from __future__ import annotations

import csv
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.release_table import write_release_csv
from syncline.data.schema import Schema
from syncline.data.section import build
from syncline.data.spreadsheet import escape_cell, is_escaped, side_file, unescape_cell
from syncline.errors import DocumentError
from syncline.sources.csv_file import CsvSource

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\u2212"
TEXTS = st.text(st.sampled_from(f"{SIGNS}'\" \t\r\n;,|a1\u201c\u200b\u00a0")) | st.text()


def runs(cell: str) -> bool:
    """Tell whether a spreadsheet, whatever it passes over and takes for a separator, would run a cell."""
    for part in cell.replace("\t", ";").replace("|", ";").replace("\r", ";").replace("\n", ";").split(";"):
        beginning = part.lstrip(' "\u00a0\u201c\u200b')
        if beginning and unicodedata.normalize("NFKC", beginning[0]) in "=+-@\u2212":
            return True
    return cell[:1] in {"\t", "\r", "\n"}


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number as a whole, in ASCII, with a point or a comma."""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return cell.isascii() and cell == cell.strip()


@given(TEXTS)
def test_every_text_comes_back_and_none_is_run_but_numbers(text):
    cell = escape_cell(text)
    assert unescape_cell(cell) == text
    assert is_number(cell) or not runs(cell)


@pytest.mark.parametrize("number", ["-5", "+1", "-0.25", "-1,5", "1e-9", "-1e+3"])
def test_a_number_stays_a_number(number):
    assert escape_cell(number) == number


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|'' /C calc'!A0"),
        (' "=1', "' \"=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("'quoted'", "''quoted'"),
        ("never", "never"),
        ("\tx", "'\tx"),
    ],
)
def test_cells_as_documented(text, cell):
    assert escape_cell(text) == cell


LABELS = st.lists(TEXTS, min_size=1, max_size=5)


@given(labels=LABELS, name=TEXTS)
def test_any_category_of_a_release_is_read_back_exactly(tmp_path_factory, labels, name):
    path = tmp_path_factory.mktemp("release") / "synthetic.csv"
    variables = [
        {"name": name, "kind": "categorical", "categories": labels},
        {"name": "n", "kind": "integer", "range": [-9, 9]},
    ]
    try:
        schema = build(Schema, {"variables": variables}, "schema")
    except DocumentError:
        return  # no such category may be declared
    first, _ = schema.variables
    n = len(first.categories)
    keys = {first.name: np.arange(n), "n": np.arange(n) - 9}
    write_release_csv(path, schema, [{key: (values, np.zeros(n, bool)) for key, values in keys.items()}])
    source = CsvSource(path)
    assert source.columns == schema.names
    (batch,) = source.batches(None, 100)
    assert batch.column(0).to_pylist() == list(first.categories)
    assert batch.column(1).to_pylist() == [str(-9 + key) for key in range(n)]
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            assert is_number(row[0]) or not runs(row[0])


def test_a_file_without_its_side_file_is_read_as_it_stands(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("a\n'=1\n", "utf-8")
    assert not is_escaped(path)
    assert [batch.column(0).to_pylist() for batch in CsvSource(path).batches(None, 9)] == [["'=1"]]
    assert side_file(path).name == "other.csv.README.txt"
