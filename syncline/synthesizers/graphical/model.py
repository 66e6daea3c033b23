"""The model: every column from the contexts that its parents make, columns that follow others as planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import ColumnDraw
from syncline.synthesizers.graphical.cells import HeldCells
from syncline.synthesizers.graphical.contexts import grown
from syncline.synthesizers.graphical.ties import followed
from syncline.synthesizers.leaf_draws import leaf_draw, leaf_rows
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan
from syncline.synthesizers.tabular_model import TabularModel
from syncline.synthesizers.visit_order import visit_order

ParentsOf = Mapping[str, tuple[str, ...]]
"""The columns beside which each is drawn, in the order in which columns are drawn."""


def graphical_model(
    plan: Plan, settings: FitSettings, parents: ParentsOf, cells: Mapping[str, HeldCells]
) -> TabularModel:
    """Return the model; ``cells`` are of each column that has parents: its codes, and their bins."""
    coded = (*plan.book.columns, *plan.book.gaps)
    codes = {column.codes.name: column.values.n_codes for column in coded}
    order = visit_order(plan.order, codes, followed(plan), tuple(parents))
    drawn, draws = replace(plan, order=order), list[ColumnDraw]()
    for name in order:
        draw, column = drawn.dependent_draw(name), plan.book.column(name)
        if draw is None and name in cells:
            places = [order.index(parent) for parent in parents[name]]
            draw = _context_draw(column, places, cells[name], settings, plan.book.n_train)
        draws.append(draw or ColumnDraw.alone(name, column.values.rows))
    return drawn.model(settings, tuple(draws))


def _context_draw(
    column: CodedColumn, places: list[int], cells: HeldCells, settings: FitSettings, rows: int
) -> ColumnDraw:
    """Return the draw of a column whose parents stand at ``places``, of a table of so many training rows."""
    classes = column.codes.classes.astype(np.int64)
    nodes, leaf = grown(cells, classes, places, leaf_rows(rows, settings))
    at = leaf, cells.levels()[0]
    counts = np.zeros((len(nodes.leaves), column.values.n_codes), np.int64)
    np.add.at(counts, at, cells.rows)
    masks: npt.NDArray[np.uint64] | None = None
    if cells.masks is not None:
        masks = np.zeros(counts.shape, np.uint64)
        np.bitwise_or.at(masks, at, cells.masks)
    return leaf_draw(column, nodes, counts, masks, settings.min_cell)
