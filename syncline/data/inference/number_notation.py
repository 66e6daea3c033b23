"""Whether texts that could be read as numbers are codes: distinct texts must stay distinct.

A code is written one way: 250.0 and 250.00 are two diagnoses, 00123 is a postcode, 1E1 a room. Programs write
numbers in few ways: a sign or a point stands in their exponents, and rows that two of them wrote may hold 63
and 63.0, or .4 and 0.4.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from syncline.data.inference.seen_cells import Mask, Rows, sample
from syncline.data.note import counted

LIST_DISTINCT = 100
"""Up to so many distinct texts are a list of labels, however few rows hold each."""

LIST_ROWS = 3
"""More of them are a list where each is held by so many rows on average."""

MIXED_TWINS = 2
"""Whole numbers that stand with and without ``.0`` from which on two programs wrote the column."""

FEW_SHARE = 0.005
"""Up to this share of a column's cells, what they hold does not decide for the others."""

_PADDED = re.compile(r"[-+]?0[0-9]")
_BARE_EXPONENT = re.compile(r"[0-9]+[eE][0-9]{1,2}")
_FRACTION = re.compile(r"\.[0-9]*[1-9]")
_PROGRAM_EXPONENT = re.compile(r"[eE][-+]|\.[0-9]*[eE]")
_DOTTED_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")


def is_padded_code(text: str) -> bool:
    """Tell whether a number is written like a code, as 00123 is."""
    return _PADDED.match(text) is not None


def is_bare_exponent(text: str) -> bool:
    """Tell whether a text is digits, an E and digits, as no program writes a number."""
    return _BARE_EXPONENT.fullmatch(text) is not None


def is_list(distinct: int, held: int) -> bool:
    """Tell whether so many distinct texts in so many cells look like a list of labels."""
    return distinct <= LIST_DISTINCT or LIST_ROWS * distinct <= held


def is_few(cells: int, held: int) -> bool:
    """Tell whether so many of ``held`` cells are too few to decide for the others."""
    return cells <= FEW_SHARE * held


def code_reason(labels: Sequence[str], rows: Rows, values: npt.NDArray[np.float64]) -> str | None:
    """Return why texts (k,) that read as ``values`` (k,) are codes, None where they are numbers."""
    held = int(rows.sum())
    padded = np.array([is_padded_code(label) for label in labels], np.bool_)
    if _decides(padded, rows):
        return f"leading zeros in {counted(int(rows[padded].sum()))}"
    if not is_list(len(labels), held):
        return None
    bare = np.array([is_bare_exponent(label) for label in labels], np.bool_)
    if _decides(bare, rows):
        return f"digits with an E between them in {counted(int(rows[bare].sum()))}"
    twins = twins_of(labels, values) or _whole_codes(labels)
    if twins and _decides(np.isin(labels, [text for pair in twins for text in pair]), rows):
        return f"{sample(twins[0])} are one number"
    return None


def twins_of(labels: Sequence[str], values: npt.NDArray[np.float64]) -> list[list[str]]:
    """Return the texts that write one number in several ways, but for those in which programs differ."""
    groups: defaultdict[float, list[str]] = defaultdict(list)
    for label, value in zip(labels, values.tolist(), strict=True):
        groups[value].append(label)
    shared = (texts for texts in groups.values() if len(texts) > 1)
    return [sorted(texts) for texts in shared if len({_as_programs_agree(text) for text in texts}) > 1]


def whole_twins(labels: Sequence[str]) -> list[str]:
    """Return the whole numbers that stand with and without ``.0`` in a column of other fractions too."""
    known = set(labels)
    if not any(_FRACTION.search(label) for label in labels):
        return []
    return [label for label in labels if label + ".0" in known]


def _whole_codes(labels: Sequence[str]) -> list[list[str]]:
    """Return whole numbers with and without ``.0`` that are codes: two programs would leave more of them."""
    twins = whole_twins(labels)
    whole = {label.removesuffix(".0") for label in labels if not _FRACTION.search(label)}
    if len(twins) >= MIXED_TWINS and 2 * len(twins) >= len(whole):
        return []
    return [[label, label + ".0"] for label in twins]


def _as_programs_agree(text: str) -> str:
    if _PROGRAM_EXPONENT.search(text):
        text = repr(float(text))
    text = text.removeprefix("-").removesuffix(".0") if float(text) == 0 else text.removesuffix(".0")
    return re.sub(r"^(-?)\.", r"\g<1>0.", text)


def may_be_thousands(labels: Sequence[str]) -> bool:
    """Tell whether points may stand between thousands: 1.234 beside 850, and no other form of fraction."""
    dotted = [label for label in labels if "." in label]
    return len(dotted) < len(labels) and bool(dotted) and all(map(_DOTTED_THOUSANDS.fullmatch, dotted))


def _decides(found: Mask, rows: Rows) -> bool:
    return bool(found.any()) and not is_few(int(rows[found].sum()), int(rows.sum()))
