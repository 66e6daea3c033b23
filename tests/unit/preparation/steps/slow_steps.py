"""What each step should do, said slowly, row by row, with fractions and the standard library."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import hmac
import math
import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction

from tests.unit.preparation.seen_text import seen_text

Row = dict[str, str | None]
Rows = list[Row]
Rule = Callable[[str], str | None]

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def number(text: str | None) -> Fraction | None:
    text = (text or "").strip()
    return Fraction(text) if NUMBER.fullmatch(text) else None


def day(text: str | None) -> dt.date | None:
    text = (text or "").strip()
    try:
        return dt.date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        return None


def plain(value: Fraction, decimals: int | None = None) -> str:
    """Write a fraction with a finite decimal form at its shortest."""
    if decimals is not None:
        value = Fraction(round(value * 10**decimals), 10**decimals)
    places = 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    text = digits if places == 0 else f"{digits[:-places]}.{digits[-places:]}"
    return f"-{text}" if value < 0 else text


def label(text: str) -> str:
    return seen_text(text)


def same_code(text: str, code: str) -> bool:
    if label(text) == label(code):
        return True
    return number(text) is not None and number(text) == number(code)


def cells(rule: Rule, *names: str) -> Callable[[Rows], Rows]:
    """Apply a rule to each cell that is present."""

    def run(rows: Rows) -> Rows:
        return [
            {
                name: (rule(cell) or None) if cell is not None and name in (names or row) else cell
                for name, cell in row.items()
            }
            for row in rows
        ]

    return run


def kept(test: Callable[[Row], bool]) -> Callable[[Rows], Rows]:
    return lambda rows: [row for row in rows if test(row)]


def added(name: str, reckon: Callable[[Row], str | None]) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, name: reckon(row) or None} for row in rows]


def codes_missing(*codes: str) -> Rule:
    return lambda text: None if any(same_code(text, code) for code in codes) else text


def outside(text: str | None, low: int, high: int) -> bool:
    value = number(text)
    return value is not None and not low <= value <= high


def outside_days(text: str | None, low: str, high: str) -> bool:
    value = day(text)
    return value is not None and not low <= value.isoformat() <= high


def is_whole(text: str) -> bool:
    value = number(text)
    return value is not None and value.denominator == 1


def recoded(codes: dict[str, str], unlisted: str) -> Rule:
    def rule(text: str) -> str | None:
        for code, target in codes.items():
            if code and same_code(text, code):
                return target
        return text if unlisted == "keep" else None

    return rule


def converted(slope: Fraction, offset: Fraction, decimals: int) -> Rule:
    def rule(text: str) -> str:
        value = number(text)
        return text if value is None else plain(value * slope + offset, decimals)

    return rule


def span(unit: int) -> Rule:
    """Write spans in ISO 8601; the second of two parts is of ``unit`` seconds, and the first 60 times it."""

    def rule(text: str) -> str:
        found = re.fullmatch(r"(-?)(\d{1,6}):([0-5]\d)", label(text), re.ASCII)
        if found:
            sign, first, second = found.groups()
            return iso_span(sign, unit * (60 * int(first) + int(second)))
        wholes = {"1:02:03.5": "PT1H2M3.5S", "PT90M": "PT1H30M", "3 days 04:05:06": "P3DT4H5M6S"}
        return wholes.get(text, text)

    return rule


def iso_span(sign: str, seconds: int) -> str:
    days, rest = divmod(seconds, 86_400)
    parts = [(rest // 3600, "H"), (rest // 60 % 60, "M"), (rest % 60, "S")]
    clock = "".join(f"{count}{unit}" for count, unit in parts if count)
    if not days and not clock:
        return "PT0S"
    return f"{sign}P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def mixed_day(text: str) -> dt.date | None:
    """Read YYYY-MM-DD, YYYYMMDD, DD.MM.YYYY, MM/YYYY, YYYY; the last month and the middle day stand in."""
    text = text.strip()
    forms = (
        (r"(\d{4})-(\d\d)-(\d\d)", "ymd"),
        (r"(\d{4})(\d\d)(\d\d)", "ymd"),
        (r"(\d\d)\.(\d\d)\.(\d{4})", "dmy"),
        (r"(\d\d)/(\d{4})", "my"),
        (r"(\d{4})", "y"),
    )
    for pattern, order in forms:
        match = re.fullmatch(pattern, text, re.ASCII)
        if match is None:
            continue
        parts = dict(zip(order, map(int, match.groups()), strict=True))
        year, month = parts["y"], parts.get("m", 12)
        try:
            return dt.date(year, month, parts.get("d", 15))
        except ValueError:
            continue
    return None


def last_of_month(text: str) -> str:
    match = re.fullmatch(r"(\d{4})-(\d\d)", text.strip(), re.ASCII)
    if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) == 0:
        return text
    year, month = int(match[1]), int(match[2])
    return dt.date(year, month, calendar.monthrange(year, month)[1]).isoformat()


def accents_gone(text: str) -> str:
    marks = {char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) == "Mn"}
    return unicodedata.normalize(
        "NFC", "".join(c for c in unicodedata.normalize("NFD", text) if c not in marks)
    )


def comma_gone(text: str) -> str:
    match = re.fullmatch(r"\s*([+-]?)(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d+))?\s*", text, re.ASCII)
    if match is None or (match[3] is None and "." not in match[2]):
        return text
    whole = match[1] + match[2].replace(".", "")
    return whole if match[3] is None else f"{whole}.{match[3]}"


def part(text: str | None, place: int) -> str | None:
    parts = [] if text is None else text.split("-", 1)
    return parts[place] if place < len(parts) else None


def reckoned(row: Row, names: str, rule: Callable[..., Fraction | None], decimals: int | None) -> str | None:
    values = [number(row[name]) for name in names]
    if any(value is None for value in values):
        return None
    result = rule(*values)
    return None if result is None else plain(result, decimals)


def log(row: Row, shift: int) -> str | None:
    value = number(row["a"])
    if value is None or value + shift <= 0:
        return None
    argument = value + shift
    exact = math.log(argument.numerator) - math.log(argument.denominator)
    close = math.log1p(float(value)) if shift and abs(value) < 1 else exact
    return plain(Fraction(round(close, 6)).limit_denominator(10**6), 6)


def age(row: Row) -> str | None:
    first, last = day(row["a"]), day(row["b"])
    if first is None or last is None:
        return None
    years = last.year - first.year
    return str(years if (last.month, last.day) >= (first.month, first.day) else years - 1)


def once(*names: str) -> Callable[[Rows], Rows]:
    """Keep the first of each kind; without names all columns count, with them a gap is never equal."""

    def run(rows: Rows) -> Rows:
        seen: list[list[str | None]] = []
        result = []
        for row in rows:
            key = [row[name] for name in names or sorted(row)]
            whole = None not in key or not names
            if not whole or key not in seen:
                result.append(row)
            if key not in seen:
                seen.append(key)
        return result

    return run


def keyed(key: bytes) -> Rule:
    return lambda text: hmac.new(key, label(text).encode(), hashlib.sha256).hexdigest()
