"""Distinct persons, counted exactly up to a limit and in bounded memory: enough to know who is too few."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.kinds import Kind
from syncline.data.variable import Variable
from syncline.preparation.persons import read_persons
from syncline.preparation.steps.exact_numbers import read_decimal, write_decimal

Ids: TypeAlias = npt.NDArray[np.uint64]
"""One number for each row (n,): the same for rows of one person."""

_AT_ONCE = 1024


@dataclass(slots=True)
class DistinctPersons:
    """Count distinct persons; once there are ``limit`` of them, who they are is forgotten."""

    limit: int
    reached: bool = False
    persons: set[int] = field(default_factory=set, repr=False)

    def add(self, ids: Ids) -> None:
        """Take the persons of further rows."""
        if self.reached or not len(ids):
            return
        for start in range(0, len(ids), _AT_ONCE):
            self.persons.update(ids[start : start + _AT_ONCE].tolist())
            if len(self.persons) >= self.limit:
                self.reached = True
                self.persons.clear()
                return

    @property
    def is_empty(self) -> bool:
        """Whether nobody was seen."""
        return not self.reached and not self.persons


class RowIds:
    """Number the rows by their persons, or one by one where no column tells persons apart."""

    def __init__(self, person: str | None, source: str) -> None:
        self._variable = None if person is None else Variable(name=person, kind=Kind.IDENTIFIER)
        self._source = source
        self._rows = 0

    def of(self, column: pa.Array | None, rows: int) -> Ids:
        """Return the ids of the next ``rows`` rows, whose persons stand in ``column``."""
        if self._variable is None or column is None:
            first, self._rows = self._rows, self._rows + rows
            return np.arange(first, self._rows, dtype=np.uint64)
        persons = read_persons(column, self._variable, self._source)
        hashes = np.array([_hash(person) for person in persons.distinct], np.uint64)
        return hashes[persons.positions]


def by_position(positions: npt.NDArray[np.int64], ids: Ids) -> Iterator[tuple[int, Ids]]:
    """Yield each position that occurs in ``positions`` (n,), less than zero left out, with its ids."""
    order = np.argsort(positions, kind="stable")
    ordered, own = positions[order], ids[order]
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(ordered)).tolist()
    begin = 0
    for end in ends:
        if end > begin and ordered[begin] >= 0:
            yield int(ordered[begin]), own[begin:end]
        begin = end


def _hash(person: bytes) -> int:
    """Return 64 bits of a person's id; ``7``, ``7.0`` and ``007`` are one, as two would count too many."""
    number = read_decimal(person.decode())
    canonical = person if number is None else (write_decimal(number) or "").encode()
    return int.from_bytes(hashlib.blake2b(canonical, digest_size=8).digest(), "big")


class Edges:
    """Find the least and the greatest key beyond which, it included, ``limit`` persons lie."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._low = _Outermost(limit)
        self._high = _Outermost(limit)

    def add(self, keys: npt.NDArray[np.int64], ids: Ids) -> None:
        """Take the keys (n,) of further rows and the persons (n,) who hold them."""
        self._high.add(keys, ids)
        self._low.add(-keys, ids)

    @property
    def keys(self) -> tuple[int, int] | None:
        """Both edges; None where fewer than ``limit`` persons hold a key."""
        low, high = self._low.edge, self._high.edge
        return None if low is None or high is None else (-low, high)


class _Outermost:
    """Keep the ``limit`` persons whose greatest keys are greatest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: Ids = np.zeros(0, np.uint64)
        self._keys = np.zeros(0, np.int64)

    def add(self, keys: npt.NDArray[np.int64], ids: Ids) -> None:
        if (edge := self.edge) is not None:
            further = keys > edge
            keys, ids = keys[further], ids[further]
        keys, ids = np.concatenate([self._keys, keys]), np.concatenate([self._ids, ids])
        order = np.lexsort((keys, ids))
        last = np.append(ids[order][1:] != ids[order][:-1], True) if len(order) else np.zeros(0, np.bool_)
        keys, ids = keys[order][last], ids[order][last]
        outermost = np.argsort(keys, kind="stable")[-self._limit :]
        self._keys, self._ids = keys[outermost], ids[outermost]

    @property
    def edge(self) -> int | None:
        """The least of the greatest keys kept; None before there are ``limit`` persons."""
        return int(self._keys[0]) if len(self._keys) == self._limit else None
