"""Which tables are wide; free of NumPy, for an approval says what is asked of one."""

from __future__ import annotations

FULL_COLUMNS = 100
"""Columns up to which a table is searched whole."""


def is_wide(columns: int) -> bool:
    """Tell whether a table of so many modelled columns is searched among neighbours only."""
    return columns > FULL_COLUMNS
