"""Cells of text get the key and the status that the slow reference gives them."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.batch import Status
from syncline.data.scalars import write_scalar
from syncline.data.variable import Variable
from syncline.errors import DataError
from syncline.preparation.column_reader import reader_of
from tests.unit.preparation.oracle import Cell, cell


def variable(kind: str, **fields: object) -> Variable:
    return Variable.model_validate({"name": "v", "kind": kind, **fields})


def read(column: pa.Array, of: Variable) -> list[Cell]:
    cells = reader_of(of).read(column, "table: column 'v'")
    return [
        (key, Status(status)) for key, status in zip(cells.keys.tolist(), cells.status.tolist(), strict=True)
    ]


VARIABLES = {
    "integer": variable("integer", missing=["-9", "NA"]),
    "bounded integer": variable("integer", range=["0", "120"], missing=["999"]),
    "continuous": variable("continuous", missing=["-1"]),
    "two decimals": variable("continuous", decimals=2, range=["0", "99.99"], missing=["9.99"]),
    "boolean": variable("boolean", missing=["?"]),
    "categorical": variable(
        "categorical", categories=["a", "B c", "é", "7", "8.0", "01"], missing=["9", "?"]
    ),
    "ordinal": variable("ordinal", categories=["low", "1", "1.0", "high"]),
    "date": variable("date", range=["1900-01-01", "2100-12-31"], missing=["1970-01-01"]),
    "datetime": variable("datetime"),
    "zoned datetime": variable("datetime", zone="Europe/Berlin", missing=["2000-01-01T00:00"]),
    "time": variable("time"),
    "duration": variable("duration", range=["PT0S", "P30D"]),
}

WORDS = """
7|7.0|+7|-7|007|7.|.7|7.5|7.00|1e3|1E+05|1e-3|1e400|-1e400|1e-400|9.99|9.990|-9|-9.0|-0|-0.0|+0|999|999.0
120|121|99.99|99.995|99.994|100|0.005|0.015|0.125|2.675|1_000|1,5|0x10|٣|½|--1|+|.|e5|1e|1e5.|nan|NaN|-nan
+NAN|nano|inf|-inf|Infinity|4611686018427387903|4611686018427387904|-4611686018427387904|9223372036854775808
123456789012345678901234567890|999999999999999999|1000000000000000000|1e18|4.5e18|5e18|1e999999999
1e-999999999|1000000000000000000.5|9007199254740993|true|True|TRUE|t|f|F|no|Yes|y|n|0|1|1.0|0.0|2|?| ? |NA
na|a|A|B c|B  c|é|e\u0301|8|8.0|8.00|9|9.0|01|1.00|low|high|null|None|2020-02-29|2021-02-29|2020-2-9
20200229|2020-02-29T00:00|2020-02-29 00:00:00.000000000|2020-02-29T00:00:01|1899-12-31|2100-12-31|1970-01-01
0000-01-01|0001-01-01|9999-12-31|10000-01-01|2020-02-29T12:30|2020-02-29 12:30:15.25
2020-02-29T12:30:15.1234567|2020-02-29T12:30:15.123456789|2020-02-29T12:30:15.1234567890|2020-02-29T12:30Z
2020-02-29T12:30:00+02:00|2020-02-29T12:30+0200|2020-03-29T02:30|2020-10-25T02:30|2000-01-01T00:00
1999-12-31T23:00Z|2020-02-29t12:30|2020-02-29T24:00|12:30|12:30:59.5|24:00|23:59:59.999999|23:59:59.9999999
12:60|1:30|12:30Z|noon|P1DT2H30M|PT1.5S|P|PT|-P1D|P30D|P31D|P999999999D|90|90.5|0.0000005|0.0000015|P1W
PT2H30|1e30|9223372036854
"""


@pytest.mark.parametrize("name", VARIABLES)
def test_words_of_all_kinds(name: str) -> None:
    texts = [*re.split("[|\n]", WORDS.strip()), "", "  ", None, "\t7 ", " a\u00a0", "7\n"]
    got = read(pa.array(texts, pa.string()), VARIABLES[name])
    assert dict(zip(texts, got, strict=True)) == {text: cell(text, VARIABLES[name]) for text in texts}


@pytest.mark.parametrize("name", VARIABLES)
@settings(max_examples=30)
@given(texts=st.lists(st.none() | st.text("0123456789+-.eE:TZP MSHD\tna", max_size=12), max_size=20))
def test_any_text(name: str, texts: list[str | None]) -> None:
    assert read(pa.array(texts, pa.string()), VARIABLES[name]) == [cell(t, VARIABLES[name]) for t in texts]


NUMBERS = (
    st.integers(-(2**63), 2**63 - 1)
    | st.integers(-200, 1100)
    | st.sampled_from([2**62, 2**62 - 1, 2**53 + 1])
)
FLOATS = st.floats() | st.integers(-20, 1000).map(float) | st.integers(-2000, 12000).map(lambda n: n / 100)
SHORT_FLOATS = st.floats(width=32) | st.integers(-2000, 12000).map(lambda n: float(np.float32(n / 100)))
DATETIMES = st.datetimes() | st.dates().map(lambda day: dt.datetime(day.year, day.month, day.day))
MOMENTS = st.datetimes(
    timezones=st.just(dt.UTC), min_value=dt.datetime(2, 1, 1), max_value=dt.datetime(9998, 1, 1)
)
SMALL_DECIMALS = st.decimals(-1000, 1000, places=3, allow_nan=False)

TYPED: dict[str, tuple[pa.DataType, st.SearchStrategy[object], Callable[[object], str]]] = {
    "int64": (pa.int64(), NUMBERS, str),
    "int8": (pa.int8(), st.integers(-128, 127), str),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1), str),
    "double": (pa.float64(), FLOATS, lambda x: "" if x != x else repr(x)),
    "float": (pa.float32(), SHORT_FLOATS, lambda x: "" if x != x else str(np.float32(x))),
    "bool": (pa.bool_(), st.booleans(), str),
    "date32": (pa.date32(), st.dates(), str),
    "date64": (pa.date64(), st.dates(), str),
    "timestamp": (pa.timestamp("us"), DATETIMES, str),
    "timestamp in a zone": (pa.timestamp("us", "America/New_York"), MOMENTS, str),
    "time64": (pa.time64("us"), st.times(), str),
    "decimal": (pa.decimal128(12, 3), SMALL_DECIMALS, str),
    "string": (pa.string(), st.sampled_from(["a", " B c", "e\u0301", "7", "é"]), str),
    "large string": (pa.large_string(), st.sampled_from(["a", "B c ", "7"]), str),
    "string view": (pa.string_view(), st.sampled_from(["a", "B c ", "7"]), str),
}


@pytest.mark.parametrize("type_name", TYPED)
@settings(max_examples=8)
@given(data=st.data())
def test_typed_columns_are_read_as_their_text_is(type_name: str, data: st.DataObject) -> None:
    arrow_type, values, text = TYPED[type_name]
    drawn = data.draw(st.lists(st.none() | values, max_size=30))
    typed = pa.array(drawn, arrow_type)
    texts = pa.array([None if value is None else text(value) for value in drawn], pa.string())
    for of in VARIABLES.values():
        expected = read(texts, of)
        assert read(typed, of) == expected, of.kind
    if arrow_type != pa.string_view():
        assert read(typed.dictionary_encode(), of) == expected
    assert read(typed.slice(1), of) == expected[1:]


@given(st.lists(st.none() | st.timedeltas(dt.timedelta(days=-40), dt.timedelta(days=40)), max_size=12))
def test_typed_durations(drawn: list[dt.timedelta | None]) -> None:
    texts = pa.array([None if value is None else write_scalar(value) for value in drawn], pa.string())
    assert read(pa.array(drawn, pa.duration("us")), VARIABLES["duration"]) == read(
        texts, VARIABLES["duration"]
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_coarse_and_fine_timestamps(unit: str) -> None:
    raw = [0, -1, 1, 1_600_000_000, -1_600_000_001]
    per_unit = Fraction(1_000_000, {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit])
    expected = [(math.floor(value * per_unit), Status.VALID) for value in raw]
    assert read(pa.array(raw, pa.timestamp(unit)), VARIABLES["datetime"]) == expected
    text = pa.array(raw, pa.timestamp(unit)).cast(pa.string())
    assert read(text, VARIABLES["datetime"]) == expected


def test_timestamps_beyond_the_calendar_are_unknown() -> None:
    column = pa.array([2**62, -(2**62), 253402300800, 253402300789], pa.timestamp("s"))
    statuses = [status for _, status in read(column, VARIABLES["datetime"])]
    assert statuses == [Status.UNKNOWN] * 3 + [Status.VALID]


def test_a_wall_clock_is_placed_by_its_zone() -> None:
    wall = dt.datetime(2020, 7, 1, 12)
    naive = read(pa.array([wall], pa.timestamp("us")), VARIABLES["zoned datetime"])
    aware = read(pa.array([wall.replace(hour=10)], pa.timestamp("us", "UTC")), VARIABLES["zoned datetime"])
    assert naive == aware == read(pa.array(["2020-07-01T12:00+02:00"]), VARIABLES["zoned datetime"])


@pytest.mark.parametrize("column", [pa.array([[1]]), pa.array([{"a": 1}]), pa.array([b"x"])])
def test_types_that_hold_no_cells_are_refused(column: pa.Array) -> None:
    with pytest.raises(DataError, match=r"table: column 'v': values of type .* cannot be read"):
        read(column, VARIABLES["categorical"])


def test_nulls_of_every_make_are_missing() -> None:
    for column in (pa.nulls(2), pa.array([None, "  "]), pa.array([None, math.nan], from_pandas=False)):
        for of in VARIABLES.values():
            assert read(column, of) == [(0, Status.MISSING)] * 2
