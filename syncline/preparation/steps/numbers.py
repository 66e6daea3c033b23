"""The step that reads numbers as people write them: currencies, percentages, units, brackets, thousands."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, model_validator

from syncline.data.labels import is_printable_line, normal_label
from syncline.data.section import WholeSentence, shown, word_of
from syncline.preparation.steps.exact_numbers import ExactNumber
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.number_form import (
    Brackets,
    DecimalMark,
    LimitForm,
    NumberForm,
    ThousandsMark,
    check_unit,
)
from syncline.preparation.steps.reading import bind_reading
from syncline.preparation.steps.step import Bound, NamedColumns, Step, Unlisted, chosen

MAX_UNITS = 200
"""The most units of one step."""

_FAULT = (
    "a cell that is no number of the form declared",
    "declare how it is written, take it for missing in a step 'missing' before this one, or let unlisted say"
    " keep or missing",
)


def _units(units: dict[str, ExactNumber]) -> dict[str, ExactNumber]:
    normal = {normal_label(unit): factor for unit, factor in units.items()}
    if not 1 <= len(normal) <= MAX_UNITS:
        raise ValueError(f"must list 1 to {MAX_UNITS} units")
    if len(normal) < len(units):
        raise ValueError("names a unit twice; keep one")
    for unit, factor in normal.items():
        check_unit(unit)
        if not is_printable_line(unit):
            raise ValueError("must not hold control or format characters")
        if factor.is_zero():
            raise ValueError(f"multiplies {shown(unit)!r} by zero; give the factor by which it is converted")
    return normal


class Numbers(Step):
    """Read numbers in the form declared, exactly, and write them as plain decimals with a point."""

    step: Literal["numbers"]
    columns: NamedColumns
    units: Annotated[dict[str, ExactNumber], AfterValidator(_units)] | None = None
    decimal: Annotated[DecimalMark, word_of(DecimalMark)] = DecimalMark.POINT
    thousands: Annotated[ThousandsMark, word_of(ThousandsMark)] = ThousandsMark.NONE
    brackets: Annotated[Brackets, word_of(Brackets)] = Brackets.NONE
    limits: Annotated[LimitForm, word_of(LimitForm)] = LimitForm.REFUSE
    unlisted: Annotated[Unlisted, word_of(Unlisted)] = Unlisted.STOP

    @model_validator(mode="after")
    def _one_form(self) -> Numbers:
        try:
            self.form  # noqa: B018  # its making checks the marks
        except ValueError as error:
            raise WholeSentence(f"numbers {error}") from None
        return self

    @cached_property
    def form(self) -> NumberForm:
        """The grammar of a cell."""
        marks = (self.decimal, self.thousands, self.brackets, self.limits)
        return NumberForm(*marks) if self.units is None else NumberForm(*marks, self.units)

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        return bind_reading(layout, names, self.form.read, self.unlisted, where, _FAULT)
