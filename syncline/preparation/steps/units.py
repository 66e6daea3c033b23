"""The step that converts numbers from one unit into another, by pint's table of units or a factor given."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from syncline.data.section import Integer, shown
from syncline.data.variable import MAX_DECIMALS
from syncline.preparation.steps.cells import maps_of, with_changes
from syncline.preparation.steps.exact_numbers import EXACT, ExactNumber, read_decimal, write_decimal
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, NamedColumns, Step, chosen

_WORD = r"[^\W\d]+(\^-?[1-9])?"
_UNIT = re.compile(rf"(1/)?({_WORD}|%|°[CF])([*/]{_WORD})*")


def _decimals(value: int) -> int:
    if not 0 <= value <= MAX_DECIMALS:
        raise ValueError(f"must be from 0 to {MAX_DECIMALS}")
    return value


def _unit(text: str) -> str:
    if len(text) > 64 or not _UNIT.fullmatch(text):
        raise ValueError("must be a unit such as mmHg, mg/dL or kg/m^2")
    return text


Decimals = Annotated[Integer, AfterValidator(_decimals)]
"""Decimal places from 0 to 15."""

Unit = Annotated[str, AfterValidator(_unit)]
"""A unit in words joined by * and /; numbers may stand only as exponents."""


class Units(Step):
    """Convert numbers into another unit, rounded half to even; text that is no number is left alone."""

    step: Literal["units"]
    columns: NamedColumns
    origin: Unit | None = Field(default=None, alias="from")
    target: Unit | None = Field(default=None, alias="to")
    factor: ExactNumber | None = None
    decimals: Decimals

    @model_validator(mode="after")
    def _one_way(self) -> Units:
        units = (self.origin, self.target)
        if (self.factor is None) == (units == (None, None)) or (units.count(None) == 1):
            raise ValueError("must hold from and to, or a factor")
        self._line()
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        slope, offset = self._line()

        def change(text: str) -> str | None:
            number = read_decimal(text)
            if number is None:
                return text
            return write_decimal(EXACT.add(EXACT.multiply(number, slope), offset), self.decimals)

        maps = maps_of(names, change)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))

    def _line(self) -> tuple[Decimal, Decimal]:
        if self.factor is not None or self.origin is None or self.target is None:
            return self.factor or Decimal(0), Decimal(0)
        return line_between(self.origin, self.target)


def _names(found: object) -> str:
    """Return the units that pint does not know, of which it tells one as text and several as a tuple."""
    return ", ".join(map(str, found)) if isinstance(found, list | tuple | set) else str(found)


@lru_cache(maxsize=256)
def line_between(origin: str, target: str) -> tuple[Decimal, Decimal]:
    """Return slope and offset that turn numbers in ``origin`` into numbers in ``target``."""
    import pint

    registry: Any = pint.UnitRegistry(
        non_int_type=Decimal
    )  # Any: its quantities are typed by their magnitude

    def convert(number: int) -> Decimal:
        return Decimal(registry.Quantity(Decimal(number), origin).to(target).magnitude)

    try:
        zero, one, two = convert(0), convert(1), convert(2)
    except pint.UndefinedUnitError as error:
        raise ValueError(f"does not know the unit {shown(_names(error.unit_names))}; give a factor") from None
    except pint.DimensionalityError:
        raise ValueError(f"cannot convert {origin} to {target}; give a factor") from None
    except (pint.PintError, ArithmeticError, TypeError, AttributeError, AssertionError):
        raise ValueError(f"cannot read {origin} and {target} as units; give a factor") from None
    if abs((two - one) - (one - zero)) > Decimal("1e-20"):
        raise ValueError(f"cannot convert {origin} to {target} by a line; give a factor")
    return one - zero, zero
