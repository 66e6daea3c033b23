"""What a given schema reads otherwise than it is written: values between two steps, and leading zeros.

A schema that was inferred from the table says so by its own notes. Of one that was given, whoever looks at a
table with it is told here, counted where the rows lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.calendar_values import calendar_from_text
from syncline.data.cell_text import distinct_text
from syncline.data.inference.number_notation import is_padded_code
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.numbers import floats_from_text
from syncline.data.scalars import KEY_LIMIT
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.sources.container import unread_columns
from syncline.sources.source import Source

_READ_ROWS = 65_536
_NOISE = 1e-9
"""What a binary fraction may differ from a decimal one, as a part of the number."""


@dataclass(frozen=True, slots=True)
class ReadOtherwise:
    """How many cells of a column lie between two steps of its grid, and how many have leading zeros."""

    between: int = 0
    padded: int = 0

    def __add__(self, other: ReadOtherwise) -> ReadOtherwise:
        """Return the cells of both."""
        return ReadOtherwise(self.between + other.between, self.padded + other.padded)

    @classmethod
    def of(cls, variable: Variable, texts: Sequence[str], cells: npt.NDArray[np.int64]) -> ReadOtherwise:
        """Count the ``cells`` (k,) that hold each of ``texts`` (k,), trimmed ones of which any may repeat."""
        grid, is_number = variable.grid, variable.kind in NUMERIC_KINDS
        if grid is None:
            return cls()
        written = pa.array(texts, pa.string())
        values = floats_from_text(written) if is_number else calendar_from_text(written, variable)
        named = {*variable.missing, *variable.codes}
        read = (values.status == Status.VALID) & np.array([text not in named for text in texts], np.bool_)
        numbers = values.numbers[read]
        between = np.zeros(len(numbers), np.bool_)
        if (grid.is_even or grid.digits is not None) and (
            variable.kind is not Kind.INTEGER or variable.step is not None
        ):
            between = ~grid.holds(numbers) & ~_is_noise(variable, numbers)
        padded = np.array([is_number and is_padded_code(text) for text in texts], np.bool_) & read
        return cls(int(cells[read][between].sum()), int(cells[padded].sum()))


def _is_noise(
    variable: Variable, numbers: npt.NDArray[np.int64] | npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Tell which numbers (n,) miss their step by no more than a binary fraction does, or have none."""
    if variable.kind is not Kind.CONTINUOUS or variable.grid is None:
        return np.zeros(len(numbers), np.bool_)
    keys = variable.grid.keys_from_numbers(numbers)
    away = np.abs(variable.grid.values(keys) - numbers)
    beyond = np.abs(keys) >= KEY_LIMIT  # out of range, and no step
    return np.asarray(beyond | (away <= _NOISE * np.maximum(np.abs(numbers), 1.0)), np.bool_)


def reading_notes(schema: Schema, source: Source, whose: str = "") -> Iterator[Note]:
    """Yield the notes on cells of ``source`` that ``schema`` reads otherwise, ``whose`` they are."""
    unread = unread_columns(source)
    ordered = [
        variable
        for variable in schema.modelled
        if variable.grid is not None and variable.name in source.columns and variable.name not in unread
    ]
    found = {variable.name: ReadOtherwise() for variable in ordered}
    for batch in source.batches(list(found), _READ_ROWS) if ordered else ():
        for variable in ordered:
            where = f"{source.name}: column {shown(variable.name)!r}"
            texts, places = distinct_text(batch.column(variable.name), where)
            cells = np.bincount(places[places >= 0], minlength=len(texts))
            labels = [text or "" for text in texts.to_pylist()]
            found[variable.name] += ReadOtherwise.of(variable, labels, cells)
    for variable in ordered:
        yield from _notes(variable, found[variable.name], whose)


def _notes(variable: Variable, found: ReadOtherwise, whose: str) -> Iterator[Note]:
    if found.between:
        what = f"{counted(found.between)} {whose}".strip()
        grid = f"step: {variable.step}" if variable.step is not None else f"decimals: {variable.decimals}"
        grid = f"digits: {variable.digits}" if variable.digits is not None else grid
        grid += f", origin: {variable.origin}" if variable.origin is not None else ""
        yield Note(
            variable.name,
            Deed.MOVED,
            f"{what} to the nearest value of the grid",
            f"the schema declares {grid}",
            "declare a finer grid where their own values count",
            found.between,
        )
    if found.padded:
        yield Note(
            variable.name,
            Deed.GUESSED,
            f"{counted(found.padded)} {whose}".strip() + " with leading zeros read as numbers",
            f"the schema declares kind: {variable.kind}",
            "declare kind: categorical with its categories where they are codes: a number has no such zeros",
            found.padded,
        )
