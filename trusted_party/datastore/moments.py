"""Moments as the database and the wire hold them: microseconds since 1970 UTC."""

from __future__ import annotations

import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def to_us(moment: dt.datetime) -> int:
    """Return whole microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> dt.datetime:
    """Return the moment, with UTC as its zone."""
    return _EPOCH + microseconds * _MICROSECOND
