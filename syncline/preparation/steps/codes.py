"""Find what a code list says about a cell: by its text, or by its number where both are numbers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Generic, TypeVar

from syncline.data.labels import normal_label
from syncline.data.section import shown
from syncline.preparation.steps.exact_numbers import read_decimal

T = TypeVar("T")


class CodeList(Generic[T]):
    """Map codes to meanings: ``-9`` is found as ``-9.0``, in NFC and without white space around it."""

    def __init__(self, meanings: Mapping[str, T]) -> None:
        self._labels: dict[str, T] = {}
        self._numbers: dict[Decimal, T] = {}
        for code, meaning in meanings.items():
            self._add(code, meaning)

    @property
    def labels(self) -> tuple[str, ...]:
        """The codes as texts."""
        return tuple(self._labels)

    @property
    def numbers(self) -> tuple[Decimal, ...]:
        """Those of the codes that are numbers."""
        return tuple(self._numbers)

    def find(self, text: str) -> T | None:
        """Return the meaning of ``text``, or None where no code is equal to it."""
        label = normal_label(text)
        if label in self._labels:
            return self._labels[label]
        number = read_decimal(label)
        return None if number is None else self._numbers.get(number)

    def _add(self, code: str, meaning: T) -> None:
        label = normal_label(code)
        number = read_decimal(label)
        if label in self._labels or (number is not None and number in self._numbers):
            raise ValueError(f"names the code {shown(label)!r} twice; keep one")
        self._labels[label] = meaning
        if number is not None:
            self._numbers[number] = meaning
