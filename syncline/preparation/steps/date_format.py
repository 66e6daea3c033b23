"""A format of days and times: which parts a text has, in which order, and what stands between them."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from syncline.data.section import shown
from syncline.preparation.steps.month_names import MONTHS
from syncline.preparation.steps.text_forms import without_accents

_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "YY": r"(?P<short>[0-9]{2})",
    "MMM": r"(?P<word>[^\W\d_]{3,12})\.?",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
    "hh": r"(?P<hour>[0-9]{2})",
    "h": r"(?P<hour>[0-9]{1,2})",
    "mm": r"(?P<minute>[0-9]{2})",
    "ss": r"(?P<second>[0-9]{2}(?:[.,][0-9]{1,6})?)",
    "AM": r"(?P<half>[ap])\.? ?m\.?",
}
_TOKEN = re.compile("|".join([*_PARTS, "'[^']*'", "."]), re.DOTALL)
_DAYS: tuple[list[str], ...] = ([], ["Y"], ["M", "Y"], ["D", "M", "Y"])
_CLOCKS: tuple[list[str], ...] = (
    [],
    ["A", "h"],
    ["h", "m"],
    ["A", "h", "m"],
    ["h", "m", "s"],
    ["A", "h", "m", "s"],
)

MAX_TEXT = 100
"""The longest text, in characters, that is tried as a day or a time."""


class Imputed(StrEnum):
    """Say which day of a month, or month of a year, stands for one that is not written."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


_MONTH = {Imputed.FIRST: 1, Imputed.MIDDLE: 7, Imputed.LAST: 12}
_DAY = {Imputed.FIRST: 1, Imputed.MIDDLE: 15, Imputed.LAST: 31}


@dataclass(frozen=True, slots=True)
class Unwritten:
    """What stands for the parts that a format leaves out.

    ``pivot`` is the latest year that two digits may mean, so that they name one year of a hundred.
    """

    day: Imputed = Imputed.FIRST
    month: Imputed = Imputed.FIRST
    pivot: int | None = None


@dataclass(frozen=True)
class DateFormat:
    """A format such as ``DD.MM.YYYY``, ``MM/YYYY``, ``D MMM YY`` or ``M/D/YYYY h:mm AM``."""

    text: str

    def __post_init__(self) -> None:
        days, clock = (self._kinds(kinds) for kinds in ("DMY", "Ahms"))
        others = "".join(token for token in self._tokens if token not in _PARTS and not _is_quoted(token))
        is_known = days in _DAYS and clock in _CLOCKS and bool(days or clock)
        if not is_known or (clock and len(days) in (1, 2)) or any(char.isalnum() for char in others):
            raise ValueError(
                f"has a format {shown(self.text)!r}; write YYYY or YY, MM, M or MMM, DD or D, for a time hh"
                " or h, mm, ss and AM, and other letters between apostrophes, as in DD.MM.YYYY or YYYY-MM"
            )

    @property
    def has_short_year(self) -> bool:
        """Whether years are written with two digits."""
        return "YY" in self._tokens

    @property
    def has_day(self) -> bool:
        """Whether it writes a day, a month or a year, and not a time of day alone."""
        return bool(self._kinds("DMY"))

    @cached_property
    def skeleton(self) -> tuple[tuple[str, ...], ...]:
        """What formats share that read the same texts: parts in any order, and what stands between."""
        parts = tuple(sorted(token[0] for token in self._tokens if token in _PARTS))
        return parts, tuple(token for token in self._tokens if token not in _PARTS)

    def read(self, text: str, unwritten: Unwritten) -> str | None:
        """Return the day, the time of day or both in ISO 8601; None where ``text`` is none in this format."""
        if len(text) > MAX_TEXT:
            return None
        match = self._pattern.fullmatch(text.strip().lower())
        if match is None:
            return None
        parts = match.groupdict()
        day = _day_of(parts, unwritten) if self.has_day else ""
        clock = _clock_of(parts) if "hour" in parts else ""
        if day is None or clock is None:
            return None
        return f"{day}T{clock}" if day and clock else day or clock

    @cached_property
    def _tokens(self) -> list[str]:
        return _TOKEN.findall(self.text)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(map(_pattern_of, self._tokens)))

    def _kinds(self, among: str) -> list[str]:
        """Return the sorted kinds of its parts among some."""
        return sorted(token[0] for token in self._tokens if token in _PARTS and token[0] in among)


def _pattern_of(token: str) -> str:
    if token in _PARTS:
        return _PARTS[token]
    return re.escape((token[1:-1] if _is_quoted(token) else token).lower())


def _is_quoted(token: str) -> bool:
    return len(token) > 1 and token[0] == "'"


def _day_of(parts: Mapping[str, str], unwritten: Unwritten) -> str | None:
    """Return the day that the parts written make, with the others imputed; None where there is none."""
    year = int(parts["year"]) if "year" in parts else _year_of(int(parts["short"]), unwritten.pivot)
    month: int | None = int(parts["month"]) if "month" in parts else _MONTH[unwritten.month]
    if "word" in parts:
        month = MONTHS.get(without_accents(parts["word"]))
    if month is None or not (dt.MINYEAR <= year <= dt.MAXYEAR and 1 <= month <= 12):
        return None
    last = calendar.monthrange(year, month)[1]
    day = int(parts["day"]) if "day" in parts else min(_DAY[unwritten.day], last)
    return dt.date(year, month, day).isoformat() if 1 <= day <= last else None


def _year_of(short: int, pivot: int | None) -> int:
    """Return the latest year up to ``pivot`` that ends in the two digits ``short``."""
    latest = dt.MAXYEAR if pivot is None else pivot
    return latest - (latest - short) % 100


def _clock_of(parts: Mapping[str, str]) -> str | None:
    """Return the time of day that the parts make; None where there is none."""
    hour, half = int(parts["hour"]), parts.get("half")
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "p")
    minute, second = parts.get("minute", "00"), parts.get("second", "00").replace(",", ".")
    is_time = hour < 24 and int(minute) < 60 and float(second) < 60
    return f"{hour:02}:{minute}:{second}" if is_time else None
