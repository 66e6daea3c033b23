"""Equality of records that hold arrays, which a dataclass's own ``==`` cannot decide."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def equal_fields(one: Any, other: Any) -> bool:  # Any: dataclasses of any kind
    """Tell whether two records are of one class and equal in every field that is compared, arrays whole."""
    if type(one) is not type(other):
        return False
    compared = (field.name for field in fields(one) if field.compare)
    return all(_equal(getattr(one, name), getattr(other, name)) for name in compared)


def _equal(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b)
        )
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    return a == b
