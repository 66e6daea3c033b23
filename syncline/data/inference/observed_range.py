"""The range of a column that was read: from its least to its greatest value, as a reader counts them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from syncline.data.grid import Grid
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.scalars import Scalar
from syncline.data.variable import Variable


def with_range(variable: Variable, numbers: npt.NDArray[np.float64] | npt.NDArray[np.int64]) -> Variable:
    """Return a variable with the range of finite ``numbers`` (k,), days or microseconds among them.

    The ends are values of the variable's grid, to which the reader moves the outermost cells: a range of what
    the cells say would refuse its own table where they lie beside the grid.
    """
    grid = variable.grid
    assert grid is not None
    keys = np.clip(grid.keys_from_numbers(numbers), *grid.extent)
    ends = grid.values(np.array([keys.min(), keys.max()]))
    if variable.kind in NUMERIC_KINDS:
        low, high = ends.tolist()
    else:
        low, high = (scalar_of(variable.kind, variable.zone, int(end)) for end in ends.astype(np.int64))
    return Variable(**{**dict(variable), "range": (low, high)})


def scalar_of(kind: Kind, zone: str | None, number: int) -> Scalar:
    """Return a number of days or microseconds as a value of a kind."""
    if kind is Kind.TIME:
        return (dt.datetime.min + dt.timedelta(microseconds=number)).time()
    value: Scalar = Grid(kind).values(np.array([number], np.int64))[0].item()
    return value.replace(tzinfo=dt.UTC) if zone is not None and isinstance(value, dt.datetime) else value
