"""Days as a spreadsheet counts them are named where a column's name says that it holds days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from syncline.data.inference import infer
from syncline.data.inference.day_serials import FIRST, LAST

DAYS = 44_927 + np.arange(400) * 7 % 900


@pytest.mark.parametrize(
    ("name", "cells", "is_named"),
    [
        ("date", DAYS, True),
        ("AdmissionDate", DAYS, True),
        ("Geburtsdatum", 24_927.25 + np.arange(400) * 7 % 900, True),
        ("visit_dt", DAYS + 0.5, True),
        ("date", DAYS.astype(str), True),
        ("income", DAYS, False),
        ("update_count", DAYS, False),
        ("candidates", DAYS, False),
        ("date", DAYS - 44_000, False),
        ("date", DAYS * 10, False),
    ],
)
def test_day_serials_are_named(name: str, cells: npt.NDArray[np.float64], is_named: bool) -> None:
    inference = infer(pa.table({name: cells}))
    said = [note for note in inference.notes if "spreadsheet counts them" in note.why]
    assert len(said) == is_named
    assert all(note.cells == 400 for note in said)


def test_the_first_and_last_are_those_that_a_spreadsheet_shows() -> None:
    begin = dt.date(1899, 12, 30)
    days = [begin + dt.timedelta(days=serial) for serial in (FIRST, LAST, 44_927)]
    assert days == [dt.date(1920, 1, 1), dt.date(2099, 12, 31), dt.date(2023, 1, 1)]
