"""Values of a column that look like codes: far from all others, or behind a gap that ends a short list."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from syncline.data.inference.far_values import far_codes
from syncline.data.inference.gap_codes import gap_codes
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.scalars import read_scalar, scalar_key, write_scalar
from syncline.data.variable import Variable
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_decimal

_CALENDAR = frozenset({Kind.DATE, Kind.DATETIME})


def far_sentinels(variable: Variable, cells: Mapping[str, int]) -> dict[str, int]:
    """Return the codes among labels, of which each is held by so many ``cells``, with their cells.

    They are shown as the schema would write them: only what looks like a code to anybody is returned, such as
    -9, 999 or 9999-12-31, and no value of a person.
    """
    labels, numbers, rows = _values(variable, cells)
    return {labels[place]: int(rows[place]) for place in sorted(far_codes(labels, numbers, rows))}


def gap_sentinels(variable: Variable, cells: Mapping[str, int]) -> dict[str, int]:
    """Return the labels that may be codes behind a gap, as 9 beside 1, 2 and 3, with their cells.

    Those that lie far from all others are none of them, and neither is a category, which a schema lists.
    """
    labels, numbers, rows = _values(variable, cells)
    far = far_codes(labels, numbers, rows)
    near = np.delete(np.arange(len(labels)), far)
    if variable.kind not in NUMERIC_KINDS:
        return {}
    return {labels[near[k]]: int(rows[near[k]]) for k in gap_codes(numbers[near], rows[near])}


def _values(
    variable: Variable, cells: Mapping[str, int]
) -> tuple[list[str], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return the distinct values (k,) as the schema would write them, as numbers, and the cells of each."""
    declared = CodeList(dict.fromkeys(variable.codes, True))
    values: dict[str, tuple[float, int]] = {}
    for label, held in cells.items():
        found = _value(variable, label)
        if found is not None and not declared.find(found[0]):
            text, number = found
            values[text] = (number, values.get(text, (number, 0))[1] + held)
    labels = sorted(values)
    numbers = np.array([values[label][0] for label in labels], np.float64)
    rows = np.array([values[label][1] for label in labels], np.int64)
    return labels, numbers, rows


def _value(variable: Variable, label: str) -> tuple[str, float] | None:
    """Return a label as it is written at its shortest, and as a number."""
    if variable.kind in NUMERIC_KINDS:
        number = read_decimal(label)
        return None if number is None else (f"{number.normalize():f}", float(number))
    if variable.kind not in _CALENDAR:
        return None
    try:
        value = read_scalar(label, variable.kind, variable.zone)
    except ValueError:
        return None
    return write_scalar(value), float(scalar_key(value))
