"""Steps that change a scale: reverse its polarity, or cut numbers into bands."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import AfterValidator, model_validator

from syncline.data.labels import normal_label
from syncline.data.variable import ColumnName, Labels
from syncline.preparation.steps.cells import TextMap, arranged, maps_of, with_changes
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import EXACT, ExactNumber, read_decimal, write_decimal
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, NamedColumns, Step, StepCounts, chosen


def _pair(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) != 2:
        raise ValueError("must name two categories")
    CodeList(dict.fromkeys(labels, True))
    return labels


class Reverse(Step):
    """Turn a scale around: low + high - value, or one category for the other; other text is left alone."""

    step: Literal["reverse"]
    columns: NamedColumns
    low: ExactNumber | None = None
    high: ExactNumber | None = None
    swap: Annotated[Labels, AfterValidator(_pair)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Reverse:
        ends = (self.low, self.high)
        if (self.swap is None) == (ends == (None, None)) or ends.count(None) == 1:
            raise ValueError("must hold low and high, or two categories under swap")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names."""
        names = chosen(self.columns, layout, where)
        maps = maps_of(names, self._swapped if self.swap is not None else self._turned)
        return Bound(layout, lambda rows, _: with_changes(rows, maps))

    def _turned(self, text: str) -> str | None:
        number = read_decimal(text)
        if number is None or self.low is None or self.high is None:
            return text
        return write_decimal(EXACT.subtract(EXACT.add(self.low, self.high), number))

    def _swapped(self, text: str) -> str:
        first, second = self.swap or ("", "")
        return CodeList({first: second, second: first}).find(text) or text


class Bands(Step):
    """Cut numbers into bands: one below the first cut, and one from each cut up; no number, no band."""

    step: Literal["bands"]
    column: ColumnName
    into: ColumnName | None = None
    cuts: tuple[ExactNumber, ...]
    labels: tuple[str, ...]

    @model_validator(mode="after")
    def _check(self) -> Bands:
        if not self.cuts or any(low >= high for low, high in pairwise(self.cuts)):
            raise ValueError("needs cuts in ascending order")
        if len(self.labels) != len(self.cuts) + 1 or not all(map(normal_label, self.labels)):
            raise ValueError("needs one label more than cuts, none of them empty")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check that the column is there and a new one is not."""
        layout.require([self.column], where)
        name = self.column if self.into is None else self.into
        if self.into is not None:
            layout.require_new(self.into, where)
        after = layout if self.into is None else layout.added([self.into])

        band = TextMap(self._band)

        def run(rows: pa.RecordBatch, _: StepCounts) -> pa.RecordBatch:
            return arranged(rows, {name: band.of(rows.column(self.column))}, after)

        return Bound(after, run)

    def _band(self, text: str) -> str | None:
        number = read_decimal(text)
        return None if number is None else normal_label(self.labels[bisect_right(self.cuts, number)])
