"""Values of a column that lie far from all others and look like codes, however few cells hold them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from syncline.data.inference.far_values import far_codes
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.scalars import read_scalar, scalar_key, write_scalar
from syncline.data.variable import Variable
from syncline.preparation.steps.exact_numbers import read_decimal

_CALENDAR = frozenset({Kind.DATE, Kind.DATETIME})


def far_sentinels(variable: Variable, cells: Mapping[str, int]) -> dict[str, int]:
    """Return the codes among labels, of which each is held by so many ``cells``, with their cells.

    They are shown as the schema would write them: only what looks like a code to anybody is returned, such as
    -9, 999 or 9999-12-31, and no value of a person.
    """
    values: dict[str, tuple[float, int]] = {}
    for label, held in cells.items():
        found = _value(variable, label)
        if found is not None:
            text, number = found
            values[text] = (number, values.get(text, (number, 0))[1] + held)
    labels = sorted(values)
    numbers = np.array([values[label][0] for label in labels], np.float64)
    rows = np.array([values[label][1] for label in labels], np.int64)
    return {labels[place]: int(rows[place]) for place in sorted(far_codes(labels, numbers, rows))}


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
