"""The time between two moments, against Python's own calendar."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.constraint import Formula
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.errors import DocumentError
from syncline.questions.elapsed import elapsed, microseconds

EPOCH = dt.datetime(1970, 1, 1)
MICROSECOND = dt.timedelta(microseconds=1)
moments = st.datetimes(dt.datetime(1890, 1, 1), dt.datetime(2250, 1, 1))


def years(since: dt.datetime, until: dt.datetime) -> int:
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


@given(st.lists(st.tuples(moments, moments), min_size=1, max_size=8))
def test_spans_are_those_of_the_calendar(pairs: list[tuple[dt.datetime, dt.datetime]]) -> None:
    since, until = (np.array([(p[k] - EPOCH) // MICROSECOND for p in pairs], np.int64) for k in (0, 1))
    found = {formula: elapsed(formula, until, since, whole=True).tolist() for formula in ELAPSED}
    assert found[Formula.DAYS] == [(b - a).days for a, b in pairs]
    assert found[Formula.HOURS] == [(b - a) // dt.timedelta(hours=1) for a, b in pairs]
    assert found[Formula.MINUTES] == [(b - a) // dt.timedelta(minutes=1) for a, b in pairs]
    assert found[Formula.NIGHTS] == [(b.date() - a.date()).days for a, b in pairs]
    assert found[Formula.YEARS] == [years(a, b) for a, b in pairs]
    parts = elapsed(Formula.HOURS, until, since, whole=False)
    assert parts.tolist() == pytest.approx([(b - a).total_seconds() / 3600 for a, b in pairs], rel=1e-12)


ELAPSED = (Formula.DAYS, Formula.HOURS, Formula.MINUTES, Formula.NIGHTS, Formula.YEARS)


def test_who_was_born_on_29_february_has_a_birthday_on_1_march() -> None:
    born, days = (
        np.array(["2000-02-29"] * 3, "M8[D]"),
        np.array(["2001-02-28", "2001-03-01", "2004-02-29"], "M8[D]"),
    )
    cells = [microseconds(own.astype(np.int64).astype(np.float64), Kind.DATE) for own in (days, born)]
    assert elapsed(Formula.YEARS, cells[0], cells[1], whole=True).tolist() == [0, 1, 4]


@pytest.mark.parametrize(
    ("of", "until", "since"),
    [
        ("{kind: date}", "{kind: date}", "{kind: date}"),
        ("{kind: integer}", "{kind: integer}", "{kind: date}"),
        ("{kind: integer}", "{kind: time}", "{kind: time}"),
        ("{kind: integer}", "{kind: datetime, zone: UTC}", "{kind: datetime}"),
    ],
)
def test_a_span_needs_a_number_and_two_moments(of: str, until: str, since: str) -> None:
    columns = zip("abc", (of, until, since), strict=True)
    text = "".join(f"- {{name: {name}, {kind[1:]}\n" for name, kind in columns)
    with pytest.raises(DocumentError, match="needs a column of numbers, and dates or datetimes"):
        Schema.from_yaml(f"variables:\n{text}constraints:\n- {{formula: days, of: a, from: [b, c]}}\n")
