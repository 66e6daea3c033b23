"""Codes for missing that a column shows: words that are no values, and numbers apart from all values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from syncline.data.inference.far_values import looks_like_code
from syncline.data.inference.missing_words import is_said
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.labels import is_printable_line, normal_label
from syncline.data.scalars import read_scalar
from syncline.data.truth_words import TRUTH
from syncline.data.variable import MAX_LABEL, Variable
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.exact_numbers import read_decimal

CATEGORY_CODES = frozenset(map(Decimal, ("-1", "-8", "-9", "-99", "-999")))
"""Numbers that mean missing almost everywhere where they are no category."""

APART = Decimal("0.5")
"""A code stands so many times the span of all values away from the nearest of them."""

_NO_MOMENT = re.compile(r"(?:0+|9+)(?:[./:-](?:0+|9+)){0,2}")
"""Noughts and nines where a day or a time should be, as in 0000-00-00; 00:00 is a time of day, or no span."""


def missing_candidates(variable: Variable, labels: Sequence[str]) -> list[str]:
    """Return the labels of a column that look like codes for missing and are none of its values.

    What the schema declares as a code is a state of its own, and no candidate. A word is one where the schema
    has no such category. A number is one only where the schema's range leaves it out and it stands apart from
    the column's other numbers: 99 is a glucose among those from 70 to 300.
    """
    known = CodeList(dict.fromkeys([*variable.missing, *variable.codes], True))
    free = [label for label in labels if _may_be_label(label) and known.find(label) is None]
    if variable.kind is Kind.BOOLEAN:
        return [label for label in free if label.casefold() not in TRUTH and _is_code(label)]
    if variable.is_categorical:
        own = CodeList(dict.fromkeys(variable.categories, True))
        return [label for label in free if own.find(label) is None and _is_code(label)]
    if variable.kind not in NUMERIC_KINDS:
        return [label for label in free if _is_code(label) or _is_no_moment(variable, label)]
    words = [label for label in free if is_said(label) and read_decimal(label) is None]
    return words + _apart(variable, free)


def _may_be_label(label: str) -> bool:
    return 0 < len(label) <= MAX_LABEL and is_printable_line(label)


def _is_code(label: str) -> bool:
    return is_said(label) or read_decimal(label) in CATEGORY_CODES


def _is_no_moment(variable: Variable, label: str) -> bool:
    if not _NO_MOMENT.fullmatch(label) or (variable.kind is Kind.DURATION and "9" not in label):
        return False
    try:
        read_scalar(label, variable.kind, variable.zone)
    except ValueError:
        return variable.kind is not Kind.TIME
    return False


def _apart(variable: Variable, labels: Sequence[str]) -> list[str]:
    numbers = {label: number for label in labels if (number := read_decimal(label)) is not None}
    codes = [label for label, number in numbers.items() if _may_be_code(variable, label, number)]
    others = [number for label, number in numbers.items() if label not in codes]
    return [label for label in codes if _stands_apart(numbers[label], others)]


def _may_be_code(variable: Variable, label: str, number: Decimal) -> bool:
    if not looks_like_code(normal_label(label)):
        return False
    if variable.range is None:
        return number < 0
    low, high = (Decimal(str(bound)) for bound in variable.range)
    return not low <= number <= high


def _stands_apart(number: Decimal, others: Sequence[Decimal]) -> bool:
    if not others:
        return False
    low, high = min(others), max(others)
    if number < 0 <= low:
        return True
    away = max(number - high, low - number)
    return away > 0 and away > APART * (high - low)
