"""The text of a cell of a workbook: what a person sees in it, dates and times in ISO 8601."""

from __future__ import annotations

import datetime as dt
import re

from syncline.sources.value_text import value_text

_EXACT_INTEGERS = 2**53
"""Below it each whole double has one integer that it stands for."""

_LEADING_ZEROS = re.compile(r"0+")
_CLOCK = re.compile(r"[hs]", re.IGNORECASE)
_LITERALS = re.compile(r'"[^"]*"|\\.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
"""Parts of a number format that are shown as they stand, and colours and locales."""


def cell_text(value: object, number_format: str) -> str | None:
    """Return a cell's text, or None where it is empty; whole numbers have no decimals."""
    match value:
        case None | "":
            return None
        case bool():
            return value_text(value)
        case int() | float():
            return _number_text(value, number_format)
        case dt.datetime():
            return _moment_text(value, number_format)
    return value_text(value)


def _number_text(value: int | float, number_format: str) -> str:
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= _EXACT_INTEGERS:
            return repr(value)
        value = int(value)
    if _LEADING_ZEROS.fullmatch(number_format):
        return f"{value:0{len(number_format) + (value < 0)}d}"
    return str(value)


def _moment_text(value: dt.datetime, number_format: str) -> str | None:
    """Leave the time out where the cell's format shows none and it is midnight."""
    shows_clock = _CLOCK.search(_LITERALS.sub("", number_format)) is not None
    if value.time() == dt.time.min and not shows_clock:
        return value.date().isoformat()
    return value_text(value)
