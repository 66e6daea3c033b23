"""Equality of records that hold arrays, which a dataclass's own ``==`` cannot decide."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np


def equal_fields(one: Any, other: Any) -> bool:  # Any: dataclasses of any kind
    """Tell whether two records are of one class and equal in every field, arrays compared as a whole."""
    if type(one) is not type(other):
        return False
    return all(_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(one))


def _equal(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return (
            isinstance(a, np.ndarray)
            and isinstance(b, np.ndarray)
            and a.dtype == b.dtype
            and np.array_equal(a, b)
        )
    return a == b
