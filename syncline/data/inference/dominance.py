"""Whether one way to read a column is that of nearly all of its cells: one bad cell decides nothing."""

from __future__ import annotations

from syncline.data.inference.seen_cells import Mask, Rows
from syncline.data.variable import MAX_LABEL

MOST_ODD = 12
"""Distinct texts of another kind that a column may hold at most; with more it is of no one kind."""

ODD_SHARE = 0.01
"""The share of cells of another kind up to which a column of few values keeps its kind."""

VALUES_EACH = 10
"""With so many distinct values for each distinct text of another kind, such cells may be any number."""

MOST_TEXT_SHARE = 0.5

MANY_VALUES = 50
"""With so many distinct values beside at most ``FEW_WORDS`` texts, these may be nearly all cells: an income
that is *not applicable* for most is a number all the same.
"""

FEW_WORDS = 3


def dominates(read: Mask, rows: Rows, labels: tuple[str, ...]) -> bool:
    """Tell whether the labels (k,) that can be ``read`` so make the kind of the column."""
    held, odd = int(rows.sum()), int(rows[~read].sum())
    distinct, others = int(read.sum()), int((~read).sum())
    if not distinct:
        return False
    if not others:
        return True
    long = any(
        len(label) > MAX_LABEL for label, is_read in zip(labels, read.tolist(), strict=True) if not is_read
    )
    return not long and may_stand_beside(others, odd, distinct, held)


def may_stand_beside(others: int, odd: int, distinct: int, held: int) -> bool:
    """Tell whether so many other texts, in ``odd`` of the ``held`` cells, leave values what they are."""
    if others > MOST_ODD:
        return False
    mostly = odd <= MOST_TEXT_SHARE * held or (distinct >= MANY_VALUES and others <= FEW_WORDS)
    many = distinct >= max(VALUES_EACH * others, 20) and mostly
    return odd <= ODD_SHARE * held or many
