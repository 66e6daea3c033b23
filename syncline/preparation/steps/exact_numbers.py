"""Numbers as people write them, kept exact: text to ``Decimal`` and back without a binary float between.

Digits enough that sums and differences of any two numbers that are read are exact; the exponent that is read
is limited, so that no cell can ask for a number of a million digits.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

from syncline.data.kinds import Kind
from syncline.data.scalars import read_scalar

EXACT = Context(prec=3000, rounding=ROUND_HALF_EVEN, Emax=99_999, Emin=-99_999, traps=[])
"""The context of all arithmetic; what overflows or has no value becomes infinite or NaN, which is missing."""

_NUMBER = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][+-]?[0-9]{1,3})?")


def read_decimal(text: str) -> Decimal | None:
    """Return the number that ``text`` writes, or None where it is no finite number."""
    text = text.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_day(text: str) -> dt.date | None:
    """Return the day that ``text`` writes as 2026-01-31, or None."""
    try:
        day = read_scalar(text, Kind.DATE)
    except ValueError:
        return None
    return day if isinstance(day, dt.date) else None


def write_decimal(number: Decimal, decimals: int | None = None) -> str | None:
    """Return the shortest decimal for ``number``, rounded half to even; None where it is not finite."""
    if not number.is_finite():
        return None
    if decimals is not None:
        number = number.quantize(Decimal(1).scaleb(-decimals), context=EXACT)
    if not number.is_finite():
        return None
    return "0" if number.is_zero() else format(number.normalize(EXACT), "f")


def _exact(value: object) -> Decimal:
    number = value if isinstance(value, Decimal) else read_decimal(str(value))
    if number is None or isinstance(value, bool):
        raise ValueError("must be a number")
    return number


ExactNumber = Annotated[Decimal, BeforeValidator(_exact), PlainSerializer(write_decimal, return_type=str)]
"""A number of the document, exact, as text in the canonical form."""
