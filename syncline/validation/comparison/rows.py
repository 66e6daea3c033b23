"""A party's rows in the columns of a comparison, streamed, and the samples that a hash takes of them.

Who is in a sample depends on the rows alone, not on how they are split over suppliers and batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Batch, Keys, Mask, Status
from syncline.data.buckets import Owners
from syncline.data.labels import other_label
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.questions.growth import ComparedColumns, Grouping
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable, numbered
from syncline.validation.sampling import row_lots

_ALL = 2**64


@dataclass(frozen=True, slots=True, eq=False)
class RowSlice:
    """Some rows: their cells, whose ``owner`` numbers persons of the whole table, and which are held out.

    ``persons`` tells whether a person column is declared; else every row is a person.
    """

    cells: CellTable
    holdout: Mask
    persons: bool

    def fold(self, holdout: bool) -> CellTable:
        """Return the rows of one fold."""
        return _chosen(self.cells, self.holdout == holdout)

    def owners(self, holdout: bool) -> Owners | None:
        """Return the numbers of the persons of the rows of one fold, None without a person column."""
        return self.cells.owner[self.holdout == holdout] if self.persons else None


class ComparableRows:
    """The rows of one party as a candidate has its own: merged categories are one, statuses two."""

    def __init__(self, workspace: Workspace, compared: ComparedColumns) -> None:
        self._workspace = workspace
        self._places = places_of(workspace.schema, compared.names)
        self.schema = comparable_schema(workspace.schema, compared)
        self._lookups = [
            _lookup(variable, merged)
            for variable, merged in zip(
                (workspace.schema.modelled[place] for place in self._places), compared.merged, strict=True
            )
        ]

    def parts(self) -> Iterator[RowSlice]:
        """Yield all rows, batch by batch."""
        first = 0
        for batch in self._workspace.batches():
            owner = np.arange(first, first + batch.n_rows) if batch.owner is None else batch.owner
            first += batch.n_rows
            yield RowSlice(self._cells(batch, owner), batch.holdout, batch.owner is not None)

    def _cells(self, batch: Batch, owner: Owners) -> CellTable:
        keys, status = [], []
        for place, lookup in zip(self._places, self._lookups, strict=True):
            valid = batch.status[place] == Status.VALID
            own = batch.keys[place] if lookup is None else lookup[np.where(valid, batch.keys[place], 0)]
            keys.append(np.where(valid, own, 0))
            status.append(np.where(valid, np.uint8(Status.VALID), np.uint8(Status.MISSING)))
        return CellTable(self.schema, tuple(keys), tuple(status), owner)

    def first_rows(self, holdout: bool) -> Iterator[CellTable]:
        """Yield the first row of every person of one fold; at least one table, which may be empty."""
        seen = np.zeros(0, np.int64)
        yield _empty(self.schema)
        for part in self.parts():
            cells = part.fold(holdout)
            owners, first = np.unique(cells.owner, return_index=True)
            fresh = np.sort(first[~np.isin(owners, seen, assume_unique=True)])
            seen = np.union1d(seen, owners)
            chosen = np.zeros(cells.n_rows, np.bool_)
            chosen[fresh] = True
            yield joined(self.schema, [_chosen(cells, chosen)])

    def sampled_rows(self, key: bytes, most: int, rows: tuple[int, int], least: int = 1) -> Sample:
        """Return about ``most`` rows of either fold, of which all parties hold ``rows``.

        Of a fold from which the sample would take fewer than ``least`` persons it takes nobody.
        """
        kept, held, owners = [], [], []
        for part in self.parts():
            lots = row_lots(part.cells, key) if max(rows) > most else np.zeros(len(part.holdout), np.uint64)
            chosen = np.where(part.holdout, _drawn(lots, most, rows[1]), _drawn(lots, most, rows[0]))
            kept.append(_chosen(part.cells, chosen))
            held.append(part.holdout[chosen])
            if part.persons:
                owners.append(part.cells.owner[chosen])
        owner = np.concatenate(owners) if owners else None
        holdout = np.concatenate([np.zeros(0, np.bool_), *held])
        cells = joined(self.schema, kept)
        few = np.zeros(2, np.bool_)
        for fold, total in enumerate(rows):
            few[fold] = total > most and len(np.unique(cells.owner[holdout == bool(fold)])) < least
        stays = ~few[holdout.astype(np.int64)]
        if not few.any():
            return Sample(cells, holdout, owner)
        return Sample(_chosen(cells, stays), holdout[stays], None if owner is None else owner[stays])

    def sampled_people(
        self, key: bytes, most: int, rows: tuple[int, int], least: int = 1
    ) -> tuple[CellTable, CellTable]:
        """Return persons of either fold with about ``most`` rows, of which all parties hold ``rows``.

        Of a fold from which the sample would take fewer than ``least`` persons it takes nobody.
        """
        lots = _Lots() if max(rows) > most else None
        if lots is not None:
            for part in self.parts():
                lots.add(part.cells.owner, row_lots(part.cells, key))
        kept: tuple[list[CellTable], list[CellTable]] = ([], [])
        for part in self.parts():
            own = np.zeros(len(part.holdout), np.uint64) if lots is None else lots.of(part.cells.owner)
            for fold, tables in enumerate(kept):
                chosen = (part.holdout == bool(fold)) & _drawn(own, most, rows[fold])
                tables.append(_chosen(part.cells, chosen))
        train, holdout = (
            _empty(self.schema) if total > most and found.n_persons < least else found
            for total, found in zip(rows, (joined(self.schema, tables) for tables in kept), strict=True)
        )
        return train, holdout


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows of a hash sample, which of them are held out, and their persons' own numbers, if any."""

    cells: CellTable
    holdout: Mask
    owner: Owners | None = None


def sampled_candidate(cells: CellTable, key: bytes, most: int) -> Sample:
    """Return about ``most`` rows of a synthetic table."""
    if cells.n_rows > most:
        cells = cells.take(_drawn(row_lots(cells, key), most, cells.n_rows))
    return Sample(cells, np.zeros(cells.n_rows, np.bool_))


class _Lots:
    """The smallest lot of each person's rows."""

    def __init__(self) -> None:
        self._owner = np.zeros(0, np.int64)
        self._lot = np.zeros(0, np.uint64)

    def add(self, owner: Owners, lots: npt.NDArray[np.uint64]) -> None:
        """Take some rows into account."""
        self._owner, place = np.unique(np.concatenate([self._owner, owner]), return_inverse=True)
        every = np.concatenate([self._lot, lots])
        self._lot = np.full(len(self._owner), _ALL - 1, np.uint64)
        np.minimum.at(self._lot, place, every)

    def of(self, owner: Owners) -> npt.NDArray[np.uint64]:
        """Return the lot (n,) of each row's person."""
        return self._lot[np.searchsorted(self._owner, owner)]


def sliced(cells: CellTable, groups: tuple[Grouping, ...]) -> Iterator[CellTable]:
    """Yield all rows, then those of each code of each grouping; owners are kept as they are."""
    yield cells
    first = 1
    for group, places in zip(groups, slices_of(cells, groups)[1:], strict=True):
        for place in range(first, first + group.n_codes):
            yield _chosen(cells, places == place)
        first += group.n_codes


def slices_of(cells: CellTable, groups: tuple[Grouping, ...]) -> list[npt.NDArray[np.int64]]:
    """Return the slices of rows (n_rows,): that of all, then those of each grouping."""
    found, first = [np.zeros(cells.n_rows, np.int64)], 1
    for group in groups:
        place = cells.place(group.column)
        found.append(first + np.where(cells.valid(place), cells.keys[place] + 1, 0))
        first += group.n_codes
    return found


def places_of(schema: Schema, names: tuple[str, ...]) -> list[int]:
    """Return the places of columns among the modelled ones of ``schema``."""
    known = [variable.name for variable in schema.modelled]
    return [known.index(name) for name in names]


def comparable_schema(schema: Schema, compared: ComparedColumns) -> Schema:
    """Return the variables of a comparison: those with merged categories have one more, the last."""
    variables = []
    for name, merged in zip(compared.names, compared.merged, strict=True):
        variable = schema.variable(name)
        if merged:
            label = other_label(variable.categories)
            variable = variable.model_copy(update={"categories": (*variable.categories, label)})
        variables.append(variable)
    return Schema(variables=tuple(variables))


def joined(schema: Schema, tables: list[CellTable]) -> CellTable:
    """Return tables, whose owners number the same persons, as one; persons are numbered anew."""
    if not tables:
        return _empty(schema)
    width = len(schema.modelled)
    return CellTable(
        schema,
        tuple(np.concatenate([table.keys[place] for table in tables]) for place in range(width)),
        tuple(np.concatenate([table.status[place] for table in tables]) for place in range(width)),
        numbered(np.concatenate([table.owner for table in tables])),
    )


def _empty(schema: Schema) -> CellTable:
    width = len(schema.modelled)
    none, zero = np.zeros(0, np.int64), np.zeros(0, np.uint8)
    return CellTable(schema, (none,) * width, (zero,) * width, none)


def _chosen(cells: CellTable, rows: Mask) -> CellTable:
    """Return the chosen rows; their owners are kept as they are."""
    return CellTable(
        cells.schema,
        tuple(keys[rows] for keys in cells.keys),
        tuple(status[rows] for status in cells.status),
        cells.owner[rows],
    )


def _drawn(lots: npt.NDArray[np.uint64], most: int, total: int) -> Mask:
    if total <= most:
        return np.ones(len(lots), np.bool_)
    drawn: Mask = lots < np.uint64(most * _ALL // total)
    return drawn


def _lookup(variable: Variable, merged: tuple[int, ...]) -> Keys | None:
    if not merged:
        return None
    lookup = np.arange(len(variable.categories))
    lookup[list(merged)] = len(variable.categories)
    return lookup
