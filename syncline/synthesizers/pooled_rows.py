"""Rows as a model: those of several tables, drawn in a random order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys, Status, Statuses
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.synthesizers.model import Columns, Description, Model
from syncline.synthesizers.streams import PARTITION_ROWS, Seed


@dataclass(frozen=True, slots=True, repr=False)
class PooledRows(Model):
    """Hold rows: the names of their columns, and of each keys and statuses (n_rows,).

    They keep what the rows keep that were pooled.
    """

    names: tuple[str, ...]
    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]
    n_rows: int = field(init=False)
    keeps_constraints: ClassVar[bool] = True

    def __post_init__(self) -> None:
        shapes = {*(keys.shape for keys in self.keys), *(status.shape for status in self.status)}
        if len(shapes) != 1 or not len(self.names) == len(self.keys) == len(self.status):
            raise ValueError("pooled rows: their columns are not alike")
        (shape,) = shapes
        if len(shape) != 1 or not shape[0]:
            raise ValueError("pooled rows: there is no row")
        object.__setattr__(self, "n_rows", shape[0])

    @classmethod
    def of(
        cls, schema: Schema, tables: Mapping[PartyId, Workspace], excluded: tuple[str, ...] = ()
    ) -> PooledRows:
        """Return the tables' rows, one supplier after the other in the order of their names."""
        batches = [batch for name in sorted(tables) for batch in tables[name].batches()]
        if not sum(batch.n_rows for batch in batches):
            raise StudyFailed("no supplier sent a row; add data")
        places = [place for place, v in enumerate(schema.modelled) if v.name not in excluded]
        return cls(
            tuple(schema.modelled[place].name for place in places),
            tuple(np.concatenate([batch.keys[place] for batch in batches]) for place in places),
            tuple(np.concatenate([batch.status[place] for batch in batches]) for place in places),
        )

    def released(self, schema: Schema) -> Schema:
        """Return the same schema: rows are drawn as they are."""
        return schema

    def partition(self, partition: int, n: int, seed: Seed) -> Columns:
        """Return rows out of all in a random order, again from the first where more are wanted."""
        first = partition * PARTITION_ROWS
        place = _order(self.n_rows, seed)[np.arange(first, first + n) % self.n_rows]
        return {
            name: (keys[place], status[place] != Status.VALID)
            for name, keys, status in zip(self.names, self.keys, self.status, strict=True)
        }

    def describe(self) -> Description:
        """Return that nothing was learnt."""
        return Description()

    def check(self) -> None:
        """Return: rows are checked when they are put together."""

    def __repr__(self) -> str:
        return f"PooledRows({self.n_rows} rows x {len(self.keys)} variables)"


@lru_cache(maxsize=1)
def _order(n_rows: int, seed: Seed) -> npt.NDArray[np.intp]:
    """Return the places of all rows in a random order."""
    return np.argsort(seed.words("pool:order", 0, n_rows), kind="stable")
