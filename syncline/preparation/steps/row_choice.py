"""Steps that choose rows: duplicates, a filter by one comparison, and persons who are always left out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field, model_validator

from syncline.data.labels import normal_label
from syncline.data.section import Switch, sha256_hex
from syncline.data.variable import ColumnName, Labels
from syncline.errors import DataError
from syncline.preparation.steps.bounds import BoundText, bounds_of
from syncline.preparation.steps.cells import TextTest, missing_cells
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_decimal
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.seen_rows import RowHashes, SeenRows
from syncline.preparation.steps.step import Bound, NamedColumns, Step, StepCounts, chosen
from syncline.sources.files import readable


class Duplicates(Step):
    """Keep the first of rows that are equal, in all columns or in those of a key."""

    step: Literal["duplicates"]
    by: NamedColumns | None = None

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names, and forget what an earlier pass has seen."""
        names = list(chosen(self.by, layout, where))
        seen, hashes = SeenRows(), RowHashes(len(names))

        def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
            columns = [rows.column(name) for name in names]
            keep = seen.add(hashes.of(columns))
            if self.by is not None:  # a key that is not whole says nothing about a row
                for column in columns:
                    keep |= missing_cells(column)
            return counts.kept(rows, keep)

        return Bound(layout, run)


class Filter(Step):
    """Keep the rows for which one comparison holds."""

    step: Literal["filter"]
    column: ColumnName
    equals: str | None = None
    within: Labels | None = Field(default=None, alias="in")
    not_in: Labels | None = None
    at_least: BoundText | None = None
    at_most: BoundText | None = None
    present: Switch | None = None

    @model_validator(mode="after")
    def _one_comparison(self) -> Filter:
        tests = (self.equals, self.within, self.not_in, self.at_least, self.at_most, self.present)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("must hold one of equals, in, not_in, at_least, at_most and present")
        self._codes()
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the name."""
        layout.require([self.column], where)
        test = TextTest(*self._test())

        def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
            return counts.kept(rows, test.of(rows.column(self.column)))

        return Bound(layout, run)

    def _codes(self) -> CodeList[bool]:
        listed = self.within or self.not_in or (() if self.equals is None else (self.equals,))
        return CodeList(dict.fromkeys(listed, True))

    def _test(self) -> tuple[Callable[[str], bool], bool]:
        """Return the test of a text, and what holds for a missing cell."""
        if self.present is not None:
            wanted = self.present
            return lambda _: wanted, not wanted
        if self.at_least is not None or self.at_most is not None:
            bounds = bounds_of(self.at_least, self.at_most)
            return lambda text: bounds.hold(text) is True, False
        codes = self._codes()
        if self.not_in is not None:
            return lambda text: codes.find(text) is None, True
        return lambda text: codes.find(text) is not None, False


class ExcludePersons(Step):
    """Leave out every row of the persons whose ids stand in a file, one a line."""

    takes_away: ClassVar[bool] = True
    needs_supplier: ClassVar[bool] = True

    step: Literal["exclude_persons"]
    column: ColumnName
    file: str

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the name and read the file."""
        layout.require([self.column], where)
        labels, numbers = _persons(self._read(), where)

        def is_other(text: str) -> bool:
            label = normal_label(text)
            return label not in labels and read_decimal(label) not in numbers

        test = TextTest(is_other, missing=True)

        def run(rows: pa.RecordBatch, counts: StepCounts) -> pa.RecordBatch:
            return counts.kept(rows, test.of(rows.column(self.column)))

        return Bound(layout, run)

    def digests(self) -> tuple[str, ...]:
        """Return the digest of the file as it is now."""
        return (sha256_hex(self._read()),)

    def _read(self) -> bytes:
        path = Path(self.file)
        with readable(path):
            return path.read_bytes()


def _persons(content: bytes, where: str) -> tuple[set[str], set[Decimal]]:
    """Return the ids of a file as texts, and those that are numbers also as numbers."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{where}: file is not UTF-8; save the ids as UTF-8 text, one a line") from None
    labels = {label for label in map(normal_label, lines) if label}
    return labels, {number for number in map(read_decimal, labels) if number is not None}
