"""Read the column that says which person a row is about, as canonical ids that never leave preparation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.cell_text import distinct_text
from syncline.data.kinds import Kind
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.errors import DataError
from syncline.preparation.categories import missing_texts
from syncline.preparation.column_reader import reader_of


@runtime_checkable
class KeepsPersons(Protocol):
    """A source whose persons may carry pseudonyms, and which keeps what these stand for."""

    def person_column(self, name: str) -> str:
        """Return the column that the fold is computed from where ``name`` tells persons apart."""
        ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Persons:
    """Hold the distinct persons of some rows, as canonical bytes, and each row's position among them (n,)."""

    distinct: list[bytes]
    positions: npt.NDArray[np.int64]


def read_persons(column: pa.Array, variable: Variable, source: str) -> Persons:
    """Read person ids: numbers where the schema says integer, so that ``7`` and ``7.0`` agree, else text."""
    where = f"{source}: column {shown(variable.name)!r}"
    if variable.kind is Kind.INTEGER:
        return _numbered(column, variable, where)
    texts, positions = distinct_text(column, where)
    distinct = [text or "" for text in texts.to_pylist()]
    no_person = missing_texts(variable.missing)
    is_missing = np.array([text in no_person for text in distinct] + [True], np.bool_)
    if is_missing[positions].any():
        raise _missing(where)
    seen, places = np.unique(positions, return_inverse=True)  # some distinct texts are in no row
    return Persons([distinct[place].encode() for place in seen.tolist()], places.astype(np.int64))


def _numbered(column: pa.Array, variable: Variable, where: str) -> Persons:
    cells = reader_of(variable).read(column, where)
    if (cells.status == Status.MISSING).any():
        raise _missing(where)
    if (cells.status != Status.VALID).any():
        problem = "a person's id is not a whole number; declare the column as identifier"
        raise DataError(f"{where}: {problem}", public=problem)
    distinct, positions = np.unique(cells.keys, return_inverse=True)
    return Persons([str(key).encode() for key in distinct.tolist()], positions.astype(np.int64))


def _missing(where: str) -> DataError:
    problem = "a row has no person; give each row one or drop those rows"
    return DataError(f"{where}: {problem}", public=problem)
