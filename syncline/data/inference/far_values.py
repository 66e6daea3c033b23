"""Values that lie far from all others: broken cells, which must not decide a grid and a range, and codes.

A number of another order of magnitude (1e300 among tens) is no value of the column: an overflow, or a code.
It is listed under ``missing``. A value that is merely far, or looks like a code (999, 9999-12-31), is named
only, since whether it means something is for the table's owner to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from syncline.data.inference.number_notation import is_few
from syncline.data.inference.seen_cells import Mask, Rows
from syncline.data.values import NumberArray

ANOTHER_ORDER = 1e6
"""A number that is so many times the next one in size is of another order of magnitude."""

ENOUGH_ROWS, ENOUGH_VALUES = 20, 3
"""Rows, and distinct values beside it, from which on a value can be called far from the others."""

MOST_CODES = 6
"""Values at most that stand far from all others together, as 97, 98 and 99 do beside answers from 1 to 5."""

MOST_LONE = 2
"""Values below zero at most that are codes by their look alone, beside three times as many others."""

MOST_NEGATIVE, VALUES_BESIDE, SPIKE = 6, 20, 3
"""Negative numbers at most that are codes beside at least so many others, of each of which a code has so many
times the rows.
"""

APART = 0.5
"""Negative numbers are codes where they lie so many times the span of all others below them."""

FAR_BEYOND = 2.0
"""A code lies so many times the span of all other values beyond them."""

SLIP_BEYOND = 5.0
"""A day that is no code is a slip where it lies so many times the span of all other days beyond them."""

_NINES = re.compile(r"-?(?:9+|8{2,}|9+[678]|7{3,})(?:\.0+)?")
_OPEN_END = re.compile(r"9999-")
_FIRST_DAYS = frozenset({"0001-01-01", "1111-11-11", "1582-10-15", "1753-01-01", "1800-01-01", "1840-12-31"})
_NO_DAYS = frozenset({"1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01"})


def of_another_order(values: npt.NDArray[np.float64], rows: Rows) -> Mask:
    """Tell which of distinct numbers (k,) are broken: few, and of another order than all others."""
    held, broken = int(rows.sum()), np.zeros(len(values), np.bool_)
    if held < ENOUGH_ROWS:
        return broken
    size = np.abs(values)
    order = np.argsort(size, kind="stable")
    ordered, above = size[order], np.cumsum(rows[order][::-1])[::-1]
    for place in range(len(order) - 1, 0, -1):
        if not (is_few(int(above[place]), held) or above[place] == 1):
            break
        below = ordered[place - 1]
        if below > 0 and ordered[place] / below >= ANOTHER_ORDER and place >= ENOUGH_VALUES:
            broken[order[place:]] = True
    return broken


def far_codes(labels: list[str], values: NumberArray, rows: Rows) -> list[int]:
    """Return the places of the labels (k,) that look like codes far from all other values (k,)."""
    held, ends = int(rows.sum()), [place for place, label in enumerate(labels) if _OPEN_END.match(label)]
    if held < ENOUGH_ROWS:
        return []
    if len(values) <= ENOUGH_VALUES:
        return ends if len(ends) < len(values) else []
    order = np.argsort(values, kind="stable")
    below = len(order) - _together_above(labels, values, order)
    group = order[below:].tolist()
    far, rest = _far_one_by_one(values, order[:below])
    found = [*group, *far, *_lone_negatives(labels, values, rest)]
    coded = [place for place in found if place in group or looks_like_code(labels[place])]
    coded += [place for place in ends if place not in coded and len(ends) < len(values)]
    negative = [place for place, label in enumerate(labels) if label.startswith("-") and values[place] < 0]
    return [*coded, *(place for place in _negative_codes(values, rows, negative) if place not in coded)]


def _far_one_by_one(values: NumberArray, order: npt.NDArray[np.intp]) -> tuple[list[int], list[int]]:
    """Take the greatest value while it is far from the others, then the least; return these, and the rest.

    ``order`` are the places of the values from the least on.
    """
    low, high = 0, len(order) - 1
    while high - low > ENOUGH_VALUES and _is_far(values, order[low:high], order[high]):
        high -= 1
    while high - low > ENOUGH_VALUES and _is_far(values, order[low + 1 : high + 1], order[low]):
        low += 1
    return [*order[:high:-1].tolist(), *order[:low].tolist()], order[low : high + 1].tolist()


def _lone_negatives(labels: list[str], values: NumberArray, rest: list[int]) -> list[int]:
    """Return the one or two values below zero among many others, where they read as -1 or -99 do."""
    negative = [place for place in rest if values[place] < 0]
    few = 4 * len(negative) < len(rest) and len(negative) <= MOST_LONE
    read_so = all(_NINES.fullmatch(labels[place]) or labels[place] == "-1" for place in negative)
    return negative if few and read_so else []


def _together_above(labels: list[str], values: NumberArray, order: npt.NDArray[np.intp]) -> int:
    """Return how many of the greatest values stand far from all others together, at least half of them codes.

    Of 888 and 999 neither is far from the other, but both are from sizes of up to 120.
    """
    for count in range(min(MOST_CODES, len(order) - ENOUGH_VALUES - 1), 1, -1):
        above, below = order[-count:], order[:-count]
        codes = sum(looks_like_code(labels[place]) for place in above)
        if 2 * codes >= count and codes >= 2 and _is_far(values, below, above[0]):
            return count
    return 0


def _negative_codes(values: NumberArray, rows: Rows, below: list[int]) -> list[int]:
    """Return the places ``below`` of a few negative whole numbers, where all others are positive.

    An income is -8 for *refused* and -9 for *not asked*. They are codes where many rows share each of them,
    or where they stand apart from all others. Those that follow on zero without a gap, as the least values of
    a score do, are none.
    """
    others = np.delete(rows, below)
    if not 0 < len(below) <= MOST_NEGATIVE or len(others) < VALUES_BESIDE:
        return []
    numbers = np.asarray(values, np.float64)[below]
    follow_on = set(numbers.tolist()) == set(range(-len(below), 0))
    positive = np.delete(np.asarray(values, np.float64), below)
    apart = positive.min() - numbers.max() >= APART * (positive.max() - positive.min())
    spikes = rows[below] >= np.maximum(ENOUGH_ROWS, SPIKE * np.median(others))
    are_codes = apart or (not follow_on and bool(spikes.all()))
    return below if are_codes and (numbers == np.rint(numbers)).all() else []


def slips_of(labels: Sequence[str], values: NumberArray, rows: Rows, century: float) -> Mask:
    """Tell which of distinct moments (k,) are slips of a digit, as 0202-01-01 is: few, far away, and no code.

    ``century`` is the least distance of one, in the unit of ``values``.
    """
    slips, held = np.zeros(len(values), np.bool_), int(rows.sum())
    if held < ENOUGH_ROWS:
        return slips
    order, few = np.argsort(values, kind="stable"), 0
    low, high = 0, len(order) - 1
    while high - low > ENOUGH_VALUES:
        span = SLIP_BEYOND * float(values[order[high - 1]] - values[order[low + 1]])
        above = float(values[order[high]] - values[order[high - 1]])
        below = float(values[order[low + 1]] - values[order[low]])
        place = int(order[high] if above >= below else order[low])
        few += int(rows[place])
        if max(above, below) <= max(span, century) or not (is_few(few, held) or few == 1):
            break
        slips[place] = not looks_like_code(labels[place])
        low, high = (low, high - 1) if above >= below else (low + 1, high)
    return slips


def looks_like_code(label: str) -> bool:
    """Tell whether a number or a day is one that people and systems write for something else."""
    day = label[:10]
    if re.match(r"[0-9]{4}-", label):
        return day[:4] in ("9999", "2999", "3000", "8888", "7777") or day in _FIRST_DAYS | _NO_DAYS
    return _NINES.fullmatch(label) is not None or label in ("-1", "-1.0")


def _is_far(values: NumberArray, others: npt.NDArray[np.intp], place: np.intp) -> bool:
    rest = values[others]
    low, high = float(rest.min()), float(rest.max())
    value = float(values[place])
    return max(value - high, low - value) > FAR_BEYOND * max(high - low, 1e-300)
