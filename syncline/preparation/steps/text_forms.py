"""Steps that bring text into one form: letter case, accents, decimal commas."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from syncline.data.section import word_of
from syncline.preparation.steps.cells import maps_of, with_changes
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.shortcuts import leave_ascii, lower_ascii, point_for_comma, upper_ascii
from syncline.preparation.steps.step import Bound, NamedColumns, Step, chosen


class LetterCase(StrEnum):
    """Name a letter case."""

    LOWER = "lower"
    UPPER = "upper"


class Case(Step):
    """Write text in small or in capital letters."""

    step: Literal["case"]
    columns: NamedColumns
    target: Annotated[LetterCase, word_of(LetterCase)] = Field(alias="to")

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        is_lower = self.target is LetterCase.LOWER
        change, shortcut = (str.lower, lower_ascii) if is_lower else (str.upper, upper_ascii)
        maps = maps_of(chosen(self.columns, layout, where), change, shortcut)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))


class Accents(Step):
    """Remove accents; a letter that is one of its own, such as ø or ß, stays."""

    step: Literal["accents"]
    columns: NamedColumns

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        maps = maps_of(chosen(self.columns, layout, where), without_accents, leave_ascii)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))


def without_accents(text: str) -> str:
    """Return ``text`` in NFC without combining marks."""
    plain = (char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", "".join(plain))


class Thousands(StrEnum):
    """Name what stands between groups of three digits."""

    NONE = "none"
    DOT = "dot"
    SPACE = "space"
    APOSTROPHE = "apostrophe"


_GROUPED = {Thousands.DOT: r"\.", Thousands.SPACE: "[ \u00a0\u202f\u2009]", Thousands.APOSTROPHE: "['\u2019]"}


class DecimalComma(Step):
    """Write ``1234.5`` for ``1234,5``; text of another form is left alone."""

    step: Literal["decimal_comma"]
    columns: NamedColumns
    thousands: Annotated[Thousands, word_of(Thousands)] = Thousands.NONE

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names, shortcut = chosen(self.columns, layout, where), point_for_comma(_GROUPED.get(self.thousands))
        maps = maps_of(names, point_writer(self.thousands), shortcut)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))


def point_writer(thousands: Thousands) -> Callable[[str], str]:
    """Return the function that writes a decimal comma as a point, and leaves other text alone."""
    mark = _GROUPED.get(thousands)
    grouped = "" if mark is None else rf"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|"
    form = re.compile(rf"\s*([+-]?(?:{grouped}[0-9]+))(?:,([0-9]+))?\s*")

    def write(text: str) -> str:
        match = form.fullmatch(text)
        if match is None or (match[2] is None and match[1].lstrip("+-").isdigit()):
            return text
        whole = match[1] if mark is None else re.sub(mark, "", match[1])
        return whole if match[2] is None else f"{whole}.{match[2]}"

    return write
