"""The step that reckons a new column from others by one operation of a closed list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field, model_validator

from syncline.data.labels import normal_label
from syncline.data.section import word_of
from syncline.data.variable import ColumnName, Labels
from syncline.preparation.steps.cells import arranged, combined
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import EXACT, read_day, read_decimal, write_decimal
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, Step, StepCounts
from syncline.preparation.steps.units import Decimals

REAL = Context(prec=60, rounding=ROUND_HALF_EVEN, Emax=99_999, Emin=-99_999, traps=[])
"""The context of quotients and logarithms, which are correctly rounded to 60 digits on every machine."""

MAX_COLUMNS = 256
"""The most columns that are reckoned into one."""


class Operation(StrEnum):
    """Name what may be reckoned; there is nothing else."""

    SUM = "sum"
    DIFFERENCE = "difference"
    PRODUCT = "product"
    RATIO = "ratio"
    LOG = "log"
    LOG1P = "log1p"
    YEARS = "years"
    EQUALS = "equals"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class OperationShape:
    """What an operation takes: how many columns, and whether a value or decimals stand beside them."""

    fewest: int
    most: int
    value: bool = False
    decimals: Literal["needed", "allowed", "none"] = "none"


SHAPES: Mapping[Operation, OperationShape] = {
    Operation.SUM: OperationShape(2, MAX_COLUMNS, decimals="allowed"),
    Operation.DIFFERENCE: OperationShape(2, 2, decimals="allowed"),
    Operation.PRODUCT: OperationShape(2, MAX_COLUMNS, decimals="allowed"),
    Operation.RATIO: OperationShape(2, 2, decimals="needed"),
    Operation.LOG: OperationShape(1, 1, decimals="needed"),
    Operation.LOG1P: OperationShape(1, 1, decimals="needed"),
    Operation.YEARS: OperationShape(2, 2),
    Operation.EQUALS: OperationShape(1, 1, value=True),
    Operation.CONSTANT: OperationShape(0, 0, value=True),
}


class Derive(Step):
    """Reckon a new column; where a cell that it needs is missing or cannot be read, it is missing."""

    step: Literal["derive"]
    into: ColumnName
    operation: Annotated[Operation, word_of(Operation)]
    sources: Labels = Field(default=(), alias="from")
    value: str | None = None
    decimals: Decimals | None = None

    @model_validator(mode="after")
    def _check(self) -> Derive:
        shape = SHAPES[self.operation]
        if not shape.fewest <= len(self.sources) <= shape.most:
            many = str(shape.fewest) if shape.fewest == shape.most else f"{shape.fewest} to {shape.most}"
            raise ValueError(f"with operation {self.operation} takes {many} columns under from")
        if shape.value != (self.value is not None):
            raise ValueError(f"with operation {self.operation} takes {'a' if shape.value else 'no'} value")
        if shape.decimals == "needed" and self.decimals is None:
            raise ValueError(f"with operation {self.operation} needs decimals")
        if shape.decimals == "none" and self.decimals is not None:
            raise ValueError(f"with operation {self.operation} takes no decimals")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check that the columns are there and the new one is not."""
        layout.require(self.sources, where)
        layout.require_new(self.into, where)
        after = layout.added([self.into])
        change = self._operation()

        def run(rows: pa.RecordBatch, _: StepCounts) -> pa.RecordBatch:
            if not self.sources:
                made = pa.array([change() or None] * rows.num_rows, pa.string())
            else:
                made = combined([rows.column(name) for name in self.sources], change)
            return arranged(rows, {self.into: made}, after)

        return Bound(after, run)

    def _operation(self) -> Callable[..., str | None]:
        match self.operation:
            case Operation.CONSTANT:
                return lambda: normal_label(self.value or "")
            case Operation.EQUALS:
                return self._equals(CodeList({self.value or "": True}))
            case Operation.YEARS:
                return years_between
        reckon = _NUMERIC[self.operation]

        def on_text(*cells: str | None) -> str | None:
            numbers = [read_decimal(cell) for cell in cells if cell is not None]
            known = [number for number in numbers if number is not None]
            return None if len(known) < len(cells) else write_decimal(reckon(known), self.decimals)

        return on_text

    @staticmethod
    def _equals(code: CodeList[bool]) -> Callable[[str | None], str | None]:
        return lambda cell: None if cell is None else "true" if code.find(cell) else "false"


def years_between(first: str | None, last: str | None) -> str | None:
    """Return the whole years from one day to another, as ages are counted; None where one is unknown."""
    start, end = read_day(first or ""), read_day(last or "")
    if start is None or end is None:
        return None
    return str(end.year - start.year - ((end.month, end.day) < (start.month, start.day)))


def _sum(numbers: list[Decimal]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = EXACT.add(total, number)
    return total


def _product(numbers: list[Decimal]) -> Decimal:
    result = Decimal(1)
    for number in numbers:
        result = EXACT.multiply(result, number)
    return result


_NUMERIC: Mapping[Operation, Callable[[list[Decimal]], Decimal]] = {
    Operation.SUM: _sum,
    Operation.DIFFERENCE: lambda numbers: EXACT.subtract(numbers[0], numbers[1]),
    Operation.PRODUCT: _product,
    Operation.RATIO: lambda numbers: REAL.divide(numbers[0], numbers[1]),
    Operation.LOG: lambda numbers: numbers[0].ln(REAL),
    Operation.LOG1P: lambda numbers: EXACT.add(numbers[0], Decimal(1)).ln(REAL),
}
