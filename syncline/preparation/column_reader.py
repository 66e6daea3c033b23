"""Read one column of a source as the cells of one variable."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from syncline.data.batch import Keys, Status
from syncline.data.calendar_values import calendar_from_array, calendar_from_text, is_natural_calendar
from syncline.data.cell_text import distinct_text, is_text_dictionary, normal_text, positions
from syncline.data.grid import Grid
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.numbers import (
    floats_from_array,
    floats_from_text,
    integers_from_array,
    integers_from_text,
    is_plain_number,
)
from syncline.data.scalars import KEY_LIMIT, scalar_key
from syncline.data.values import Cells, Values
from syncline.data.variable import Variable
from syncline.preparation.categories import CategoryLookup, missing_texts
from syncline.preparation.dictionary_memo import DictionaryMemo

_INFINITE = frozenset({"inf", "-inf"})
"""What a code for missing calls numbers that are too large for their type."""


class CategoryReader:
    """Read columns as a variable whose values are named categories."""

    def __init__(self, variable: Variable) -> None:
        self._lookup = CategoryLookup(variable)
        self._memo = DictionaryMemo(self._of_texts, Cells.joined)

    def read(self, column: pa.Array, where: str) -> Cells:
        """Return the cells of ``column`` (n,); ``where`` names it in messages."""
        if is_text_dictionary(column):
            return self._memo.of(column.dictionary).spread(positions(column.indices))
        texts, places = distinct_text(column, where)
        return self._of_texts(texts).spread(places)

    def _of_texts(self, texts: pa.Array) -> Cells:
        values = self._lookup.read(normal_text(texts))
        return Cells(values.numbers.astype(np.int64), values.status)


class OrderedReader:
    """Read columns as a variable whose values lie on a grid: numbers, dates, times and durations.

    A cell that holds the code of a named state is that state, whether it is written as the code is or, where
    the code is a value, in another way (``-8.0`` for ``-8``).
    """

    def __init__(self, variable: Variable, grid: Grid) -> None:
        self._variable = variable
        self._grid = grid
        self._range = variable.key_range
        self._missing_texts = pa.array(list(missing_texts(variable.missing)), pa.string())
        codes = self._from_text(self._missing_texts)
        self._missing_numbers = codes.numbers[codes.status == Status.VALID]
        self._states = variable.states
        self._state_texts = pa.array([state.code for state in self._states], pa.string())
        self._state_values = self._from_text(self._state_texts)
        self._infinite_is_missing = bool(_INFINITE.intersection(missing_texts(variable.missing)))
        self._memo = DictionaryMemo(self._of_texts, Cells.joined)

    def read(self, column: pa.Array, where: str) -> Cells:
        """Return the cells of ``column`` (n,); ``where`` names it in messages."""
        if is_text_dictionary(column):
            return self._memo.of(column.dictionary).spread(positions(column.indices))
        if pa.types.is_dictionary(column.type):
            return self.read(column.dictionary, where).spread(positions(column.indices))
        if pa.types.is_string(column.type):
            return self._of_texts(column)
        if self._is_natural(column.type):
            if self._infinite_is_missing and pa.types.is_floating(column.type):
                column = pc.if_else(pc.is_inf(column), pa.scalar(None, column.type), column)
            values = self._from_array(column)
            return self._with_states(self._cells(values), values, np.full(len(column), -1, np.int64))
        texts, places = distinct_text(column, where)
        return self._of_texts(texts).spread(places)

    def _of_texts(self, texts: pa.Array) -> Cells:
        texts = normal_text(texts)
        values = self._from_text(texts)
        coded = pc.is_in(texts, value_set=self._missing_texts).to_numpy(zero_copy_only=False)
        values.status[coded] = Status.MISSING
        if not len(self._states):
            return self._cells(values)
        places = positions(pc.index_in(texts, self._state_texts)).copy()
        return self._with_states(self._cells(values), values, places)

    def _is_natural(self, kind: pa.DataType) -> bool:
        if self._variable.kind in NUMERIC_KINDS:
            return is_plain_number(kind)
        return is_natural_calendar(kind, self._variable)

    def _from_text(self, texts: pa.Array) -> Values:
        match self._variable.kind:
            case Kind.INTEGER:
                return integers_from_text(texts)
            case Kind.CONTINUOUS:
                return floats_from_text(texts)
            case _:
                return calendar_from_text(texts, self._variable)

    def _from_array(self, column: pa.Array) -> Values:
        match self._variable.kind:
            case Kind.INTEGER:
                return integers_from_array(column)
            case Kind.CONTINUOUS:
                return floats_from_array(column)
            case _:
                return calendar_from_array(column, self._variable)

    def _cells(self, values: Values) -> Cells:
        """Place values on the grid; a missing code is one before it is a value out of range."""
        status = values.status
        if len(self._missing_numbers):
            missing = (status == Status.VALID) & np.isin(values.numbers, self._missing_numbers)
            status = np.where(missing, np.uint8(Status.MISSING), status)
        valid = status == Status.VALID
        numbers = np.where(valid, values.numbers, 0)
        keys = self._nearest_within(numbers, self._grid.keys_from_numbers(numbers))
        status = np.where(valid & self._is_outside(keys), np.uint8(Status.OUT_OF_RANGE), status)
        return Cells(np.where(status == Status.VALID, keys, 0), status)

    def _nearest_within(self, numbers: npt.NDArray[np.float64] | npt.NDArray[np.int64], keys: Keys) -> Keys:
        """Return keys (n,) of steps, those of values within the range moved to a step within it."""
        if self._grid.width is None:
            return keys
        if self._variable.kind is Kind.TIME:
            keys = np.clip(keys, *self._grid.extent)  # the step after the last is midnight
        if self._range is None or self._variable.range is None:
            return keys
        low, high = (scalar_key(bound, self._variable.places) for bound in self._variable.range)
        fine = Grid(self._grid.kind, self._grid.decimals).keys_from_numbers(numbers)
        return np.where((fine >= low) & (fine <= high), np.clip(keys, *self._range), keys)

    def _with_states(self, cells: Cells, values: Values, places: npt.NDArray[np.int64]) -> Cells:
        """Set the cells that hold states, by their text (of which ``places`` (n,) tells which) or value."""
        for place, state in enumerate(self._states):
            if self._state_values.status[place] == Status.VALID:
                alike = (values.status == Status.VALID) & (
                    values.numbers == self._state_values.numbers[place]
                )
                places[alike] = place
            held = places == place
            cells.keys[held], cells.status[held] = state.key, Status.VALID
        return cells

    def _is_outside(self, keys: Keys) -> npt.NDArray[np.bool_]:
        outside = np.zeros(len(keys), np.bool_)
        if self._grid.is_even:
            outside |= (keys >= KEY_LIMIT) | (keys <= -KEY_LIMIT)
        if self._range is not None:
            outside |= (keys < self._range[0]) | (keys > self._range[1])
        return outside


def reader_of(variable: Variable) -> CategoryReader | OrderedReader:
    """Return the reader of a modelled variable."""
    grid = variable.grid
    return CategoryReader(variable) if grid is None else OrderedReader(variable, grid)
