"""Numbers as people write them, read slowly: every way to take a cell apart is tried, and one must remain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from syncline.preparation.steps.number_form import Brackets, DecimalMark, LimitForm, NumberForm, ThousandsMark
from tests.unit.preparation.seen_text import seen_text

MARKS = {
    ThousandsMark.COMMA: ",",
    ThousandsMark.DOT: ".",
    ThousandsMark.SPACE: " ",
    ThousandsMark.APOSTROPHE: "'\u2019",
}
LIMIT_SIGNS = ("<=", ">=", "<", ">", "\u2264", "\u2265")
BELOW = ("<", "<=", "\u2264")


def values(text: str, form: NumberForm) -> set[Fraction | None]:
    """Return every number that the cell may be; None stands for missing."""
    cell = re.sub("[ \u00a0\u2009\u202f]+", " ", seen_text(text))
    if len(text) > 1000:
        return set()
    found = set(_of_limit(cell, form))
    if form.limits is not LimitForm.REFUSE:
        for sign in LIMIT_SIGNS:
            if cell.startswith(sign):
                for value in _of_limit(cell[len(sign) :].strip(), form):
                    halved = form.limits is LimitForm.HALF and sign in BELOW
                    found.add(None if form.limits is LimitForm.MISSING else value / 2 if halved else value)
    return found


def _of_limit(cell: str, form: NumberForm) -> Iterator[Fraction]:
    for unit, rest in _without_unit(cell, form):
        for value in _signed(rest, form):
            yield value * Fraction(form.units[unit])


def _without_unit(cell: str, form: NumberForm) -> Iterator[tuple[str, str]]:
    """Yield the cell with one listed unit cut out of it, where no digit would join another."""
    if "" in form.units:
        yield "", cell
    for unit in filter(None, form.units):
        for place in range(len(cell)):
            if cell.startswith(unit, place):
                before, after = cell[:place], cell[place + len(unit) :]
                joined = (unit[0].isdigit() and before and before[-1] != " ") or (
                    unit[-1].isdigit() and after and after[0] != " "
                )
                has = [any(char.isdigit() for char in part) for part in (before, after)]
                if not joined and has.count(True) == 1:
                    yield unit, f"{before.rstrip()}{after.lstrip()}"


def _signed(cell: str, form: NumberForm) -> Iterator[Fraction]:
    if form.brackets is Brackets.MINUS and cell.startswith("(") and cell.endswith(")"):
        value = _bare(cell[1:-1].strip(), form)
        if value is not None:
            yield -value
    for sign, factor in (("", 1), ("+", 1), ("-", -1), ("\u2212", -1)):
        for rest in (
            {cell[len(sign) :].lstrip()}
            if sign and cell.startswith(sign)
            else {cell} - {"" if sign else None}
        ):
            value = _bare(rest, form) if cell.startswith(sign) else None
            if value is not None:
                yield factor * value
        if sign and cell.endswith(sign):
            value = _bare(cell[: -len(sign)], form)
            if value is not None:
                yield factor * value


def _bare(cell: str, form: NumberForm) -> Fraction | None:
    match = re.fullmatch(r"(.*?)([eE][-+]?[0-9]{1,3})?", cell, re.DOTALL)
    assert match is not None
    digits, exponent = match[1], match[2] or ""
    mark = "." if form.decimal is DecimalMark.POINT else ","
    whole, _, fraction = digits.partition(mark)
    marks = MARKS.get(form.thousands, "")
    parts = re.split(f"[{re.escape(marks)}]", whole) if marks else [whole]
    if len(parts) > 1 and not (1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])):
        return None
    text = "".join(parts)
    if not re.fullmatch("[0-9]*", text) or not re.fullmatch("[0-9]*", fraction) or not text + fraction:
        return None
    return Fraction(f"{text or '0'}.{fraction or '0'}{exponent}")
