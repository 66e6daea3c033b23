"""Leaks that are planted in fresh rows: persons who were used, verbatim or disguised.

A disguise maps the rows of leaked persons to other rows of the same people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.gate.people import first_persons, together
from syncline.data.batch import Status
from syncline.validation.cell_table import CellTable
from syncline.validation.disclosure.closeness import Closeness


@dataclass(frozen=True)
class Sides:
    """People who were used, who were held out, and who are neither; persons in random order."""

    used: CellTable
    held: CellTable
    fresh: CellTable


Disguise = Callable[[CellTable, np.random.Generator], CellTable]
Leak = Callable[[Sides, np.random.Generator], CellTable]


def fresh(sides: Sides, rng: np.random.Generator) -> CellTable:
    """Leak nobody."""
    return sides.fresh


def copy(sides: Sides, rng: np.random.Generator) -> CellTable:
    """Leak everybody."""
    return sides.used


def bootstrap(sides: Sides, rng: np.random.Generator) -> CellTable:
    """Leak as many rows as there are, drawn with replacement."""
    return sides.used.take(rng.integers(0, sides.used.n_rows, sides.used.n_rows))


def verbatim(leaked: CellTable, rng: np.random.Generator) -> CellTable:
    """Disguise nothing."""
    return leaked


def some(persons: float, disguise: Disguise = verbatim) -> Leak:
    """Leak a share of the persons used (a number of them from 1 on) in the place of as many fresh ones."""

    def leak(sides: Sides, rng: np.random.Generator) -> CellTable:
        n = round(persons if persons >= 1 else persons * sides.used.n_persons)
        others = first_persons(sides.fresh, max(sides.fresh.n_persons - n, 0))
        return together(disguise(first_persons(sides.used, n), rng), others)

    return leak


def jittered(cells: int) -> Disguise:
    """Change some cells of each row: a number by one step of its grid, a category to another row's."""

    def disguise(leaked: CellTable, rng: np.random.Generator) -> CellTable:
        keys, status = _columns(leaked)
        for row in range(leaked.n_rows):
            for column in rng.choice(len(keys), cells, replace=False):
                if leaked.schema.modelled[column].grid is not None and status[column][row] == Status.VALID:
                    keys[column][row] += rng.choice([-1, 1])
                else:
                    donor = rng.integers(leaked.n_rows)
                    keys[column][row] = leaked.keys[column][donor]
                    status[column][row] = leaked.status[column][donor]
        return _table(leaked, keys, status)

    return disguise


def one_category(leaked: CellTable, rng: np.random.Generator) -> CellTable:
    """Change one category of each row to another one."""
    keys, status = _columns(leaked)
    names = [k for k, variable in enumerate(leaked.schema.modelled) if variable.grid is None]
    for row in range(leaked.n_rows):
        column = int(rng.choice(names))
        own = leaked.keys[column][row]
        others = leaked.keys[column][leaked.keys[column] != own]
        if len(others):
            keys[column][row] = rng.choice(others)
    return _table(leaked, keys, status)


def rounded(to: int, *names: str) -> Disguise:
    """Round some numbers, or all where none is named, to multiples of ``to`` steps of their grid."""

    def disguise(leaked: CellTable, rng: np.random.Generator) -> CellTable:
        keys, status = _columns(leaked)
        for column, variable in enumerate(leaked.schema.modelled):
            if variable.grid is not None and (not names or variable.name in names):
                keys[column] = np.rint(keys[column] / to).astype(np.int64) * to
        return _table(leaked, keys, status)

    return disguise


def shifted(name: str, by: int) -> Disguise:
    """Add a constant to one number of every row."""

    def disguise(leaked: CellTable, rng: np.random.Generator) -> CellTable:
        keys, status = _columns(leaked)
        keys[leaked.place(name)] += by
        return _table(leaked, keys, status)

    return disguise


def exchanged(*names: str) -> Disguise:
    """Exchange some columns between leaked persons, all of a row together."""

    def disguise(leaked: CellTable, rng: np.random.Generator) -> CellTable:
        keys, status = _columns(leaked)
        donors = rng.permutation(leaked.n_rows)
        for column in map(leaked.place, names):
            keys[column], status[column] = leaked.keys[column][donors], leaked.status[column][donors]
        return _table(leaked, keys, status)

    return disguise


def half_rows(leaked: CellTable, rng: np.random.Generator) -> CellTable:
    """Exchange the second halves of the rows between persons."""
    return exchanged(*leaked.names[len(leaked.names) // 2 :])(leaked, rng)


def every_other(leaked: CellTable, rng: np.random.Generator) -> CellTable:
    """Exchange every other column between persons."""
    return exchanged(*leaked.names[1::2])(leaked, rng)


def repeated(times: int) -> Disguise:
    """Plant every leaked row so many times."""
    return lambda leaked, rng: leaked.take(np.repeat(np.arange(leaked.n_rows), times))


def commonest(share: float) -> Leak:
    """Leak those whose values are the most common ones."""

    def leak(sides: Sides, rng: np.random.Generator) -> CellTable:
        near = Closeness(sides.fresh)
        order = np.argsort(near.own(near.places(sides.used)), kind="stable")
        n = round(share * sides.used.n_rows)
        return together(sides.used.take(order[:n]), sides.fresh.take(np.arange(n, sides.fresh.n_rows)))

    return leak


def held_out(used: float, held: float) -> Leak:
    """Mix shares of persons who were used and who were held out, and fill up with fresh ones."""

    def leak(sides: Sides, rng: np.random.Generator) -> CellTable:
        n = sides.fresh.n_persons
        counts = round(used * n), round(held * n)
        parts = zip((sides.used, sides.held, sides.fresh), (*counts, n - sum(counts)), strict=True)
        return together(*(first_persons(table, count) for table, count in parts))

    return leak


def _columns(table: CellTable) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [column.copy() for column in table.keys], [column.copy() for column in table.status]


def _table(table: CellTable, keys: list[np.ndarray], status: list[np.ndarray]) -> CellTable:
    return CellTable(table.schema, tuple(keys), tuple(status), table.owner)
