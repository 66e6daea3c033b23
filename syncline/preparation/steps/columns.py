"""Steps that name, drop, split and combine columns."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

import pyarrow as pa
from pydantic import AfterValidator, model_validator

from syncline.data.section import shown, word_of
from syncline.data.variable import ColumnName
from syncline.errors import DataError
from syncline.preparation.steps.cells import TextMap, arranged, combined
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, NamedColumns, NewColumns, Step, StepCounts, chosen


def _distinct(names: dict[str, str]) -> dict[str, str]:
    if not names:
        raise ValueError("must rename at least one column")
    if len(set(names.values())) < len(names):
        raise ValueError("gives one name to two columns; keep one")
    return names


def _separator(text: str) -> str:
    if not text:
        raise ValueError("must hold at least one character")
    return text


Separator = Annotated[str, AfterValidator(_separator)]
"""What stands between two parts of a text."""


class Rename(Step):
    """Give columns other names, all at once."""

    moves_columns: ClassVar[bool] = True

    step: Literal["rename"]
    columns: Annotated[dict[ColumnName, ColumnName], AfterValidator(_distinct)]

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check that the columns are there and that no name is taken by another."""
        layout.require(self.columns, where)
        after = layout.renamed(self.columns)
        for name in after.columns:
            if after.columns.count(name) > 1:
                raise DataError(f"{where}: two columns would be called {shown(name)!r}; drop or rename one")
        return Bound(after, lambda rows, _: rows.rename_columns(list(after.carried)))


class Drop(Step):
    """Leave columns out."""

    takes_away: ClassVar[bool] = True

    step: Literal["drop"]
    columns: NamedColumns

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names, those of columns that cannot be read included, and that some column stays."""
        layout.require([name for name in self.columns if name not in layout.unread], where)
        after = layout.without(self.columns)
        if not after.columns:
            raise DataError(f"{where}: drops every column; keep the ones that the study needs")
        return Bound(after, lambda rows, _: rows.select(list(after.carried)))


class Split(Step):
    """Cut text at a separator into new columns; the last takes the rest, and the column itself stays.

    A single space as separator stands for any run of white space, as in files with aligned columns.
    """

    step: Literal["split"]
    column: ColumnName
    separator: Separator
    into: NewColumns

    @model_validator(mode="after")
    def _check(self) -> Split:
        if len(set(self.into)) < len(self.into):
            raise ValueError("names a column under into twice; keep one")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check that the column is there and the new ones are not."""
        layout.require([self.column], where)
        for name in self.into:
            layout.require_new(name, where)
        after = layout.added(self.into)
        maps = {name: TextMap(self._part(place)) for place, name in enumerate(self.into)}

        def run(rows: pa.RecordBatch, _: StepCounts) -> pa.RecordBatch:
            column = rows.column(self.column)
            return arranged(rows, {name: part.of(column) for name, part in maps.items()}, after)

        return Bound(after, run)

    def _part(self, place: int) -> Callable[[str], str | None]:
        most = len(self.into) - 1
        separator = None if self.separator == " " else self.separator

        def part(text: str) -> str | None:
            parts = text.split(separator, most)
            return parts[place] if place < len(parts) else None

        return part


class How(StrEnum):
    """Say how several cells become one."""

    JOIN = "join"
    FIRST = "first"


class Combine(Step):
    """Make one column of several: their texts joined, or the first that is present."""

    step: Literal["combine"]
    columns: NamedColumns
    into: ColumnName
    how: Annotated[How, word_of(How)]
    separator: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Combine:
        if (self.how is How.JOIN) != (self.separator is not None):
            raise ValueError("needs a separator for how: join, and none for how: first")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check that the columns are there and the new one is not."""
        names = chosen(self.columns, layout, where)
        layout.require_new(self.into, where)
        after = layout.added([self.into])

        def run(rows: pa.RecordBatch, _: StepCounts) -> pa.RecordBatch:
            made = combined([rows.column(name) for name in names], self._one)
            return arranged(rows, {self.into: made}, after)

        return Bound(after, run)

    def _one(self, *cells: str | None) -> str | None:
        present = [cell for cell in cells if cell is not None]
        if not present:
            return None
        return present[0] if self.separator is None else self.separator.join(present)
