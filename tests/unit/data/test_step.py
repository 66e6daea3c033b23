"""A step makes a grid coarser: keys are numbers of steps, and no value lies between two of them."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.schema import Schema
from syncline.data.step import canonical_step, span_text
from syncline.data.variable import Variable
from syncline.errors import DocumentError
from syncline.preparation.column_reader import reader_of

STEPS = [
    (Kind.INTEGER, "25"),
    (Kind.CONTINUOUS, "0.5"),
    (Kind.CONTINUOUS, "12.5"),
    (Kind.CONTINUOUS, "7"),
    (Kind.DATE, "month"),
    (Kind.DATE, "quarter"),
    (Kind.DATE, "year"),
    (Kind.DATETIME, "15min"),
    (Kind.DATETIME, "1d"),
    (Kind.TIME, "30s"),
    (Kind.DURATION, "90s"),
]


@pytest.mark.parametrize(("kind", "step"), STEPS)
@given(st.lists(st.integers(-500, 500), min_size=1, max_size=20))
def test_keys_come_back_and_values_are_multiples(kind: Kind, step: str, keys: list[int]) -> None:
    variable = Variable(name="x", kind=kind, step=step)
    grid = variable.grid
    assert grid is not None
    values = grid.values(np.array(keys, np.int64))
    numbers = values if values.dtype.kind == "f" else values.astype(np.int64)
    assert grid.keys_from_numbers(numbers).tolist() == keys
    assert grid.holds(numbers).all()
    if grid.step is not None and kind is Kind.CONTINUOUS:
        assert all(Fraction(str(value)) % grid.step == 0 for value in values.tolist())


@given(st.dates(dt.date(1, 2, 1), dt.date(9999, 11, 30)), st.sampled_from(["month", "quarter", "year"]))
def test_a_day_counts_as_its_month(day: dt.date, step: str) -> None:
    variable = Variable(name="x", kind=Kind.DATE, step=step)
    assert variable.grid is not None
    (key,) = variable.grid.keys_from_numbers(np.array([(day - dt.date(1970, 1, 1)).days])).tolist()
    assert key == variable.key_of(day)
    (first,) = variable.grid.values(np.array([key])).tolist()
    assert first <= day
    assert first.day == 1
    assert first.year == day.year


@given(st.integers(-(10**9), 10**9), st.integers(2, 10**6))
def test_a_number_between_two_steps_counts_as_the_nearest(number: int, step: int) -> None:
    variable = Variable(name="x", kind=Kind.INTEGER, step=str(step))
    assert variable.grid is not None
    (key,) = variable.grid.keys_from_numbers(np.array([number])).tolist()
    assert key == variable.key_of(number) == round(Fraction(number, step))


def test_what_is_too_large_for_a_grid_stays_outside_it() -> None:
    grid = Variable(name="x", kind=Kind.CONTINUOUS, step="0.5").grid
    assert grid is not None
    low, high = grid.extent
    keys = grid.keys_from_numbers(np.array([1e300, -1e300]))
    assert keys[0] > high
    assert keys[1] < low


@pytest.mark.parametrize(
    ("kind", "text", "canonical"),
    [
        (Kind.CONTINUOUS, "0.50", "0.5"),
        (Kind.CONTINUOUS, "25.0", "25"),
        (Kind.DATETIME, "900s", "15min"),
        (Kind.DATETIME, "PT15M", "15min"),
        (Kind.DATETIME, "24 h", "1d"),
        (Kind.TIME, "60min", "1h"),
        (Kind.DATE, "1 month", "month"),
    ],
)
def test_a_step_has_one_canonical_form(kind: Kind, text: str, canonical: str) -> None:
    assert canonical_step(text, kind) == canonical
    assert canonical_step(canonical, kind) == canonical


@given(st.integers(1, 10**15))
def test_a_span_is_written_as_it_is_read(microseconds: int) -> None:
    assert canonical_step(span_text(microseconds), Kind.DURATION) == span_text(microseconds)


def test_the_range_keeps_the_multiples_that_lie_in_it() -> None:
    assert Variable(name="x", kind=Kind.INTEGER, step="25", range=(1, 130)).key_range == (1, 5)
    months = Variable.model_validate(
        {"name": "x", "kind": "date", "step": "month", "range": ["2020-01-15", "2020-03-31"]}
    )
    assert months.key_range == (601, 602)


ORIGINS = [
    (Kind.INTEGER, "7", "3"),
    (Kind.CONTINUOUS, "1", "0.99"),
    (Kind.DATETIME, "30min", "15min"),
    (Kind.DATETIME, "1d", "8h"),
    (Kind.TIME, "1h", "20min"),
    (Kind.DURATION, "90s", "1s"),
]


@pytest.mark.parametrize(("kind", "step", "origin"), ORIGINS)
@given(st.lists(st.integers(0, 22), min_size=1, max_size=20))
def test_steps_begin_at_their_origin(kind: Kind, step: str, origin: str, keys: list[int]) -> None:
    variable = Variable(name="x", kind=kind, step=step, origin=origin)
    plain = Variable(name="x", kind=kind, decimals=variable.places, step=step)
    assert variable.grid is not None
    assert plain.grid is not None
    decoded = variable.grid.values(np.array(keys, np.int64))
    numbers = decoded if decoded.dtype.kind == "f" else decoded.astype(np.int64)
    assert variable.grid.keys_from_numbers(numbers).tolist() == keys
    assert [variable.key_of(value) for value in _scalars(kind, numbers)] == keys
    away = Fraction(variable.past, 10 ** (variable.places or 0))
    for value, key in zip(numbers.tolist(), keys, strict=True):
        assert Fraction(str(value)) == key * Fraction(plain.grid.step or 0) + away


def _scalars(kind: Kind, numbers: npt.NDArray[Any]) -> list[Any]:
    span = [dt.timedelta(microseconds=int(number)) for number in numbers] if kind not in NUMERIC_KINDS else []
    match kind:
        case Kind.DATETIME:
            return [dt.datetime(1970, 1, 1) + own for own in span]
        case Kind.TIME:
            return [(dt.datetime(1970, 1, 1) + own).time() for own in span]
        case Kind.DURATION:
            return span
        case _:
            return numbers.tolist()


@pytest.mark.parametrize(
    ("kind", "step", "origin", "canonical"),
    [
        (Kind.INTEGER, "7", "10", "3"),
        (Kind.INTEGER, "7", "14", None),
        (Kind.INTEGER, "7", "0", None),
        (Kind.CONTINUOUS, "0.5", "1.250", "0.25"),
        (Kind.DATETIME, "30min", "PT45M", "15min"),
        (Kind.TIME, "1h", "60min", None),
        (Kind.DURATION, "90s", "0", None),
    ],
)
def test_an_origin_is_less_than_its_step(kind: Kind, step: str, origin: str, canonical: str | None) -> None:
    variable = Variable(name="x", kind=kind, step=step, origin=origin)
    assert variable.origin == canonical
    assert Schema.from_yaml(Schema(variables=(variable,)).to_yaml()) == Schema(variables=(variable,))


def test_the_first_minutes_of_a_day_count_at_its_first_step() -> None:
    variable = Variable(name="x", kind=Kind.TIME, step="1h", origin="50min")
    cells = reader_of(variable).read(pa.array(["00:05", "00:50", "23:55"]), "x")
    assert cells.keys.tolist() == [0, 0, 23]


def test_a_step_of_one_is_none() -> None:
    assert Variable(name="x", kind=Kind.INTEGER, step="1") == Variable(name="x", kind=Kind.INTEGER)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: integer, step: 0.5", "must be a whole number for kind integer"),
        ("kind: integer, step: 0", "must be a number above 0"),
        ("kind: integer, step: -5", "must be a number above 0"),
        ("kind: continuous, step: 1e3", "must be a number above 0"),
        ("kind: continuous, decimals: 1, step: 0.25", "step 0.25 is finer than 1 decimals"),
        ("kind: datetime, step: 15", "must be a span of time, as in 15min"),
        ("kind: time, step: 1d", "less than a day for a time"),
        ("kind: date, step: 7d", "must be month, quarter or year"),
        ("kind: categorical, step: 2, categories: [a]", "does not apply to kind categorical"),
        ("kind: integer, step: 50, range: [1, 49]", "no multiple of step 50 lies in its range"),
        ("kind: integer, step: 50, origin: 7, range: [8, 56]", "no step of 50 from 7 lies in its range"),
        ("kind: integer, origin: 7", "is where steps begin; give the step, too"),
        ("kind: integer, step: 7, origin: 0.5", "must be a whole number for kind integer"),
        ("kind: continuous, decimals: 1, step: 2, origin: 0.25", "origin 0.25 is finer than 1 decimals"),
        ("kind: date, step: month, origin: 1d", "does not apply to a date"),
        ("kind: time, step: 30min, origin: 7", "must be a span of time, as in 15min"),
    ],
)
def test_a_step_that_makes_no_grid_is_refused(text: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        Schema.from_yaml(f"variables:\n  - {{name: x, {text}}}\n")
    assert said in str(caught.value)
