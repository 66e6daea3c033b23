"""The step that reads days as people write them, imputes what is not written, and writes ISO 8601."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import AfterValidator

from syncline.data.section import shown, word_of
from syncline.data.variable import Labels
from syncline.preparation.steps.cells import TextTest, maps_of, with_changes
from syncline.preparation.steps.layout import Layout
from syncline.preparation.steps.step import Bound, Columns, Step, StepCounts, Unlisted, chosen, stopped
from syncline.preparation.text_encoder import MAX_TEXTS

_MONTHS = [name.lower() for name in calendar.month_abbr[1:]]
_PARTS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MMM": rf"(?P<word>{'|'.join(_MONTHS)})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}
_TOKEN = re.compile("|".join([*_PARTS, "."]))


class Imputed(StrEnum):
    """Say which day of a month, or month of a year, stands for one that is not written."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


_MONTH = {Imputed.FIRST: 1, Imputed.MIDDLE: 7, Imputed.LAST: 12}
_DAY = {Imputed.FIRST: 1, Imputed.MIDDLE: 15, Imputed.LAST: 31}


def compile_format(text: str) -> re.Pattern[str]:
    """Return the pattern of a format such as ``DD.MM.YYYY``, ``MM/YYYY`` or ``YYYYMMDD``."""
    tokens = _TOKEN.findall(text)
    letters = "".join(token for token in tokens if token not in _PARTS)
    kinds = [token[0] for token in tokens if token in _PARTS]
    if any(char.isalnum() for char in letters) or sorted(kinds) not in (["Y"], ["M", "Y"], ["D", "M", "Y"]):
        raise ValueError(
            f"has a format {shown(text)!r}; write YYYY, MM, M or MMM, DD or D, as in DD.MM.YYYY or YYYY-MM"
        )
    pattern = "".join(_PARTS.get(token, re.escape(token)) for token in tokens)
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def _formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    if not formats:
        raise ValueError("must hold at least one format")
    for text in formats:
        compile_format(text)
    return formats


class Dates(Step):
    """Read days in the formats given, the first that fits, and write them as 2026-01-31."""

    step: Literal["dates"]
    columns: Columns
    formats: Annotated[Labels, AfterValidator(_formats)]
    day: Annotated[Imputed, word_of(Imputed)] = Imputed.FIRST
    month: Annotated[Imputed, word_of(Imputed)] = Imputed.FIRST
    unlisted: Annotated[Unlisted, word_of(Unlisted)] = Unlisted.KEEP

    def bind(self, layout: Layout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        read = lru_cache(maxsize=MAX_TEXTS)(self.reader())

        def change(text: str) -> str | None:
            found = read(text)
            return found.isoformat() if found else text if self.unlisted is Unlisted.KEEP else None

        maps = maps_of(names, change)
        tests = {name: TextTest(lambda text: read(text) is None, missing=False) for name in names}

        def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
            for name, test in tests.items():
                unread = test.of(rows.column(name))
                counts.unlisted += int(unread.sum())
                if self.unlisted is Unlisted.STOP and unread.any():
                    raise stopped(
                        where, name, "a day in no format listed", "list it, or let unlisted say missing"
                    )
            return with_changes(rows, maps)

        return Bound(layout, run)

    def reader(self) -> Callable[[str], dt.date | None]:
        """Return the function that reads a text in the formats given; None where none fits."""
        patterns = [compile_format(text) for text in self.formats]

        def read(text: str) -> dt.date | None:
            matches = (pattern.fullmatch(text.strip()) for pattern in patterns)
            days = (self._day_of(match.groupdict()) for match in matches if match)
            return next((day for day in days if day), None)

        return read

    def _day_of(self, parts: Mapping[str, str]) -> dt.date | None:
        """Return the day that the parts written make, with the others imputed; None where there is none."""
        year = int(parts["year"])
        month = int(parts["month"]) if "month" in parts else _MONTH[self.month]
        if "word" in parts:
            month = _MONTHS.index(parts["word"].lower()) + 1
        if not (dt.MINYEAR <= year <= dt.MAXYEAR and 1 <= month <= 12):
            return None
        last = calendar.monthrange(year, month)[1]
        day = int(parts["day"]) if "day" in parts else min(_DAY[self.day], last)
        return dt.date(year, month, day) if 1 <= day <= last else None
