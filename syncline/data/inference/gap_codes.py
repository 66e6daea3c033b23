"""Codes for missing behind a gap: 9, 99, 8 and 9 or -9 beside small codes such as 1, 2 and 3.

They are too near to lie far from all others, and 9 may as well be an answer, so nothing is decided: whoever
looks at the table is asked. Such a number is one only where whole numbers without a hole, or with far smaller
holes, stand before it, and where these do not fade out, as the counts of a long tail do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from syncline.data.inference.draft import ColumnCells
from syncline.data.inference.far_values import ENOUGH_ROWS, MOST_NEGATIVE
from syncline.data.inference.seen_cells import Mask, Rows, sample
from syncline.data.note import Deed, Note, counted
from syncline.data.values import NumberArray

GAP = 3
"""A code lies at least so far behind the nearest of all others: 9 beside 1 to 6, and not beside 1 to 7."""

HOLES = 3
"""The gap before a code of several digits is so many times the largest hole between two of the others."""

FADED = 5
"""The last number before the gap is in so many rows at least, or in at most half the rows of the codes."""

FEWEST_BESIDE = 4
"""Distinct numbers of 0 and above beside which negative ones are few."""

_GROUPS = tuple(
    group
    for nines in (9, 99, 999, 9999)
    for group in (
        (nines - nines // 9 * 2, nines - nines // 9, nines),
        (nines - nines // 9, nines),
        *(((nines - 2, nines - 1, nines), (nines - 1, nines)) if nines > 9 else ()),
        (nines,),
    )
)
"""Codes that end a list, as 7, 8 and 9, as 88 and 99, as 98 and 99, or as 999."""

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}(?:\.0*)?")

WHY = "behind a gap it ends a list of whole numbers, as codes for missing do"
REMEDY = "declare it under 'codes' or 'missing' if it is one"


def gap_codes(values: NumberArray, rows: Rows) -> list[int]:
    """Return the places of distinct numbers (k,), each in ``rows`` (k,), that may be codes behind a gap."""
    numbers = np.asarray(values, np.float64)
    if int(rows.sum()) < ENOUGH_ROWS or not (numbers == np.rint(numbers)).all():
        return []
    lone = _lone_negatives(numbers, rows)
    above, below = _group(numbers), _group(-numbers) | lone
    rest = ~(above | below)
    if not rest.any() or numbers[rest].min() < 0 or (np.count_nonzero(rest) == 1 and numbers[rest][0] > 1):
        return []
    top = int(rows[rest][numbers[rest].argmax()])
    fades = top < FADED and rows[above].sum() < 2 * top
    if fades or not _stand_apart(numbers[rest], numbers[above]):
        above[:] = False
    if not lone.any() and not _stand_apart(-numbers[rest], -numbers[below]):
        below[:] = False
    return [int(place) for place in np.flatnonzero(above | below)]


def gap_labels(labels: Sequence[str], rows: Rows) -> list[str]:
    """Return which of distinct ``labels`` (k,) that are all digits may be codes behind a gap."""
    if not all(map(_WHOLE.fullmatch, labels)):
        return []
    values = np.array([float(label) for label in labels], np.float64)
    return [labels[place] for place in gap_codes(values, rows)]


def gap_notes(cells: ColumnCells, labels: Sequence[str], rows: Rows, read_as: str) -> tuple[Note, ...]:
    """Return the note on ``labels`` (k,) that may be codes behind a gap, none where there are none."""
    found = gap_labels(labels, rows)
    if not found:
        return ()
    count = cells.seen.count(found)
    return (cells.note(Deed.GUESSED, f"{counted(count)} with {sample(found)} {read_as}", WHY, REMEDY, count),)


def _group(numbers: NumberArray) -> Mask:
    """Tell which of the greatest numbers (k,) are the codes that end a list."""
    ordered = np.sort(numbers)
    for group in _GROUPS:
        if len(group) < len(ordered) and tuple(ordered[-len(group) :].tolist()) == group:
            return np.isin(numbers, group)
    return np.zeros(len(numbers), np.bool_)


def _lone_negatives(numbers: NumberArray, rows: Rows) -> Mask:
    """Tell which of distinct whole numbers (k,) are negative, where these are few, frequent and behind a gap.

    No amount is -7 in a third of the rows where all others are 0 to 75: the gap is wider than any between
    these.
    """
    below = numbers < 0
    rest = np.sort(numbers[~below])
    if not 0 < np.count_nonzero(below) <= MOST_NEGATIVE or len(rest) < FEWEST_BESIDE:
        return np.zeros(len(numbers), np.bool_)
    gap = float(rest[0] - numbers[below].max())
    frequent = rows[below].min() >= max(ENOUGH_ROWS, float(np.median(rows[~below])))
    return below & (frequent and gap >= GAP and gap > float(np.diff(rest).max()))


def _stand_apart(rest: NumberArray, codes: NumberArray) -> bool:
    """Tell whether ``codes`` lie above the ``rest`` behind a gap that is wide beside it."""
    if not len(codes):
        return False
    ordered = np.sort(rest)
    gap, span = float(codes.min() - ordered[-1]), float(ordered[-1] - ordered[0])
    hole = float(np.diff(ordered).max(initial=1.0))
    is_dense = hole == 1 if np.abs(codes).max() <= max(_GROUPS[0]) else gap >= HOLES * hole
    return gap >= GAP and 2 * gap >= span and is_dense
