"""Steps that cleanse cells: white space, codes for missing, values out of range, text that is no number."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from pydantic import field_validator, model_validator

from syncline.data.section import word_of
from syncline.data.variable import Labels
from syncline.preparation.steps.bounds import BoundText, bounds_of
from syncline.preparation.steps.cells import (
    TextTest,
    maps_of,
    with_changes,
    with_column,
)
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_day, read_decimal
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.shortcuts import leave_all_but_codes, leave_plain
from syncline.preparation.steps.step import (
    Bound,
    NamedColumns,
    Outside,
    Step,
    StepCounts,
    chosen,
    stopped,
)


class Trim(Step):
    """Remove white space around the text of cells."""

    step: Literal["trim"]
    columns: NamedColumns | None = None

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        maps = maps_of(names, str.strip, leave_plain)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))


class Missing(Step):
    """Take codes for missing."""

    step: Literal["missing"]
    codes: Labels
    columns: NamedColumns | None = None

    @field_validator("codes")
    @classmethod
    def _distinct(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        if not codes:
            raise ValueError("must hold at least one code")
        CodeList(dict.fromkeys(codes, True))
        return codes

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        codes = CodeList(dict.fromkeys(self.codes, True))
        shortcut = leave_all_but_codes(codes.labels, codes.numbers)
        maps = maps_of(names, lambda text: None if codes.find(text) else text, shortcut)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))


class Range(Step):
    """Find numbers or days outside two bounds; cells that cannot be read as either are left alone."""

    step: Literal["range"]
    columns: NamedColumns
    low: BoundText | None = None
    high: BoundText | None = None
    outside: Annotated[Outside, word_of(Outside)]

    @model_validator(mode="after")
    def _check(self) -> Range:
        bounds_of(self.low, self.high)
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names, bounds = chosen(self.columns, layout, where), bounds_of(self.low, self.high)
        return _removing(
            layout,
            names,
            lambda text: bounds.hold(text) is False,
            self.outside,
            where,
            "a value out of range",
        )


class Reading(StrEnum):
    """Say as what a column must be readable."""

    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date"


class Unparsable(Step):
    """Find text that cannot be read as a number, a whole number or a day."""

    step: Literal["unparsable"]
    columns: NamedColumns
    kind: Annotated[Reading, word_of(Reading)]
    then: Annotated[Outside, word_of(Outside)]

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names, reads = chosen(self.columns, layout, where), _READERS[self.kind]
        return _removing(
            layout, names, lambda text: not reads(text), self.then, where, f"text that is no {self.kind}"
        )


def _is_whole(text: str) -> bool:
    number = read_decimal(text)
    return number is not None and number == number.to_integral_value()


_READERS: dict[Reading, Callable[[str], bool]] = {
    Reading.NUMBER: lambda text: read_decimal(text) is not None,
    Reading.INTEGER: _is_whole,
    Reading.DATE: lambda text: read_day(text) is not None,
}


def _removing(
    layout: ColumnLayout,
    names: tuple[str, ...],
    wrong: Callable[[str], bool],
    then: Outside,
    where: str,
    found: str,
) -> Bound:
    """Bind a step that treats the cells for which ``wrong`` holds; ``found`` is what a message calls them."""
    tests = {name: TextTest(wrong, missing=False) for name in names}
    maps = maps_of(names, lambda text: None if wrong(text) else text)

    def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
        wrong_rows = np.zeros(rows.num_rows, np.bool_)
        for name, test in tests.items():
            column = rows.column(name)
            cells = test.of(column)
            if then is Outside.STOP and cells.any():
                remedy = "mend the source, or let the step say missing or reject"
                raise stopped(where, counts.first(cells), name, found, remedy)
            if then is Outside.MISSING and cells.any():
                rows = with_column(rows, name, maps[name].of(column))
            wrong_rows |= cells
        if then is not Outside.REJECT:
            return rows
        counts.rejected += int(wrong_rows.sum())
        return counts.kept(rows, ~wrong_rows)

    return Bound(layout, run)
