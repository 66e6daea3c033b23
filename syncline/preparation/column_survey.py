"""What one column holds, and how many persons hold it: one pass, whose memory does not grow with the rows.

The kinds that are looked for are those of :mod:`syncline.data.inference`. A kind fits where at least
``min_cell`` persons hold a value of it, and fewer than that hold something else: what a few persons hold
decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.calendar_values import calendar_from_text
from syncline.data.cell_text import distinct_text
from syncline.data.grid import Grid
from syncline.data.inference import (
    FREE_TEXT_DISTINCT,
    IDENTIFIER_ROWS,
    MAX_INFERRED_DECIMALS,
    MISSING_CODES,
    is_padded_code,
)
from syncline.data.kinds import Kind
from syncline.data.labels import is_printable_line
from syncline.data.numbers import floats_from_text
from syncline.data.variable import MAX_LABEL, Variable
from syncline.preparation.crowds import Crowd, Ids, by_position

MAX_TEXTS = 10_000
"""Distinct texts that are kept of one column; one that has more holds no categories."""

_WORDS = frozenset({"true", "false"})
_EXACT = 2.0**53
_CALENDAR: Mapping[str, Variable] = {
    "date": Variable(name="x", kind=Kind.DATE),
    "datetime": Variable(name="x", kind=Kind.DATETIME),
    "time": Variable(name="x", kind=Kind.TIME),
    "datetime in UTC": Variable(name="x", kind=Kind.DATETIME, zone="UTC"),
}
BOOLEAN, NUMBER, WORDS, IDENTIFIER, FREE = "boolean", "number", "words", "identifier", "free text"
READINGS = (BOOLEAN, NUMBER, *_CALENDAR)
"""What a column may be read as, in the order of preference."""

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Holders:
    """Count the rows of one text and the persons who hold it."""

    rows: int
    crowd: Crowd


@dataclass(slots=True)
class ColumnSurvey:
    """Count, batch by batch, what a column holds; ``min_cell`` persons are enough to be shown."""

    min_cell: int
    held: int = 0
    missing: int = 0
    is_cut: bool = False
    differs: bool = True
    texts: dict[str, Holders] = field(default_factory=dict, repr=False)
    codes: dict[str, Holders] = field(default_factory=dict, repr=False)
    fits: dict[str, Crowd] = field(default_factory=dict)
    against: dict[str, Crowd] = field(default_factory=dict)
    finer: list[Crowd] = field(default_factory=list)
    holders: Crowd = field(init=False)
    missing_holders: Crowd = field(init=False)

    def __post_init__(self) -> None:
        self.holders, self.missing_holders = self._crowd(), self._crowd()
        self.fits = {reading: self._crowd() for reading in READINGS}
        self.against = {reading: self._crowd() for reading in READINGS}
        self.finer = [self._crowd() for _ in range(MAX_INFERRED_DECIMALS + 1)]

    def add(self, column: pa.Array, ids: Ids, where: str) -> None:
        """Take the cells (n,) of one batch, with the persons (n,) who hold them."""
        texts, places = distinct_text(column, where)
        labels = texts.to_pylist()
        means_missing = np.array([label in MISSING_CODES for label in labels] + [True], np.bool_)
        missing = means_missing[places]
        self.missing += int(missing.sum())
        self.missing_holders.add(ids[missing])
        self.held += int((~missing).sum())
        self.holders.add(ids[~missing])
        for place, own in by_position(places, ids):
            if means_missing[place]:
                self._count(self.codes, labels[place], own)
            elif not self.is_cut:
                self._count(self.texts, labels[place], own)
        self._cut()
        self._try_readings(texts, labels, np.where(missing, -1, places), ids)

    def reading(self) -> str | None:
        """Return what the column is read as; None where too few persons hold a value."""
        if not self.holders.reached:
            return None
        for reading in READINGS:
            if self.fits[reading].reached and not self.against[reading].reached:
                return reading
        return self._words()

    @property
    def decimals(self) -> int | None:
        """The decimals that are needed by ``min_cell`` persons; None where the finest grid is too coarse."""
        return next((d for d, crowd in enumerate(self.finer) if not crowd.reached), None)

    def calendar(self, reading: str) -> Variable | None:
        """Return the kind and zone of a reading of days or times, as a variable."""
        return _CALENDAR.get(reading)

    def _words(self) -> str:
        if self.differs and self.held >= IDENTIFIER_ROWS:
            return IDENTIFIER
        if self.is_cut or (len(self.texts) > FREE_TEXT_DISTINCT and 3 * len(self.texts) > self.held):
            return FREE
        shared = [text for text, held in self.texts.items() if held.crowd.reached]
        return WORDS if all(_is_label(text) for text in shared) else FREE

    def _crowd(self) -> Crowd:
        return Crowd(self.min_cell)

    def _count(self, counted: dict[str, Holders], label: str, ids: Ids) -> None:
        known = counted.setdefault(label, Holders(0, self._crowd()))
        known.rows += len(ids)
        known.crowd.add(ids)
        self.differs = self.differs and (counted is self.codes or known.rows == 1)

    def _cut(self) -> None:
        if len(self.texts) > MAX_TEXTS:
            self.is_cut = True
            self.texts.clear()

    def _try_readings(
        self, texts: pa.Array, labels: list[str], places: npt.NDArray[np.int64], ids: Ids
    ) -> None:
        for reading in READINGS:
            if self.against[reading].reached:
                continue
            read, numbers = _read(reading, texts, labels)
            fits = np.append(read, False)[places] & (places >= 0)
            self.fits[reading].add(ids[fits])
            self.against[reading].add(ids[~fits & (places >= 0)])
            if reading == NUMBER:
                self._try_grids(numbers, read, places, ids)

    def _try_grids(
        self, numbers: npt.NDArray[np.float64], read: Mask, places: npt.NDArray[np.int64], ids: Ids
    ) -> None:
        for decimals, crowd in enumerate(self.finer):
            if crowd.reached:
                continue
            off = read & ~Grid(Kind.CONTINUOUS, decimals).holds(numbers)
            if not off.any():
                return
            crowd.add(ids[np.append(off, False)[places] & (places >= 0)])


def _read(reading: str, texts: pa.Array, labels: list[str]) -> tuple[Mask, npt.NDArray[np.float64]]:
    """Tell which distinct texts (k,) can be read so, and return them as numbers (k,) where they are."""
    if reading == BOOLEAN:
        return np.array([label.lower() in _WORDS for label in labels], np.bool_), np.zeros(len(labels))
    if reading == NUMBER:
        values = floats_from_text(texts)
        numbers = values.numbers.astype(np.float64)
        codes = np.array([is_padded_code(label) for label in labels], np.bool_)
        return (values.status == Status.VALID) & ~codes & (np.abs(numbers) < _EXACT), numbers
    found = calendar_from_text(texts, _CALENDAR[reading])
    return found.status == Status.VALID, np.zeros(len(labels))


def _is_label(text: str) -> bool:
    return len(text) <= MAX_LABEL and is_printable_line(text)
