"""What is known before the trees grow: the columns' codes, and the plan of how each column is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import numpy.typing as npt

from syncline.data.blob import Array, Json
from syncline.data.codebook import Codebook
from syncline.data.constraint import Constraint
from syncline.data.schema import Schema
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.formulas import Derived
from syncline.synthesizers.packing import (
    Arrays,
    Head,
    constraint_from_json,
    constraint_to_json,
    derived_from_json,
    derived_to_json,
    put_columns,
    take_columns,
)

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Book:
    """The number of rows in each fold and every modelled column's codes and values, in schema order."""

    n_train: int
    n_holdout: int
    columns: tuple[CodedColumn, ...]

    def codebook(self) -> Codebook:
        """Return the half of the book that suppliers apply."""
        return Codebook(tuple(column.codes for column in self.columns))

    def column(self, name: str) -> CodedColumn:
        """Return one column."""
        return next(column for column in self.columns if column.codes.name == name)

    def put(self, arrays: Arrays) -> Head:
        """Add the book to a packed container."""
        return {"rows": [self.n_train, self.n_holdout], "columns": put_columns(self.columns, arrays)}

    @classmethod
    def take(cls, head: Mapping[str, Json], arrays: Mapping[str, Array], schema: Schema) -> Book:
        """Return the book that :meth:`put` put away."""
        n_train, n_holdout = cast("list[int]", head["rows"])
        return cls(n_train, n_holdout, take_columns(head["columns"], arrays, schema))


@dataclass(frozen=True, slots=True)
class Plan:
    """How each column is drawn.

    Attributes
    ----------
    book : the columns' codes
    order : the columns that are drawn, in visit order
    derived : the columns that are recomputed
    pairs : for each column with a determinant, that column and their joint counts (its codes, own codes),
        small
        cells left out
    bounds : declared upper bounds between columns
    predictors : in a wide table, for each place of a tree's target the places of its predictors
    """

    book: Book
    order: tuple[str, ...]
    derived: tuple[Derived, ...]
    pairs: Mapping[str, tuple[str, Ints]]
    bounds: tuple[Constraint, ...]
    predictors: Mapping[int, Ints] = field(default_factory=dict)

    def targets(self) -> tuple[int, ...]:
        """Return the places of the columns that get a tree or a distribution of their own."""
        return tuple(place for place, name in enumerate(self.order) if name not in self.pairs)

    def put(self, arrays: Arrays) -> Head:
        """Add the plan to a packed container."""
        head = self.book.put(arrays)
        for i, (_, table) in enumerate(self.pairs.values()):
            arrays[f"pair{i}"] = table
        for place, places in self.predictors.items():
            arrays[f"of_place{place}"] = places
        return {
            **head,
            "order": list(self.order),
            "derived": derived_to_json(self.derived),
            "pairs": [[b, a] for b, (a, _) in self.pairs.items()],
            "bounds": [constraint_to_json(bound) for bound in self.bounds],
            "predicted": list(self.predictors),
        }

    @classmethod
    def take(cls, head: Mapping[str, Json], arrays: Mapping[str, Array], schema: Schema) -> Plan:
        """Return the plan that :meth:`put` put away."""
        pairs = {
            b: (a, cast("Ints", arrays[f"pair{i}"]))
            for i, (b, a) in enumerate(cast("list[tuple[str, str]]", head["pairs"]))
        }
        return cls(
            Book.take(head, arrays, schema),
            tuple(cast("list[str]", head["order"])),
            derived_from_json(head["derived"]),
            pairs,
            tuple(constraint_from_json(row) for row in cast("list[Json]", head["bounds"])),
            {
                place: cast("Ints", arrays[f"of_place{place}"])
                for place in cast("list[int]", head["predicted"])
            },
        )
