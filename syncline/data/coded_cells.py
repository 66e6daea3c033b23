"""The cells of a column with named states: how a release holds them, and which keys no value may have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from syncline.data.batch import Keys
from syncline.data.kinds import Kind
from syncline.data.variable import Variable


def are_typed(variable: Variable) -> bool:
    """Tell whether a released column of an ordered kind keeps its type: all its codes are values of the kind.

    A column with a code that is a word is text, in which values stand as in a CSV file.
    """
    return variable.states.are_values


def values_with_states(
    variable: Variable, keys: Keys
) -> npt.NDArray[Any]:  # Any: the type follows from the kind
    """Return the values of keys (n,), with the value that each code is in the cells of its state."""
    grid = variable.grid
    assert grid is not None
    if not variable.codes:
        return grid.values(keys)
    values = grid.values(np.where(variable.are_values(keys), keys, 0))
    for state in variable.states:
        if state.number is not None:
            values[keys == state.key] = (
                np.array(state.number)
                .astype(values.dtype if variable.kind is Kind.CONTINUOUS else np.int64)
                .astype(values.dtype)
            )
    return values


def off_codes(variable: Variable, keys: Keys) -> Keys:
    """Return keys (n,) of which none is the value that a code is: it would be read as the state.

    Such a key is moved to the next below it or, where the values end there, above it.
    """
    taken = _taken(variable) if variable.codes else []
    if not taken:
        return keys
    low, high = variable.value_extent
    moved = keys.copy()
    for key in taken:
        below, above = key, key
        while below in taken:
            below -= 1
        while above in taken:
            above += 1
        free = below if below >= low else above
        if low <= free <= high:
            moved[keys == key] = free
    return moved


def _taken(variable: Variable) -> list[int]:
    """Return the keys of values that are written as codes."""
    low, high = variable.value_extent
    found = []
    for state in variable.states:
        if state.value is None:
            continue
        try:
            key = variable.place_of(state.value)
        except OverflowError:
            continue
        exact = key.denominator == 1 and low <= key <= high
        if exact and _is_exactly(variable, int(key), state.number):
            found.append(int(key))
    return found


def _is_exactly(variable: Variable, key: int, number: int | float | None) -> bool:
    assert variable.grid is not None
    value = variable.grid.values(np.array([key], np.int64))[0]
    return bool((value if variable.kind is Kind.CONTINUOUS else np.array(value).astype(np.int64)) == number)
