"""What somebody who knows a person's key columns finds in a synthetic table, and how often it is true.

The attacker looks up the synthetic rows with the person's keys and reads the sensitive columns off them. All
is counted for each class of keys that the synthetic table holds, in persons, so that answers of suppliers
add; those who were used stand beside those who were not, since a good guess about anybody is no disclosure.

Keys and sensitive columns of numbers are compared in bands of equal mass. The lattice of generalizations has
three levels: numbers among the keys as they are, in 20 bands, in 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from syncline.validation.cell_table import CellTable

LATTICE: tuple[int | None, ...] = (None, 20, 5)
"""Bands of the keys that are numbers, at each level; None leaves them as they are."""

SENSITIVE_BANDS = 20

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class KeyCounts:
    """Persons by the class of keys that they share with synthetic rows, at one level of the lattice.

    Attributes
    ----------
    people : persons of the table, matched or not
    matched : int64 (n_classes,), persons of each class
    right : int64 (n_sensitive, n_classes), persons whose value is the most frequent one of the class
    shared : int64 (n_sensitive, n_classes), synthetic rows of the class with the person's value, summed
    learnt : int64 (n_sensitive, n_classes), persons with so many values (1, 2, ...) or more that are right
        and less common than one in two
    """

    people: int
    matched: Ints
    right: Ints
    shared: Ints
    learnt: Ints

    def __add__(self, other: KeyCounts) -> KeyCounts:
        return KeyCounts(
            self.people + other.people,
            self.matched + other.matched,
            self.right + other.right,
            self.shared + other.shared,
            self.learnt + other.learnt,
        )


class KeyAttack:
    """Attack persons through one synthetic table, at one level of the lattice.

    Parameters
    ----------
    synthetic : CellTable
        The table that the attacker has.
    keys, sensitive : sequences of str
        Columns that the attacker knows, and columns that they want to know.
    bands : int or None
        Bands of the keys that are numbers.
    """

    def __init__(
        self, synthetic: CellTable, keys: Sequence[str], sensitive: Sequence[str], bands: int | None
    ) -> None:
        self.level = "keys as they are" if bands is None else f"numbers among the keys in {bands} bands"
        self._keys = [_Coded.of(synthetic, name, bands) for name in keys]
        self._sensitive = [_Coded.of(synthetic, name, SENSITIVE_BANDS) for name in sensitive]
        rows = _rows(self._keys, synthetic)
        self.classes, inverse, self.sizes = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        self._place = {row.tobytes(): place for place, row in enumerate(self.classes)}
        class_of = inverse.reshape(-1)
        self._tables = [
            _table(column.codes(synthetic), class_of, column, self.sizes) for column in self._sensitive
        ]
        self._guesses = [table.argmax(axis=1) for table in self._tables]
        self._rare = [table.sum(axis=0) * 2 < synthetic.n_rows for table in self._tables]

    @property
    def unanimous(self) -> npt.NDArray[np.bool_]:
        """Whether all synthetic rows of a class have one value, (n_sensitive, n_classes)."""
        return np.array([table.max(axis=1) == self.sizes for table in self._tables])

    def counts(self, real: CellTable) -> KeyCounts:
        """Count the persons of ``real``, each by their first row."""
        first = np.unique(real.owner, return_index=True)[1]
        persons = real.take(first)
        rows = _rows(self._keys, persons)
        where = np.fromiter((self._place.get(row.tobytes(), -1) for row in rows), np.int64, len(rows))
        found, n_classes = where >= 0, len(self.sizes)
        place = where[found]
        values = [column.codes(persons)[found] for column in self._sensitive]
        right = [guess[place] == value for guess, value in zip(self._guesses, values, strict=True)]
        shared = [table[place, value] for table, value in zip(self._tables, values, strict=True)]
        telling = [
            np.logical_and(hit, rare[value])
            for hit, rare, value in zip(right, self._rare, values, strict=True)
        ]
        number = np.sum(telling, axis=0, dtype=np.int64)
        steps = range(1, len(self._sensitive) + 1)
        return KeyCounts(
            persons.n_rows,
            np.bincount(place, minlength=n_classes),
            _counted(place, right, n_classes),
            _counted(place, shared, n_classes),
            _counted(place, [np.asarray(number >= step) for step in steps], n_classes),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Coded:
    """A column in small integers: its distinct synthetic keys, or bands of equal mass between ``edges``."""

    place: int
    levels: Ints
    edges: Ints | None

    @classmethod
    def of(cls, synthetic: CellTable, name: str, bands: int | None) -> _Coded:
        place = synthetic.place(name)
        keys = synthetic.keys[place][synthetic.valid(place)]
        levels = np.unique(keys)
        numeric = synthetic.schema.modelled[place].grid is not None
        if bands is None or not numeric or len(levels) <= bands:
            return cls(place, levels, None)
        ordered = np.sort(keys)
        edges = np.unique(ordered[np.arange(1, bands) * len(ordered) // bands])
        states = levels[~synthetic.schema.modelled[place].are_values(levels)]  # each a band of its own
        edges = np.union1d(edges, states)
        return cls(place, levels, edges)

    @property
    def n_codes(self) -> int:
        """Number of codes: levels or bands, one for a value without either, one for missing."""
        return (len(self.levels) if self.edges is None else len(self.edges) + 1) + 2

    def codes(self, table: CellTable) -> Ints:
        """Return the code (n_rows,) of each cell."""
        keys = table.keys[self.place]
        if self.edges is not None:
            codes = np.searchsorted(self.edges, keys, side="right")
        else:
            codes = np.minimum(np.searchsorted(self.levels, keys), max(len(self.levels) - 1, 0))
            known = self.levels[codes] == keys if len(self.levels) else np.zeros(len(keys), np.bool_)
            codes = np.where(known, codes, self.n_codes - 2)
        return np.where(table.valid(self.place), codes, self.n_codes - 1).astype(np.int64)


def _rows(columns: Sequence[_Coded], table: CellTable) -> Ints:
    return np.ascontiguousarray(np.column_stack([column.codes(table) for column in columns]))


def _table(codes: Ints, class_of: Ints, column: _Coded, sizes: Ints) -> Ints:
    """Count the synthetic rows by class and value, (n_classes, n_codes)."""
    cells = np.bincount(class_of * column.n_codes + codes, minlength=len(sizes) * column.n_codes)
    return cells.reshape(len(sizes), column.n_codes)


def _counted(place: Ints, amounts: Sequence[npt.NDArray[np.generic]], n_classes: int) -> Ints:
    """Sum each of the amounts (n,) by class, (n_amounts, n_classes)."""
    found = np.zeros((len(amounts), n_classes), np.int64)
    for row, amount in zip(found, amounts, strict=True):
        np.add.at(row, place, amount.astype(np.int64))
    return found
