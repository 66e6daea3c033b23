"""Months of a year, weeks and spans of time, as people write them: read, or named."""

from __future__ import annotations

import datetime as dt
import random

import pyarrow as pa
import pytest

from syncline.data.calendar_values import calendar_from_text
from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.data.variable import Variable

MONTHS = ("%b-%Y", "%b %Y", "%B %Y", "%b-%y", "%b%Y", "%Y-%b", "%m/%Y", "%m.%Y", "%Y/%m", "%Y.%m", "%b '%y")


def days(rows: int = 900, span: int = 700) -> list[dt.date]:
    draw = random.Random(rows)
    return [dt.date(2015, 1, 1) + dt.timedelta(draw.randint(0, span)) for _ in range(rows)]


def unpadded(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def seconds(hours: int, rows: int = 900) -> list[int]:
    draw = random.Random(hours)
    return [draw.randint(0, hours * 3600) for _ in range(rows)]


@pytest.mark.parametrize("form", MONTHS)
@pytest.mark.parametrize("span", [700, 30_000])
def test_a_month_in_any_form_keeps_its_text_or_is_left_out_by_name(form: str, span: int) -> None:
    cells = [day.strftime(form) for day in days(span=span)]
    found = infer(pa.table({"x": cells}))
    variable = found.schema.variables[0]
    assert variable.kind is (Kind.CATEGORICAL if span == 700 else Kind.TEXT)
    assert variable.kind is Kind.TEXT or set(variable.categories) == set(cells)
    assert any("look like months" in note.why and "'dates'" in note.remedy for note in found.notes)
    assert not any("name persons" in note.why for note in found.notes)


def test_months_that_lost_their_zero_are_no_numbers() -> None:
    cells = [f"{day.month}.{day.year}" for day in days(span=2000)]
    variable = infer(pa.table({"x": cells})).schema.variables[0]
    assert variable.kind is Kind.CATEGORICAL
    measured = [f"{random.Random(row).uniform(1, 12):.4f}" for row in range(900)]
    assert infer(pa.table({"x": measured})).schema.variables[0].kind is Kind.CONTINUOUS


def test_that_a_release_writes_first_days_for_months_is_said() -> None:
    found = infer(pa.table({"x": [f"{day:%Y-%m}" for day in days()]}))
    assert found.schema.variables[0].step == "month"
    assert [(note.cells, "first days" in note.why) for note in found.notes] == [(900, True)]
    assert not infer(pa.table({"x": [f"{day:%Y-%m}-01" for day in days()]})).notes


@pytest.mark.parametrize(
    "write",
    [
        unpadded,
        lambda size: unpadded(size).zfill(8),
        lambda size: f"{size // 86400} days {unpadded(size % 86400).zfill(8)}",
        lambda size: f"PT{size // 60}M{size % 60}S",
        lambda size: f"{unpadded(size)}.500",
    ],
)
def test_spans_of_more_than_a_day_are_durations(write) -> None:
    sizes = seconds(60)
    found = infer(pa.table({"x": [write(size) for size in sizes]}))
    variable = found.schema.variables[0]
    assert variable.kind is Kind.DURATION
    values = calendar_from_text(pa.array([write(size) for size in sizes]), variable)
    assert not values.status.any()
    half = 500_000 if "." in write(0) else 0
    assert values.numbers.tolist() == [size * 1_000_000 + half for size in sizes]


def test_hours_below_a_day_stay_times_of_day_or_are_named() -> None:
    clocks = [unpadded(size).zfill(8) for size in seconds(23)]
    assert infer(pa.table({"x": clocks})).schema.variables[0].kind is Kind.TIME
    found = infer(pa.table({"x": [unpadded(size) for size in seconds(9)]}))
    assert found.schema.variables[0].kind is Kind.TEXT
    assert "spans of time" in found.notes[0].why
    assert "kind: duration" in found.notes[0].remedy


def test_a_declared_duration_reads_clocks_and_no_nonsense() -> None:
    variable = Variable(name="x", kind=Kind.DURATION)
    texts = pa.array(["1:05:30", "38:31:00", "1 day 02:00:00", "-0:00:01", "1:75:00", "1:05", ""])
    values = calendar_from_text(texts, variable)
    assert values.numbers[:4].tolist() == [3_930_000_000, 138_660_000_000, 93_600_000_000, -1_000_000]
    assert (values.status[:4] == 0).all()
    assert (values.status[4:] != 0).all()
