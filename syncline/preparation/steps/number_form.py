"""How numbers are written in a column: a grammar that is declared, never guessed, and read exactly.

    cell    = [limit] [sign] [unit] [ '(' ] [sign] [unit] digits [sign] [unit] [ ')' ] [unit]
    digits  = whole part with or without marks between thousands, decimal mark, fraction, exponent

A cell has at most one sign (brackets are one), at most one unit, and a unit that is listed: 12 beside 12 kg
and 27 lb is no number until the empty unit is listed too. Spaces may stand between the parts. What does not
fit the grammar is no number, so nothing is taken for another number than it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from syncline.data.labels import normal_label
from syncline.preparation.steps.exact_numbers import EXACT, write_decimal

MAX_CELL = 1000
"""The longest text, in characters, that is tried as a number."""

SIGNS = "-+\u2212"
"""Hyphen (first, as in a class of a regular expression), plus, and the sign of subtraction."""

LIMITS = re.compile("<=|>=|[<>\u2264\u2265]")

_NO_END = SIGNS + "()"
_SPACES = re.compile("[ \u00a0\u2009\u202f]+")
_MARKED_UNIT = re.compile(r"[-+\u2212.,()<>=\u2264\u2265]|[0-9]{3}|[eE][-+]?[0-9]")
_UNIT_LETTER = re.compile(r"[^\s0-9.,'\u2019]")


class DecimalMark(StrEnum):
    """Name what stands before the fraction."""

    POINT = "point"
    COMMA = "comma"


class ThousandsMark(StrEnum):
    """Name what stands between groups of three digits."""

    NONE = "none"
    COMMA = "comma"
    DOT = "dot"
    SPACE = "space"
    APOSTROPHE = "apostrophe"


class Brackets(StrEnum):
    """Say what round brackets around a number mean."""

    NONE = "none"
    MINUS = "minus"


class LimitForm(StrEnum):
    """Say what stands for a number of which only a limit is written, as in ``< 5``."""

    REFUSE = "refuse"
    NUMBER = "number"
    HALF = "half"
    MISSING = "missing"


_DECIMAL = {DecimalMark.POINT: r"\.", DecimalMark.COMMA: ","}
_GROUP = {
    ThousandsMark.COMMA: ",",
    ThousandsMark.DOT: r"\.",
    ThousandsMark.SPACE: " ",
    ThousandsMark.APOSTROPHE: "['\u2019]",
}


def check_unit(unit: str) -> None:
    """Raise ValueError where a unit could be taken for a part of the number beside it."""
    if not unit:
        return
    if (
        len(unit) > 64
        or not _UNIT_LETTER.search(unit)
        or _MARKED_UNIT.match(unit)
        or unit[-1] in SIGNS + "()"
    ):
        raise ValueError(
            "must name units of at most 64 characters, such as $, %, mg/dL or 10^9/L, that begin with no"
            " sign, mark, bracket or exponent"
        )


@dataclass(frozen=True)
class NumberForm:
    """A way to write numbers.

    Attributes
    ----------
    units
        The factor by which a number of each unit is multiplied; numbers without one have the empty unit.
    """

    decimal: DecimalMark = DecimalMark.POINT
    thousands: ThousandsMark = ThousandsMark.NONE
    brackets: Brackets = Brackets.NONE
    limits: LimitForm = LimitForm.REFUSE
    units: Mapping[str, Decimal] = field(default_factory=lambda: {"": Decimal(1)})

    def __post_init__(self) -> None:
        if _DECIMAL[self.decimal] == _GROUP.get(self.thousands):
            raise ValueError("has one mark for fractions and for thousands; choose another for one of them")

    def read(self, text: str) -> str | None:
        """Return the number as a decimal with a point, empty for missing; None where ``text`` is none."""
        if len(text) > MAX_CELL:
            return None
        match = self._pattern.fullmatch(_SPACES.sub(" ", normal_label(text)))
        if match is None or (match["open"] is None) != (match["close"] is None):
            return None
        signs = [sign for sign in (match["outer_sign"], match["sign"], match["trailing"]) if sign]
        found = [unit for unit in match.group("before", "inner", "after", "behind") if unit]
        unit = found[0] if found else ""
        if len(signs) + (match["open"] is not None) > 1 or len(found) > 1 or unit not in self.units:
            return None
        is_negative = match["open"] is not None or any(sign != "+" for sign in signs)
        return self._written(match, is_negative, self.units[unit])

    def _written(self, match: re.Match[str], is_negative: bool, factor: Decimal) -> str | None:
        whole = re.sub("[^0-9]", "", match["whole"] or "")
        digits = (whole or "0") + (f".{match['fraction']}" if match["fraction"] else "")
        if not (whole or match["fraction"]):
            return None
        sign = "-" if is_negative and digits.strip("0.") else ""
        text = sign + digits + (match["exponent"] or "")
        if match["limit"] and self.limits is LimitForm.MISSING:
            return ""
        if match["limit"] and self.limits is LimitForm.HALF and match["limit"] in ("<", "<=", "\u2264"):
            factor = factor / 2
        return text if factor == 1 else write_decimal(EXACT.multiply(Decimal(text), factor))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        units = sorted((unit for unit in self.units if unit), key=len, reverse=True)
        ahead = (
            "|".join(re.escape(unit) + ("(?= )" if unit[-1].isdigit() else "") for unit in units) or "(?!)"
        )
        behind = (
            "|".join(("(?<= )" if unit[0].isdigit() else "") + re.escape(unit) for unit in units) or "(?!)"
        )
        limit = "(?!)" if self.limits is LimitForm.REFUSE else LIMITS.pattern
        bracket = "(?!)" if self.brackets is Brackets.NONE else r"\("
        group = _GROUP.get(self.thousands)
        grouped = "" if group is None else rf"[0-9]{{1,3}}(?:{group}[0-9]{{3}}){{1,130}}|"
        return re.compile(
            rf"(?P<limit>{limit})? ?(?P<outer_sign>[{SIGNS}])? ?(?P<before>{ahead})? ?(?P<open>{bracket})? ?"
            rf"(?P<sign>[{SIGNS}])? ?(?P<inner>{ahead})? ?"
            rf"(?P<whole>{grouped}[0-9]{{1,400}})?(?:{_DECIMAL[self.decimal]}(?P<fraction>[0-9]{{0,400}}))?"
            rf"(?P<exponent>[eE][-+]?[0-9]{{1,3}})?(?P<trailing>[{SIGNS}])?"
            rf" ?(?P<after>{behind})? ?(?P<close>\))? ?(?P<behind>{behind})?"
        )
