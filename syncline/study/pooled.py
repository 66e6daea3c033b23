"""Synthetic tables of several suppliers, pooled: the result where every supplier's flow is ``synthesized``.

Each supplier sends as many rows as it has real ones, so that pooled rows are weighted to the suppliers'
sizes. Nothing is learnt from them: what only all rows together show (a category rare at each supplier, a
relation that none sees alone) is lost, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from syncline.data.batch import Keys, Status, Statuses
from syncline.data.blob import Array, pack, unpack
from syncline.data.schema import Schema
from syncline.errors import StudyFailed, WireError
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.synthesizers.streams import PARTITION_ROWS, Seed
from syncline.synthesizers.tabular_model import Columns

_KIND = "syncline-pooled"


@dataclass(frozen=True, slots=True, repr=False)
class Pooled:
    """Hold all suppliers' synthetic rows: keys and statuses (n_rows,) of each variable, in schema order."""

    schema: Schema
    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]

    @classmethod
    def of(cls, schema: Schema, tables: Mapping[PartyId, Workspace]) -> Pooled:
        """Return the tables' rows, one supplier after the other in the order of their names."""
        batches = [batch for name in sorted(tables) for batch in tables[name].batches()]
        if not sum(batch.n_rows for batch in batches):
            raise StudyFailed("no supplier sent a row; add data")
        width = range(len(schema.modelled))
        return cls(
            schema,
            tuple(np.concatenate([batch.keys[column] for batch in batches]) for column in width),
            tuple(np.concatenate([batch.status[column] for batch in batches]) for column in width),
        )

    @property
    def n_rows(self) -> int:
        """Rows of all suppliers together."""
        return len(self.keys[0])

    def sample(self, rows: int, seed: Seed) -> Iterator[Columns]:
        """Yield ``rows`` rows, partition by partition: all in a random order, again where more are wanted."""
        order = np.argsort(seed.words("pool:order", 0, self.n_rows), kind="stable")
        for start in range(0, rows, PARTITION_ROWS):
            place = order[np.arange(start, min(start + PARTITION_ROWS, rows)) % self.n_rows]
            yield {
                variable.name: (keys[place], status[place] != Status.VALID)
                for variable, keys, status in zip(self.schema.modelled, self.keys, self.status, strict=True)
            }

    def __repr__(self) -> str:
        return f"Pooled({self.n_rows} rows x {len(self.keys)} variables)"


def pack_pooled(pooled: Pooled) -> bytes:
    """Return pooled rows as bytes, without their schema."""
    arrays: dict[str, Array] = {}
    for place, (keys, status) in enumerate(zip(pooled.keys, pooled.status, strict=True)):
        arrays[f"key{place}"], arrays[f"status{place}"] = keys, status
    return pack({"kind": _KIND}, arrays)


def unpack_pooled(data: bytes, schema: Schema) -> Pooled | None:
    """Return the rows of :func:`pack_pooled`; None where the bytes are another result."""
    head, arrays = unpack(data)
    if head.get("kind") != _KIND:
        return None
    try:
        return Pooled(schema, *(_columns(arrays, schema, prefix) for prefix in ("key", "status")))  # type: ignore[arg-type]
    except KeyError as error:
        raise WireError("result: these are not pooled rows of this study") from error


def _columns(arrays: Mapping[str, Array], schema: Schema, prefix: str) -> Sequence[Array]:
    return tuple(arrays[f"{prefix}{place}"] for place in range(len(schema.modelled)))
