"""Codes of digits that are too many for a list are left out as codes, by inference and by a description."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.preparation.description import describe_table
from syncline.sources.memory import TableSource

ROWS = 400


def postcodes(padded: float = 0.3) -> pa.Table:
    draw = np.random.default_rng(3)
    first = np.where(draw.random(ROWS) < padded, 1000, 10_000)
    numbers = first + draw.integers(0, 9000, ROWS)
    return pa.table({"ort": [f"{number:05d}" for number in numbers]})


def test_inference_says_that_they_are_codes_and_what_to_do() -> None:
    found = infer(postcodes())
    assert found.schema.variable("ort").kind is Kind.TEXT
    (note,) = found.notes
    assert note.why.startswith("they look like numbers and are codes, leading zeros in ")
    assert "declare kind: integer or continuous where they are numbers" in note.remedy
    assert "beside them" not in str(note)


def test_a_description_takes_them_for_no_numbers_either() -> None:
    (column,) = describe_table(TableSource(postcodes()), "t", None, 11).columns
    assert column.variable.kind is Kind.TEXT
    assert "codes of digits with leading zeros" in column.reason


@pytest.mark.parametrize("padded", [0.0, 0.001])
def test_a_few_zeros_decide_nothing(padded: float) -> None:
    (column,) = describe_table(TableSource(postcodes(padded)), "t", None, 11).columns
    assert column.variable.kind is Kind.INTEGER


def test_pairs_of_numbers_and_days_of_weeks_are_named_with_a_remedy() -> None:
    draw = np.random.default_rng(5)
    pressures = [f"{high}/{low}" for high, low in zip(*draw.integers(60, 190, (2, ROWS)), strict=True)]
    days = [f"201{year}-W{week:02d}-{day}" for year, week, day in draw.integers(1, 8, (ROWS, 3))]
    found = infer(pa.table({"bp": pressures, "week": days}))
    (pair,), (day,) = found.notes_on("bp"), found.notes_on("week")
    assert "pairs of numbers with a slash between" in pair.why
    assert "a step 'split'" in pair.remedy
    assert "days of numbered weeks" in day.why
