"""Of how many people the rows of a declared model are: its complete rows, and those of each coefficient.

A row counts for a model where it has a value in all of its columns, so the people of single columns do not
tell how many stand behind it. They are counted by themselves, with the buckets of persons where these are
told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from syncline.privacy.people_rule import few
from syncline.questions.counts import Ints, Masks
from syncline.validation.cell_table import CellTable
from syncline.validation.utility.regression import RegressionModel

_INCOMPLETE, _COMPLETE, _NO_EVENT, _EVENT, _COLUMNS = range(5)


def n_cells(model: RegressionModel) -> int:
    """Return how many cells are counted of a model.

    They are rows that lack a value, rows that lack none, of these the ones without and with the event, and
    for each column of the matrix those in which it is 0 and those in which it is not.
    """
    return _COLUMNS + 2 * model.width


def cells_of(model: RegressionModel, table: CellTable) -> Iterator[tuple[str, Ints, Ints]]:
    """Yield what is told apart, and for that the row (m,) and cell (m,) of each row that is counted."""
    complete = model.complete(table)
    yield "complete", np.arange(table.n_rows), np.where(complete, _COMPLETE, _INCOMPLETE)
    for rows in model.blocks(complete):
        filled = (model.design.matrix(table, rows) != 0).astype(np.int64)
        for place, own in enumerate(filled.T):
            yield f"column {place}", rows, _COLUMNS + 2 * place + own
        if model.line is None:
            yield "event", rows, np.where(table.keys[model.response][rows] > 0, _EVENT, _NO_EVENT)


@dataclass(frozen=True, slots=True, eq=False)
class ModelPeople:
    """The people (n_cells,) of a model's cells in one fold, at least so many."""

    model: RegressionModel
    people: Ints

    @classmethod
    def of(cls, model: RegressionModel, rows: Ints, masks: Masks | None) -> ModelPeople:
        """Return them from rows and buckets (n_cells,); where every row is a person there are none."""
        return cls(model, rows if masks is None else np.bitwise_count(masks).astype(np.int64))

    def names_of_few(self, least: int) -> set[str]:
        """Return the coefficients that rest on fewer than ``least`` people.

        They are those of categories that so few have, or have not, and all of them where so few have either
        category of the response, or a complete row at all.
        """
        names, people = self.model.design.names, self.people
        events = people[[_NO_EVENT, _EVENT]] if self.model.line is None else people[[_COMPLETE]]
        if min(int(people[_COMPLETE]), int(events.min())) < least:
            return set(names)
        sides = people[_COLUMNS:].reshape(-1, 2).min(axis=1).tolist()
        dummies = zip(names, self.model.design.dummies, sides, strict=True)
        return {name for name, is_dummy, side in dummies if is_dummy and side < least}

    def few_lack(self, least: int) -> bool:
        """Tell whether some people, but fewer than ``least``, have a row that lacks a value."""
        return few(int(self.people[_INCOMPLETE]), least)


def adds_up(model: RegressionModel, cells: Ints, rows: int | None) -> bool:
    """Tell whether rows (n_cells,) by cell can be those of one model over so many rows, None if unknown."""
    complete = int(cells[_COMPLETE])
    whole = rows is None or complete + int(cells[_INCOMPLETE]) == rows
    events = int(cells[[_NO_EVENT, _EVENT]].sum()) == (complete if model.line is None else 0)
    return bool(whole and events and (cells[_COLUMNS:].reshape(-1, 2).sum(axis=1) == complete).all())


def agrees(model: RegressionModel, cells: Ints, told: Sequence[int]) -> bool:
    """Tell whether rows (n_cells,) by cell are those that a step ``told``: all, events, each column's."""
    rows, events, *support = told
    filled = cells[_COLUMNS:].reshape(-1, 2)[:, 1].tolist()
    fits = model.line is not None or int(cells[_EVENT]) == events
    return int(cells[_COMPLETE]) == rows and fits and filled == support
