"""Values read back as they were written, and keys order as the values do."""

from __future__ import annotations

import datetime as dt
import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.kinds import Kind
from syncline.data.scalars import Scalar, float_bits_key, read_scalar, scalar_key, write_scalar

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = {
    Kind.INTEGER: st.integers(-(10**20), 10**20),
    Kind.CONTINUOUS: FLOATS,
    Kind.DATE: st.dates(),
    Kind.DATETIME: st.datetimes(),
    Kind.TIME: st.times(),
    Kind.DURATION: st.timedeltas(),
}
KINDS_AND_VALUES = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.tuples(st.just(kind), VALUES[kind], VALUES[kind])
)


@given(KINDS_AND_VALUES)
def test_written_text_reads_back_as_the_same_value(drawn: tuple[Kind, Scalar, Scalar]) -> None:
    kind, value, _ = drawn
    assert read_scalar(write_scalar(value), kind) == value


@given(KINDS_AND_VALUES)
def test_keys_order_as_values_do(drawn: tuple[Kind, Scalar, Scalar]) -> None:
    _, one, other = drawn
    assert (scalar_key(one) < scalar_key(other)) == (one < other)  # type: ignore[operator]  # of one kind


@given(FLOATS)
def test_the_bits_of_a_float_are_kept(value: float) -> None:
    key = float_bits_key(value)
    bits = key if key >= 0 else key ^ 0x7FFFFFFFFFFFFFFF
    assert struct.unpack("<d", struct.pack("<q", bits))[0] == value
    assert float_bits_key(-0.0) == float_bits_key(0.0) == 0


@given(st.integers(0, 6), st.integers(-(10**9), 10**9))
def test_a_decimal_has_its_digits_as_key(decimals: int, key: int) -> None:
    text = str(Decimal(key).scaleb(-decimals))
    assert scalar_key(read_scalar(text, Kind.CONTINUOUS), decimals) == key


def test_keys_count_from_the_epoch() -> None:
    assert scalar_key(dt.date(1970, 1, 2)) == 1
    assert scalar_key(dt.datetime(1969, 12, 31, 23, 59, 59, 999_999)) == -1
    assert scalar_key(dt.time(0, 0, 1)) == 1_000_000
    assert scalar_key(dt.timedelta(days=-1)) == -86_400_000_000


def test_a_datetime_in_a_zone_becomes_utc() -> None:
    summer = read_scalar("2026-07-01T12:00:00", Kind.DATETIME, "Europe/Berlin")
    assert summer == dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)
    assert write_scalar(summer) == "2026-07-01T10:00:00Z"
    assert read_scalar("2026-07-01T10:00:00Z", Kind.DATETIME, "Europe/Berlin") == summer
    assert scalar_key(summer) == int(dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC).timestamp()) * 10**6


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.INTEGER, "7.0"),
        (Kind.INTEGER, "1_000"),
        (Kind.INTEGER, "0x10"),
        (Kind.INTEGER, "٣"),
        (Kind.INTEGER, "9" * 5000),
        (Kind.CONTINUOUS, "nan"),
        (Kind.CONTINUOUS, "inf"),
        (Kind.CONTINUOUS, "1e999"),
        (Kind.CONTINUOUS, "1,5"),
        (Kind.CONTINUOUS, ""),
        (Kind.DATE, "2026-02-30"),
        (Kind.DATE, "20260101"),
        (Kind.DATE, "2026-W01-1"),
        (Kind.DATETIME, "2026-01-01T10:00:00Z"),
        (Kind.DATETIME, "2026-01-01T25:00"),
        (Kind.TIME, "24:00"),
        (Kind.DURATION, "P"),
        (Kind.DURATION, "PT"),
        (Kind.DURATION, "P1Y"),
        (Kind.DURATION, "P999999999DT999999999H"),
    ],
)
def test_other_text_is_refused_without_repeating_it(kind: Kind, text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected a") as caught:
        read_scalar(text, kind)
    assert len(text) < 2 or text not in str(caught.value)


def test_durations_are_written_in_the_largest_units() -> None:
    assert write_scalar(dt.timedelta(days=1, hours=2, seconds=1.5)) == "P1DT2H1.5S"
    assert write_scalar(-dt.timedelta(minutes=3)) == "-PT3M"
    assert write_scalar(dt.timedelta(0)) == "PT0S"
    assert math.isclose(scalar_key(read_scalar("PT0.000001S", Kind.DURATION)), 1)


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "2020-03-29T02:30:00"),
        ("America/New_York", "2021-03-14T02:00:00"),
        ("Pacific/Apia", "2011-12-30T12:00:00"),
        ("Australia/Lord_Howe", "2020-10-04T02:15:00"),
    ],
)
def test_a_time_that_the_clock_of_its_zone_never_shows_is_none(zone: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"does not exist in {zone}"):
        read_scalar(text, Kind.DATETIME, zone)
    assert read_scalar(text, Kind.DATETIME) is not None


def test_of_a_time_that_the_clock_shows_twice_the_earlier_is_meant() -> None:
    twice = read_scalar("2020-10-25T02:30:00", Kind.DATETIME, "Europe/Berlin")
    assert write_scalar(twice) == "2020-10-25T00:30:00Z"
    later = read_scalar("2020-10-25T02:30:00+01:00", Kind.DATETIME, "Europe/Berlin")
    assert write_scalar(later) == "2020-10-25T01:30:00Z"
