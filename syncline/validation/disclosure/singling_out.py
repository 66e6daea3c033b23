"""Singling out: whether what is true of exactly one synthetic row is true of exactly one person.

The attack with several attributes of Giomi et al. (2023, doi:10.56553/popets-2023-0055): from a row of the
synthetic table a few columns are taken, and a predicate is made of them (this category; a number at most, or
at least, as great). Those that only one synthetic row satisfies are guesses. A guess succeeds where exactly
one person satisfies it. All is drawn from the table alone, so suppliers count the same predicates, and their
counts add.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from syncline.validation.cell_table import CellTable
from syncline.validation.sampling import row_lots

MOST_PREDICATES = 1000
MOST_COLUMNS = 3
"""Columns of a predicate at most."""

MOST_TRIES = 200_000
TRIES_PER_ROW = 20
"""Predicates that are drawn at most for each synthetic row, to find those that single out."""

MOST_EXPECTED = 4.0
"""Predicates that would hold for more synthetic rows, were the columns independent, are not tried."""

_LEAST, _GREATEST = -(2**63), 2**63 - 1

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Condition:
    """The cell of the column at ``place`` has a value, from ``low`` to ``high``, both included."""

    place: int
    low: int
    high: int


Predicate = tuple[Condition, ...]
"""Conditions that hold together, in the order of their columns."""


class SinglingOut:
    """Guess at persons through one synthetic table.

    Parameters
    ----------
    synthetic : CellTable
        The table that the attacker has.
    key : bytes
        The key of the draw, 64 bytes at most. Equal tables, in whatever order, give equal predicates.
    """

    def __init__(self, synthetic: CellTable, key: bytes) -> None:
        index = _Index(synthetic)
        candidates = _candidates(synthetic, index, key)
        alone = (predicate for predicate in candidates if len(index.matching(predicate)) == 1)
        self.predicates = tuple(islice(alone, MOST_PREDICATES))

    def counts(self, table: CellTable) -> Ints:
        """Return how many persons satisfy each predicate (n_predicates,) with one of their rows or more."""
        index = _Index(table)
        matching = (table.owner[index.matching(predicate)] for predicate in self.predicates)
        return np.array([len(np.unique(persons)) for persons in matching], np.int64)


class _Index:
    """The rows of a table by the keys of each column; a cell without a value is left out."""

    def __init__(self, table: CellTable) -> None:
        self._keys = table.keys
        self._valid = [table.valid(place) for place in range(len(table.keys))]
        self._rows = [_sorted_rows(keys, valid) for keys, valid in zip(table.keys, self._valid, strict=True)]
        self.sorted = [keys[rows] for keys, rows in zip(table.keys, self._rows, strict=True)]

    def size(self, place: int, low: Ints, high: Ints) -> Ints:
        """Return how many rows have a key from ``low`` to ``high``, both (n,)."""
        keys = self.sorted[place]
        size: Ints = keys.searchsorted(high, side="right") - keys.searchsorted(low)
        return size

    def matching(self, predicate: Predicate) -> npt.NDArray[np.intp]:
        """Return the rows that satisfy a predicate; the rarest condition goes first."""
        spans = [self._span(condition) for condition in predicate]
        first = min(range(len(spans)), key=lambda at: spans[at][1] - spans[at][0])
        rows = self._rows[predicate[first].place][slice(*spans[first])]
        for at, condition in enumerate(predicate):
            if at != first and len(rows):
                keys = self._keys[condition.place][rows]
                inside = (keys >= condition.low) & (keys <= condition.high)
                rows = rows[inside & self._valid[condition.place][rows]]
        return rows

    def _span(self, condition: Condition) -> tuple[int, int]:
        keys = self.sorted[condition.place]
        low, high = keys.searchsorted(condition.low), keys.searchsorted(condition.high, side="right")
        return int(low), int(high)


def _sorted_rows(keys: Ints, valid: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    rows = np.flatnonzero(valid)
    return rows[np.argsort(keys[rows], kind="stable")]


def _candidates(table: CellTable, index: _Index, key: bytes) -> Iterator[Predicate]:
    """Yield predicates that rows of the table satisfy, drawn from Philox keyed by a digest of ``key``.

    A column that is drawn twice, or has no value in the row, falls out.
    """
    width, n_rows = len(table.keys), table.n_rows
    raw = _draws(key, min(MOST_TRIES, TRIES_PER_ROW * n_rows))
    rows = np.argsort(row_lots(table, key), kind="stable")[raw[:, 0] % np.uint64(n_rows)]
    drawn = np.arange(MOST_COLUMNS) <= (raw[:, 1] % np.uint64(MOST_COLUMNS)).astype(np.int64)[:, np.newaxis]
    places = np.sort(np.where(drawn, (raw[:, 2:] % np.uint64(width)).astype(np.int64), width), axis=1)
    used = (places < width) & (np.diff(places, axis=1, prepend=-1) > 0)
    cells = np.zeros((*places.shape, 3), np.int64)
    share = np.ones(places.shape)
    for place in range(width):
        at, side = np.nonzero(used & (places == place))
        low, high = _bounds(table, index, place, rows[at])
        cells[at, side] = np.column_stack([np.full(len(at), place), low, high])
        share[at, side] = index.size(place, low, high) / n_rows
        used[at, side] = table.valid(place)[rows[at]]
    expected = n_rows * np.where(used, share, 1.0).prod(axis=1)
    seen = set()
    for which in np.flatnonzero(used.any(axis=1) & (expected <= MOST_EXPECTED)):
        conditions = cells[which][used[which]]
        content = conditions.tobytes()
        if content not in seen:
            seen.add(content)
            yield tuple(Condition(*condition) for condition in conditions.tolist())


def _draws(key: bytes, n_tries: int) -> npt.NDArray[np.uint64]:
    """Return numbers from 0 to 2^64 - 1: one for the row, one for how many columns, then the columns."""
    digest = hashlib.blake2b(b"singling out", key=key, digest_size=16).digest()
    stream = np.random.Philox(key=int.from_bytes(digest, "little"))
    return stream.random_raw(n_tries * (2 + MOST_COLUMNS)).reshape(n_tries, -1)


def _bounds(table: CellTable, index: _Index, place: int, rows: npt.NDArray[np.intp]) -> tuple[Ints, Ints]:
    """Return the least and the greatest key that satisfy the conditions of ``rows`` (n,), each (n,).

    Numbers are bounded on the side of the median on which they lie (Giomi et al. 2023).
    """
    keys, ordered = table.keys[place][rows], index.sorted[place]
    if table.schema.modelled[place].is_categorical or not len(ordered):
        return keys, keys
    upper = keys > ordered[len(ordered) // 2]
    return np.where(upper, keys, _LEAST), np.where(upper, _GREATEST, keys)
