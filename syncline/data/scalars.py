"""One value of each ordered kind: read from text, written as text, and placed on its int64 key.

The canonical text of a value is the shortest that reads back to the same value. Only the standard library
is used, so that daemons can check a schema; :mod:`syncline.data.grid` does the same for whole columns.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import struct
import zoneinfo
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from syncline.data.kinds import Kind

Scalar: TypeAlias = int | float | dt.date | dt.datetime | dt.time | dt.timedelta

KEY_LIMIT = 2**62
"""Keys on evenly spaced grids stay below this in size, so that differences of two fit into int64."""

_EPOCH_DAY = dt.date(1970, 1, 1).toordinal()
_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][-+]?[0-9]{1,4})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_DATETIME = re.compile(_DATE.pattern + r"([T ]" + _TIME.pattern + r"(Z|[-+][0-9]{2}:[0-9]{2})?)?")
_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?"
    r"(?:(?P<seconds>[0-9]{1,9}(?:\.[0-9]{1,6})?)S)?)?"
)

_SPAN = re.compile(
    r"(?P<sign>-?)(?:(?P<days>[0-9]{1,9}) days? )?(?P<hours>[0-9]{1,6}):(?P<minutes>[0-5][0-9])"
    r":(?P<seconds>[0-5][0-9](?:\.[0-9]{1,6})?)"
)
"""A duration as programs print it: 38:31:00, or 1 day 14:31:00."""

_EXPECTED = {
    Kind.INTEGER: "a whole number",
    Kind.CONTINUOUS: "a finite number",
    Kind.DATE: "a date like 2026-01-31",
    Kind.DATETIME: "a date and time like 2026-01-31T09:30:00",
    Kind.TIME: "a time of day like 09:30:00",
    Kind.DURATION: "a duration like P1DT2H30M or 26:30:00",
}


class NoSuchTime(ValueError):
    """A wall clock of a zone never shows this time: it was set forward over it."""


def read_scalar(text: str, kind: Kind, zone: str | None = None) -> Scalar:
    """Read ``text`` as a value of ``kind``; a ValueError says what was expected.

    A datetime in a ``zone`` becomes UTC; without an offset of its own it is taken as wall clock there.
    Without a zone it must not carry an offset. A time that the clock of the zone never shows is none; of one
    that it shows twice the earlier is meant.
    """
    try:
        return _READERS[kind](text.strip(), zone)
    except NoSuchTime:
        raise
    except (ValueError, OverflowError):
        raise ValueError(f"expected {_EXPECTED[kind]}") from None


def write_scalar(value: Scalar) -> str:
    """Write ``value`` as the canonical text that :func:`read_scalar` reads back."""
    match value:
        case dt.datetime():
            wall = value if value.tzinfo is None else value.astimezone(dt.UTC).replace(tzinfo=None)
            return wall.isoformat() + ("" if value.tzinfo is None else "Z")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return _write_duration(value)
        case _:
            return repr(value)


def scalar_key(value: Scalar, decimals: int | None = None) -> int:
    """Return the int64 key of ``value`` on its grid; a float without ``decimals`` keeps all its bits."""
    match value:
        case dt.datetime():
            return (value.replace(tzinfo=None) - _EPOCH) // _MICROSECOND
        case dt.date():
            return value.toordinal() - _EPOCH_DAY
        case dt.time():
            return (dt.datetime.combine(_EPOCH, value) - _EPOCH) // _MICROSECOND
        case dt.timedelta():
            return value // _MICROSECOND
        case int():
            return value
        case _:
            return float_bits_key(value) if decimals is None else round(value * 10.0**decimals)


def float_bits_key(value: float) -> int:
    """Return the bits of ``value`` as an int64 that orders as the floats do; -0.0 becomes 0.0."""
    bits: int = struct.unpack("<q", struct.pack("<d", value + 0.0))[0]
    return bits if bits >= 0 else bits ^ 0x7FFFFFFFFFFFFFFF


def _read_integer(text: str, _zone: str | None) -> int:
    _expect(_INTEGER, text)
    return int(text)


def _read_number(text: str, _zone: str | None) -> float:
    _expect(_NUMBER, text)
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value + 0.0


def _read_date(text: str, _zone: str | None) -> dt.date:
    _expect(_DATE, text)
    return dt.date.fromisoformat(text)


def _read_datetime(text: str, zone: str | None) -> dt.datetime:
    _expect(_DATETIME, text)
    value = dt.datetime.fromisoformat(text)
    if zone is None:
        if value.tzinfo is not None:
            raise ValueError
        return value
    if value.tzinfo is not None:
        return value.astimezone(dt.UTC)
    local = zoneinfo.ZoneInfo(zone)
    moment = value.replace(tzinfo=local).astimezone(dt.UTC)
    if moment.astimezone(local).replace(tzinfo=None) != value:
        raise NoSuchTime(f"this time does not exist in {zone}: its clocks are set forward over it")
    return moment


def _read_time(text: str, _zone: str | None) -> dt.time:
    _expect(_TIME, text)
    return dt.time.fromisoformat(text)


def _read_duration(text: str, _zone: str | None) -> dt.timedelta:
    match = _SPAN.fullmatch(text) or _expect(_DURATION, text)
    parts = {unit: match[unit] for unit in ("days", "hours", "minutes", "seconds")}
    if not any(parts.values()):
        raise ValueError
    microseconds = int(Decimal(parts.pop("seconds") or 0) * 1_000_000)
    size = dt.timedelta(microseconds=microseconds, **{unit: int(text or 0) for unit, text in parts.items()})
    return -size if match["sign"] else size


def _write_duration(value: dt.timedelta) -> str:
    sign, size = ("-", -value) if value < dt.timedelta(0) else ("", value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{size.microseconds:06d}".rstrip("0") if size.microseconds else ""
    clock = f"{hours}H" * bool(hours) + f"{minutes}M" * bool(minutes)
    if seconds or fraction or not (size.days or clock):
        clock += f"{seconds}{fraction}S"
    return f"{sign}P" + f"{size.days}D" * bool(size.days) + f"T{clock}" * bool(clock)


def _expect(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError
    return match


_READERS: dict[Kind, Callable[[str, str | None], Scalar]] = {
    Kind.INTEGER: _read_integer,
    Kind.CONTINUOUS: _read_number,
    Kind.DATE: _read_date,
    Kind.DATETIME: _read_datetime,
    Kind.TIME: _read_time,
    Kind.DURATION: _read_duration,
}
