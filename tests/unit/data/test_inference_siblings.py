"""Digits that are days, narrow decimals, slips of a digit and names of persons: siblings of the cases."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.kinds import Kind

FORMATS = {
    "%d%m%Y": "days written DDMMYYYY",
    "%m%d%Y": "days written MMDDYYYY",
    "%y%m%d": "days written YYMMDD",
    "%d%m%y": "days written DDMMYY",
    "%m%d%y": "days written MMDDYY",
    "%m%Y": "months written MMYYYY",
    "1%y%m%d": "days written CYYMMDD",
    "%Y%j": "years and days of the year",
}


def days(seed: int, rows: int = 500) -> list[dt.date]:
    draw = random.Random(seed)
    return [dt.date(1950, 1, 1) + dt.timedelta(draw.randint(0, 25_000)) for _ in range(rows)]


@pytest.mark.parametrize("whole", [False, True], ids=["text", "numbers"])
@pytest.mark.parametrize(("form", "words"), FORMATS.items())
@pytest.mark.parametrize("seed", [1, 2])
def test_digits_that_only_a_preparation_reads_are_no_numbers(form: str, words: str, whole: bool, seed: int):
    cells = [day.strftime(form) for day in days(seed)]
    found = infer(pa.table({"x": [int(cell) for cell in cells] if whole else cells}))
    assert found.schema.variables[0].kind is Kind.TEXT
    assert f"they look like {words}" in found.notes[0].words


@pytest.mark.parametrize(
    ("low", "high"), [(10_000, 90_000), (101, 1231), (0, 999_999), (1_000_000, 9_999_999), (190_000, 210_000)]
)
def test_plain_whole_numbers_stay_numbers(low: int, high: int):
    draw = random.Random(low)
    cells = [str(round(draw.gauss((low + high) / 2, (high - low) / 12))) for _ in range(500)]
    assert infer(pa.table({"x": cells})).schema.variables[0].kind is Kind.INTEGER


def test_weeks_and_quarters_are_no_times_of_day():
    draw = random.Random(3)
    weeks = [f"{draw.randint(2000, 2020)}{draw.randint(1, 52):02}" for _ in range(500)]
    quarters = [f"{draw.randint(2000, 2020)}{draw.randint(1, 4)}" for _ in range(500)]
    for cells, words in ((weeks, "years and weeks"), (quarters, "years and quarters")):
        found = infer(pa.table({"x": cells}))
        assert found.schema.variables[0].kind is Kind.TEXT
        assert words in found.notes[0].words
    clocks = [f"{draw.randint(0, 23):02}{draw.randint(0, 59):02}{draw.randint(0, 59):02}" for _ in range(500)]
    assert infer(pa.table({"x": clocks})).schema.variables[0].kind is Kind.TIME


@pytest.mark.parametrize("kind", [pa.decimal32(9, 2), pa.decimal64(18, 2), pa.decimal128(9, 2)])
def test_narrow_decimals_are_read(kind: pa.DataType):
    cells = [Decimal(k * 37 % 9973).scaleb(-2) for k in range(300)]
    variable = infer(pa.table({"x": pa.array(cells, kind)})).schema.variables[0]
    assert (variable.kind, variable.decimals) == (Kind.CONTINUOUS, 2)


@pytest.mark.parametrize("suffix", ["", "T10:11:12"])
def test_a_slip_of_a_digit_does_not_decide_the_range(suffix: str):
    cells = [day.isoformat() + suffix for day in days(4)]
    for slip in ("0202-01-01", "1020-03-04", "3020-03-04"):
        found = infer(pa.table({"x": [*cells, slip + suffix]}))
        assert found.schema.variables[0].missing == (slip + suffix,)
        assert str(found.schema.variables[0].range[0])[:2] == "19"
    for kept in ("9999-12-31", "1900-01-01", "2060-01-01"):
        assert infer(pa.table({"x": [*cells, kept + suffix]})).schema.variables[0].missing == ()


def test_a_late_day_is_no_slip():
    cells = ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04", "2020-01-06"] * 40
    assert infer(pa.table({"x": [*cells, "2021-03-01"]})).schema.variables[0].missing == ()


def test_names_of_persons_in_several_rows_are_no_categories():
    cells = [f"Name{chr(65 + k // 50 % 26)} Fam{chr(65 + k // 50 // 26)}" for k in range(3000)]
    kinds = {
        name: infer(pa.table({name: cells})).schema.variables[0].kind
        for name in ("name", "patient name", "city")
    }
    assert kinds == {"name": Kind.IDENTIFIER, "patient name": Kind.IDENTIFIER, "city": Kind.CATEGORICAL}
