"""Numbers that may be days as a spreadsheet counts them: 44927 for 2023-01-01, 44927.5 at noon.

Nothing but the name of a column tells them from other numbers, so they are named and stay numbers. From March
1900 on they count from 1899-12-30, as spreadsheets have a 29 February 1900 (ECMA-376 part 1, 18.17.4.1).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from syncline.data.inference.draft import ColumnCells
from syncline.data.inference.seen_cells import Rows
from syncline.data.note import Deed, Note, counted

Floats = npt.NDArray[np.float64]

FIRST, LAST = 7306, 73_050
"""1920-01-01 and 2099-12-31, as a spreadsheet counts them."""

_ENOUGH = 10
_NAMES = re.compile(
    r"(^|[^a-z])(date|datum|dat|day|dob|birth|born|geb|geburtsdatum|dt|datetime|timestamp|admitted|discharged)s?"
    r"($|[^a-z])|date$|datum$"
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def day_serial_notes(cells: ColumnCells, values: Floats, rows: Rows) -> tuple[Note, ...]:
    """Return the note that numbers (k,) of a column may be days; none where its name does not say so."""
    named = _NAMES.search(_CAMEL.sub(" ", cells.name).lower()) is not None
    if not named or len(values) < _ENOUGH or not ((values >= FIRST) & (values <= LAST)).all():
        return ()
    count = int(rows.sum())
    why = "by the column's name they may be days as a spreadsheet counts them: 44927 is 2023-01-01"
    remedy = (
        "show them as dates in the spreadsheet before the table is saved, so that they are written as days"
    )
    return (cells.note(Deed.GUESSED, f"{counted(count)} modelled as numbers", why, remedy, count),)
