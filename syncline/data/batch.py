"""Prepared rows as integers: what every question counts and every sampler learns from.

A cell is an int64 key on its variable's grid and a status. Identifiers, free text and the person's own id
never enter a batch. Of the person a number is kept, which tells persons apart and which no answer holds; by
it each is put into a bucket (:mod:`syncline.data.buckets`), because the number of occupied buckets is a lower
bound on the number of distinct persons that stays exact under any split over batches and suppliers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from syncline.data.buckets import Buckets, Owners, Scope, buckets_of

if TYPE_CHECKING:
    from syncline.data.schema import Schema


class Status(IntEnum):
    """Say whether a cell holds a value of its variable, and if not, why."""

    VALID = 0
    MISSING = 1
    OUT_OF_RANGE = 2
    UNKNOWN = 3


Keys: TypeAlias = npt.NDArray[np.int64]
Statuses: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Batch:
    """Hold some prepared rows, column by column.

    Attributes
    ----------
    keys
        One int64 array (n_rows,) for each modelled variable, in schema order; 0 where the cell is not valid.
    status
        One uint8 array (n_rows,) of :class:`Status` for each modelled variable.
    holdout
        Bool (n_rows,): whether the row is kept from the fit, to judge the result by.
    owner
        Int64 (n_rows,): which person the row is about, as a number without further meaning; None without a
        person column, where every row is a person.
    """

    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]
    holdout: Mask
    owner: Owners | None = None

    def __post_init__(self) -> None:
        if len(self.keys) != len(self.status):
            raise ValueError(f"{len(self.keys)} columns of keys but {len(self.status)} of status")
        for keys, status in zip(self.keys, self.status, strict=True):
            _check_column("keys", keys, np.int64, self.n_rows)
            _check_column("status", status, np.uint8, self.n_rows)
        _check_column("holdout", self.holdout, np.bool_, self.n_rows)
        if self.owner is not None:
            _check_column("owner", self.owner, np.int64, self.n_rows)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.holdout)

    def buckets(self, scope: Scope) -> Buckets | None:
        """Return the bucket (n_rows,) of each row's person in a scope; None without a person column."""
        return None if self.owner is None else buckets_of(self.owner, scope)

    @property
    def nbytes(self) -> int:
        """Bytes that the arrays take."""
        columns: list[npt.NDArray[np.generic]] = [*self.keys, *self.status, self.holdout]
        columns += [] if self.owner is None else [self.owner]
        return sum(int(column.nbytes) for column in columns)

    def take(self, rows: npt.NDArray[np.intp] | Mask | slice) -> Batch:
        """Return the batch of the chosen ``rows``: positions, a mask (n_rows,) or a slice."""
        return Batch(
            tuple(keys[rows] for keys in self.keys),
            tuple(status[rows] for status in self.status),
            self.holdout[rows],
            None if self.owner is None else self.owner[rows],
        )

    def only(self, places: Sequence[int]) -> Batch:
        """Return the batch of the variables at ``places``, which increase; itself where these are all."""
        if len(places) == len(self.keys):
            return self
        keys = tuple(self.keys[place] for place in places)
        status = tuple(self.status[place] for place in places)
        return Batch(keys, status, self.holdout, self.owner)

    def and_columns(self, keys: Sequence[Keys], status: Sequence[Statuses]) -> Batch:
        """Return the batch with more columns behind its own."""
        return Batch((*self.keys, *keys), (*self.status, *status), self.holdout, self.owner)

    def __repr__(self) -> str:
        return f"Batch({self.n_rows} rows x {len(self.keys)} variables)"


class PreparedTable(Protocol):
    """Give the prepared rows of one supplier, as often as they are asked for, in one order."""

    @property
    def schema(self) -> Schema:
        """The schema that the rows were prepared by."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Yield all rows, from the first, in batches of any size."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class MemoryTable:
    """A prepared table whose batches stand in memory."""

    schema: Schema
    rows: Sequence[Batch]

    def __post_init__(self) -> None:
        width = len(self.schema.modelled)
        for batch in self.rows:
            if len(batch.keys) != width:
                raise ValueError(f"a batch of {len(batch.keys)} variables where the schema has {width}")

    def batches(self) -> Iterator[Batch]:
        """Yield the batches in the order given."""
        return iter(self.rows)


def _check_column(name: str, column: npt.NDArray[np.generic], dtype: type[np.generic], n_rows: int) -> None:
    if column.shape != (n_rows,) or column.dtype != dtype:
        raise ValueError(f"{name}: expected {np.dtype(dtype)} ({n_rows},), got {column.dtype} {column.shape}")
