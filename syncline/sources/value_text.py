"""The text of a Python value, as the core writes the Arrow value that it would be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal


def value_text(value: object) -> str | None:
    """Return the text of a value, None for none; dates and times are ISO 8601, durations too."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat(" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return _duration_text(value)
    return str(value)


def _duration_text(value: dt.timedelta) -> str:
    microseconds = value // dt.timedelta(microseconds=1)
    seconds, fraction = divmod(abs(microseconds), 1_000_000)
    sign, decimals = "-" if microseconds < 0 else "", f".{fraction:06d}".rstrip("0") if fraction else ""
    return f"{sign}PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}{decimals}S"
