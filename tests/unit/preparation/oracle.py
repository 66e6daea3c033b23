"""What a cell of text means, said slowly: the reference for the fast readers."""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from decimal import Decimal, InvalidOperation

from syncline.data.batch import Status
from syncline.data.kinds import Kind
from syncline.data.scalars import KEY_LIMIT, float_bits_key, read_scalar, scalar_key
from syncline.data.truth_words import FALSE_WORDS, TRUE_WORDS
from syncline.data.variable import Variable
from tests.unit.preparation.seen_text import seen_text

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
TRUE, FALSE = TRUE_WORDS | {"1.0"}, FALSE_WORDS | {"0.0"}

Cell = tuple[int, Status]


class Missing(Exception):
    pass


def cell(text: str | None, variable: Variable) -> Cell:
    """Return the key and the status that ``text`` should get."""
    trimmed = seen_text(text or "")
    if trimmed == "" or trimmed in variable.missing:
        return 0, Status.MISSING
    try:
        value = parsed(trimmed, variable)
    except Missing:
        return 0, Status.MISSING
    except (ValueError, InvalidOperation):
        return 0, Status.UNKNOWN
    if value in code_values(variable):
        return 0, Status.MISSING
    key = value if variable.kind is not Kind.CONTINUOUS else continuous_key(value, variable.decimals)
    even = variable.kind is not Kind.CONTINUOUS or variable.decimals is not None
    low, high = variable.key_range or (-(2**63), 2**63)
    if not low <= key <= high or (even and abs(key) >= KEY_LIMIT):
        return 0, Status.OUT_OF_RANGE
    return key, Status.VALID


def code_values(variable: Variable) -> set[int | float]:
    values: set[int | float] = set()
    for code in variable.missing:
        try:
            values.add(parsed(code, variable))
        except (ValueError, InvalidOperation, Missing):
            continue
    return set() if variable.is_categorical else values


def continuous_key(value: float, decimals: int | None) -> int:
    return float_bits_key(value) if decimals is None else round(Decimal(value * 10.0**decimals))


def parsed(text: str, variable: Variable) -> int | float:
    match variable.kind:
        case Kind.BOOLEAN:
            word = text.casefold()
            if word not in TRUE | FALSE:
                raise ValueError
            return int(word in TRUE)
        case Kind.CATEGORICAL | Kind.ORDINAL:
            return position(text, variable)
        case Kind.INTEGER:
            return whole(text)
        case Kind.CONTINUOUS:
            return number(text)
        case Kind.DURATION:
            try:
                return round(Decimal(number(text) * 1e6))
            except ValueError:
                return scalar_key(read_scalar(text, variable.kind))
        case _:
            return scalar_key(moment(text, variable))


def position(text: str, variable: Variable) -> int:
    other = text[:-2] if re.fullmatch(r"-?[0-9]+\.0", text) else f"{text}.0"
    for form in (text, other) if re.fullmatch(r"-?[0-9]+(\.0)?", text) else (text,):
        if form in variable.categories:
            return variable.categories.index(form)
        if form in variable.missing:
            raise Missing
    raise ValueError


def number(text: str) -> float:
    if text.lower().lstrip("+-") == "nan" and len(text) <= 4:
        raise Missing
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError
    return float(text)


def whole(text: str) -> int:
    if text.lower().lstrip("+-") == "nan" and len(text) <= 4:
        raise Missing
    value = Decimal(text) if NUMBER.fullmatch(text) else Decimal("0.5")
    if value != value.to_integral_value():
        raise ValueError
    return int(max(Decimal(-KEY_LIMIT), min(Decimal(KEY_LIMIT), value)))


def dashed(text: str, kind: Kind) -> str:
    """Return a day or a time of digits alone in ISO 8601, other text as it is."""
    match = re.fullmatch(r"(\d+)(?:\.0)?|(\d{8})[T ](\d{4}(?:\d\d)?)(?:\.0)?", text, re.ASCII)
    if match is None or (match[2] and kind is not Kind.DATETIME):
        return text
    digits = match[1] or match[2] + match[3]
    if kind is Kind.TIME and len(digits) in (1, 2, 3, 4, 6):
        digits = digits if len(digits) == 6 else digits.rjust(4, "0")
        return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))
    day = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    if kind is not Kind.TIME and len(digits) == 8:
        return day
    if kind is Kind.DATETIME and len(digits) in (12, 14):
        clock = digits[8:]
        return f"{day}T" + ":".join(clock[place : place + 2] for place in range(0, len(clock), 2))
    return text


def moment(text: str, variable: Variable) -> dt.date | dt.datetime | dt.time:
    """Read a date, datetime or time by the standard library, after a check of its form."""
    text = dashed(text, variable.kind)
    day, clock = r"\d{4}-\d\d-\d\d", r"\d\d:\d\d(:\d\d(\.\d{1,9})?)?"
    match variable.kind:
        case Kind.DATE:
            if not re.fullmatch(rf"{day}([T ]00:00(:00(\.0+)?)?)?", text, re.ASCII):
                raise ValueError
            return dt.date.fromisoformat(text[:10])
        case Kind.TIME:
            if not re.fullmatch(clock, text, re.ASCII):
                raise ValueError
            return dt.time.fromisoformat(text)
    if not re.fullmatch(rf"{day}([T ]{clock}(Z|[+-]\d\d:\d\d)?)?", text, re.ASCII):
        raise ValueError
    value = dt.datetime.fromisoformat(text)
    if (value.tzinfo is not None) and variable.zone is None:
        raise ValueError
    if variable.zone is None:
        return value
    zone = zoneinfo.ZoneInfo(variable.zone)
    try:
        moment = (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(dt.UTC)
        shown = moment.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValueError from None
    if value.tzinfo is None and shown != value:  # the clock was put forward past it
        raise ValueError
    return moment
