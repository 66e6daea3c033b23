"""A fitted model of one table: codes drawn column by column, then values on each variable's grid.

The model holds what was learnt after the small-count rule, and nothing of the suppliers' answers besides.
Rows are drawn in partitions with streams of their own, so any runner produces the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.coded_cells import off_codes
from syncline.data.constraint import Constraint
from syncline.data.note import Note
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.questions.workspace import Workspace
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.computed_columns import computed_notes, line_notes
from syncline.synthesizers.drawers import Drawers
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.kept_rows import (
    MutableColumns,
    OrderTest,
    broken_from,
    in_order,
    put_rows,
    recompute,
    rows_at,
)
from syncline.synthesizers.model import Description, Model
from syncline.synthesizers.model_check import check_model
from syncline.synthesizers.neighbours import wide_notes
from syncline.synthesizers.row_drawing import (
    RowDrawing,
    Streams,
    first_fit,
    orders_among_drawn,
    tries_at_once,
)
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.untold_values import untold_notes

MOST_DRAWS = 100
"""Times that a row is drawn at most until it keeps all formulas, orders and ranges."""
PART_DRAWS = 20
"""Of that many draws one is of the whole row; the others leave the columns before the broken order."""

__all__ = ["TabularModel"]


@dataclass(frozen=True, slots=True)
class TabularModel(Model):
    """Everything that is needed to draw synthetic rows.

    Attributes
    ----------
    method : the technique that learnt it
    columns : every modelled column's codes and values, in schema order
    order : the columns and gaps that are drawn, in visit order
    draws : how each of them is drawn
    derived : the columns that are recomputed from others
    bounds : pairs of columns of which the first is never greater than the second
    n_rows : rows that it was learnt from
    gaps : codes and values of the gaps from which columns follow
    systematic : whether codes are drawn at equal distances, so that their counts are the model's, or each row
        by itself
    told : what the technique says of how it was learnt
    """

    method: str
    columns: tuple[CodedColumn, ...]
    order: tuple[str, ...]
    draws: tuple[ColumnDraw, ...]
    derived: tuple[Derived, ...]
    bounds: tuple[Constraint, ...]
    n_rows: int
    gaps: tuple[CodedColumn, ...] = ()
    systematic: bool = True
    told: tuple[Note, ...] = ()
    keeps_constraints: ClassVar[bool] = True

    def released(self, schema: Schema) -> Schema:
        """Return the schema with the categories that are drawn, "(other)" among them."""
        changed = {column.codes.name: column.values.variable for column in self.columns}
        variables = tuple(changed.get(variable.name, variable) for variable in schema.variables)
        return Schema(variables=variables, constraints=schema.constraints)

    def describe(self) -> Description:
        """Return in which order columns are drawn, what is computed, kept and merged."""
        named = {column.codes.name: column for column in self.columns}
        return Description(
            self.order,
            tuple(derived.formula for derived in self.derived),
            self.bounds,
            {draw.column: draw.determinant for draw in self.draws if draw.determinant is not None},
            {name: column.values.merged for name, column in named.items() if column.values.merged},
            {name: column.groups for name, column in named.items() if column.groups},
            {name: column.other_share for name, column in named.items() if column.other_share},
            (*wide_notes(self.method, len(self.columns)), *self.told),
        )

    def notes(self, tables: Sequence[Workspace], min_cell: int, others: str = "") -> tuple[Note, ...]:
        """Return what is told of computed columns, and of values that too few people share."""
        led = {draw.column for draw in self.draws if draw.gap is not None}
        drawn = set(self.order).difference(led)  # what a gap leads to are no values of the column's own codes
        coded = [column for column in self.columns if column.codes.name in drawn]
        untold = untold_notes(tables, coded, min_cell, others)
        return (*self.describe().notes, *computed_notes(tables, self), *line_notes(self.draws), *untold)

    def check(self) -> None:
        """Raise ValueError where a part points outside of another, or a column is drawn by nothing."""
        check_model(self)

    def partition(self, partition: int, n: int, seed: Seed) -> MutableColumns:
        """Return the n rows of one partition.

        A column that breaks an order with those before it is drawn again by itself. A row that still breaks
        one is drawn again from the first column on that has a part in it, and as a whole where that does not
        help or a computed value lies beyond the range of its column; each time from streams of its own. What
        cannot be drawn at all repeats a row that can.
        """
        by_name = {column.codes.name: column for column in (*self.columns, *self.gaps)}
        orders = orders_among_drawn(self.bounds, self.recomputed, by_name)
        drawers = Drawers(by_name, orders, self.systematic)
        bins = np.zeros((n, len(self.order)), np.uint8)
        normals = np.zeros((sum(draw.latents for draw in self.draws), n), np.float32)
        drawing = RowDrawing(drawers, Streams(seed, partition), bins, normals)
        drawing.draw(self.order, self.draws)
        rows = self._whole(drawing)
        tests = [OrderTest.of_bound(bound, by_name) for bound in self.bounds]
        start = self._broken_from(rows, tests, by_name)
        self._mend(drawing, rows, start, tests)
        broken = np.flatnonzero(start >= 0)
        if len(broken):
            _repeat_good(rows, broken)
        return {column.codes.name: _released(column, *rows[column.codes.name]) for column in self.columns}

    def _mend(
        self,
        drawing: RowDrawing,
        rows: MutableColumns,
        start: npt.NDArray[np.int64],
        tests: Sequence[OrderTest],
    ) -> None:
        """Draw the rows again that are broken from a place ``start`` (n,) on, many times each at once."""
        by_name, seed, partition = drawing.drawers.by_name, drawing.streams.seed, drawing.streams.partition
        attempt = 1
        while attempt < MOST_DRAWS and (left := int(np.count_nonzero(start >= 0))):
            if attempt % PART_DRAWS == 0:
                start[start > 0] = 0
                tries = 1
            else:
                tries = tries_at_once(attempt, PART_DRAWS - attempt % PART_DRAWS, left)
            for place in np.unique(start[start >= 0]).tolist():
                broken = np.flatnonzero(start == place)
                streams = Streams(seed, partition, f"|{attempt}.{place}" if place else f"|{attempt}")
                part = drawing.part(np.repeat(broken, tries), self.order[:place], streams)
                part.draw(self.order, self.draws)
                again = self._whole(part)
                found = self._broken_from(again, tests, by_name)
                chosen, _ = first_fit(found < 0, tries)
                drawing.put(broken, part.part(chosen, self.order, streams))
                put_rows(rows, broken, rows_at(again, chosen))
                start[broken] = found[chosen]
            attempt += tries

    @property
    def recomputed(self) -> frozenset[str]:
        """The columns that are computed once all others are drawn."""
        return frozenset(name for derived in self.derived for name in (*derived.changed, *derived.needs))

    def _broken_from(
        self, rows: MutableColumns, tests: Sequence[OrderTest], by_name: Mapping[str, CodedColumn]
    ) -> npt.NDArray[np.int64]:
        """Return the place in the visit order from which on each row must be drawn again; -1: from none."""
        places = {name: place for place, name in enumerate(self.order) if name not in self.recomputed}
        for draw in self.draws:
            if draw.gap is not None and draw.column in places:
                places[draw.column] = self.order.index(draw.gap)
        led = [draw.column for draw in self.draws if draw.gap is not None]
        return broken_from(rows, tests, sorted(self.recomputed.union(led)), by_name, places)

    def _whole(self, drawing: RowDrawing) -> MutableColumns:
        """Return the rows that were drawn, with the columns that are computed from others."""
        rows = dict(drawing.rows)
        for derived in in_order(self.derived, self.order):
            recompute(derived, rows, drawing.drawers.by_name)
        return rows


def _released(
    column: CodedColumn, keys: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    return off_codes(column.values.variable, keys), missing


def _repeat_good(rows: MutableColumns, broken: npt.NDArray[np.int64]) -> None:
    """Put good rows in turn into the places of those that are ``broken``."""
    n = len(next(iter(rows.values()))[0])
    good = np.delete(np.arange(n), broken)
    if not len(good):
        raise DataError(
            "no row that keeps the formulas, orders and ranges could be drawn; take a constraint out of the"
            " schema, or widen a range"
        )
    spare = good[np.arange(len(broken)) % len(good)]
    put_rows(rows, broken, rows_at(rows, spare))
