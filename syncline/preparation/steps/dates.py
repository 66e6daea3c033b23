"""The step that reads days and times as people write them, and writes ISO 8601."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import combinations
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from syncline.data.section import Integer, shown, word_of
from syncline.data.variable import Labels
from syncline.preparation.steps.date_format import DateFormat, Imputed, Unwritten
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.reading import bind_reading
from syncline.preparation.steps.step import Bound, NamedColumns, Step, Unlisted, chosen

_FIRST_PIVOT = 99
_FAULT = "a day in no format listed", "list it, or let unlisted say missing"


def _formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    if not formats:
        raise ValueError("must hold at least one format")
    for text in formats:
        DateFormat(text)
    return formats


class Dates(Step):
    """Read days and times in the formats given, the first that fits, and write them in ISO 8601."""

    step: Literal["dates"]
    columns: NamedColumns
    formats: Annotated[Labels, AfterValidator(_formats)]
    day: Annotated[Imputed, word_of(Imputed)] = Imputed.FIRST
    month: Annotated[Imputed, word_of(Imputed)] = Imputed.FIRST
    pivot: Integer | None = None
    unlisted: Annotated[Unlisted, word_of(Unlisted)] = Unlisted.KEEP

    @model_validator(mode="after")
    def _pivot_where_needed(self) -> Dates:
        is_needed = any(DateFormat(text).has_short_year for text in self.formats)
        if is_needed and self.pivot is None:
            raise ValueError("needs pivot, the latest year that the two digits of YY may mean")
        if self.pivot is not None and not (is_needed and _FIRST_PIVOT <= self.pivot <= dt.MAXYEAR):
            raise ValueError("has a pivot that is no year of up to four digits beside a format with YY")
        return self

    def warnings(self) -> tuple[str, ...]:
        """Say which formats read one text as two days."""
        pairs = combinations(map(DateFormat, self.formats), 2)
        return tuple(
            f"formats {shown(one.text)!r} and {shown(other.text)!r} read one text as two days, and the"
            " first that fits is taken"
            for one, other in pairs
            if one.skeleton == other.skeleton
        )

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        return bind_reading(layout, names, self.reader(), self.unlisted, where, _FAULT)

    def reader(self) -> Callable[[str], str | None]:
        """Return the function that reads a text in the formats given; None where none fits."""
        formats = [DateFormat(text) for text in self.formats]
        unwritten = Unwritten(self.day, self.month, self.pivot)

        def read(text: str) -> str | None:
            found = (form.read(text, unwritten) for form in formats)
            return next((moment for moment in found if moment), None)

        return read
