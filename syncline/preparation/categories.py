"""Categories and booleans: texts looked up in the schema's list.

A text is a category when both are equal after trimming, in NFC. Where none is, a whole number is tried in its
other form: ``7.0`` for the category ``7`` and the reverse, because columns of codes turn into floating-point
numbers as soon as one cell is missing. A boolean is written true/false, yes/no, t/f, y/n, 1/0 or in the words
of other languages (:mod:`~syncline.data.truth_words`), in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.kinds import Kind
from syncline.data.labels import normal_label
from syncline.data.truth_words import TRUTH
from syncline.data.values import Values
from syncline.data.variable import Variable

_MISSING = -1


class CategoryLookup:
    """Find the position of texts in a variable's list of categories."""

    def __init__(self, variable: Variable) -> None:
        self._folds_case = variable.kind is Kind.BOOLEAN
        known = TRUTH if self._folds_case else _positions(variable.categories)
        self._positions = _with_other_forms({**known, **missing_texts(variable.missing)})

    def read(self, texts: pa.Array) -> Values:
        """Look up distinct ``texts`` (n,), trimmed and in NFC."""
        found = [self._position(text) for text in texts.to_pylist()]
        numbers = np.array([position or 0 for position in found], np.int64)
        unknown = np.array([position is None for position in found], np.bool_)
        status = np.where(numbers == _MISSING, np.uint8(Status.MISSING), np.uint8(Status.VALID))
        return Values(np.maximum(numbers, 0), np.where(unknown, np.uint8(Status.UNKNOWN), status))

    def _position(self, text: str | None) -> int | None:
        if text is None:
            return _MISSING
        position = self._positions.get(text)
        if position is None and self._folds_case:
            return self._positions.get(text.casefold())
        return position


def missing_texts(codes: Iterable[str]) -> dict[str, int]:
    """Return the texts that mean missing, the empty one among them."""
    return dict.fromkeys(["", *(normal_label(code) for code in codes)], _MISSING)


def _positions(categories: tuple[str, ...]) -> dict[str, int]:
    return {normal_label(label): position for position, label in enumerate(categories)}


def _with_other_forms(known: Mapping[str, int]) -> dict[str, int]:
    """Add the other form of each whole number, unless it is known as something else."""
    forms = {_other_form(text): position for text, position in known.items()}
    return {**forms, **known}


def _other_form(text: str) -> str:
    match = re.fullmatch(r"(-?[0-9]+)(\.0)?", text)
    if match is None:
        return text
    return match[1] if match[2] else f"{text}.0"
