"""What one column holds, and how many persons hold it: one pass, whose memory does not grow with the rows.

The rules are those of :mod:`syncline.data.inference`, asked of what enough persons hold. A kind fits where
at least ``min_cell`` persons hold a value of it, and fewer than that hold something else: what a few persons
hold decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.cell_text import distinct_text
from syncline.data.grid import Grid
from syncline.data.inference.dominance import MOST_ODD, may_stand_beside
from syncline.data.inference.far_values import far_codes
from syncline.data.inference.gap_codes import gap_labels
from syncline.data.inference.grid_search import MAX_INFERRED_DECIMALS
from syncline.data.inference.identifiers import IDENTIFIER_ROWS, LabelMarks, identifier_reason
from syncline.data.inference.missing_words import is_exported, is_said, missing_among_words
from syncline.data.inference.moment_columns import DIGITS, WRITTEN, MomentReading, is_plausible
from syncline.data.inference.number_notation import code_reason, is_few, is_list, is_padded_code
from syncline.data.inference.record_names import NAMING, name_hint
from syncline.data.inference.word_columns import are_truth_values
from syncline.data.inference.written_forms import WrittenForm, digit_form, written_form
from syncline.data.kinds import Kind
from syncline.data.labels import is_printable_line
from syncline.data.numbers import floats_from_text
from syncline.data.states import MAX_CODES
from syncline.data.truth_words import TRUTH
from syncline.data.variable import MAX_LABEL, Variable
from syncline.preparation.distinct_persons import DistinctPersons, Ids, by_position
from syncline.preparation.step_survey import StepSurvey

MAX_TEXTS = 10_000
"""Distinct texts that are kept of one column; one that has more holds no categories."""

_EXACT = 2.0**53
BOOLEAN, NUMBER, WORDS, IDENTIFIER, FREE = "boolean", "number", "words", "identifier", "free text"
_MOMENTS: Mapping[str, MomentReading] = {
    f"{reading.words} ({place})": reading for place, reading in enumerate((*DIGITS, *WRITTEN))
}
READINGS = (BOOLEAN, *list(_MOMENTS)[: len(DIGITS)], NUMBER, *list(_MOMENTS)[len(DIGITS) :])
"""What a column may be read as, in the order of preference."""

Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Holders:
    """Count the rows of one text and the persons who hold it."""

    rows: int
    people: DistinctPersons


@dataclass(slots=True)
class ColumnSurvey:
    """Count, batch by batch, what a column holds; ``min_cell`` persons are enough to be shown."""

    min_cell: int
    name: str = ""
    held: int = 0
    missing: int = 0
    is_cut: bool = False
    differs: bool = True
    texts: dict[str, Holders] = field(default_factory=dict, repr=False)
    codes: dict[str, Holders] = field(default_factory=dict, repr=False)
    fits: dict[str, DistinctPersons] = field(default_factory=dict)
    against: dict[str, DistinctPersons] = field(default_factory=dict)
    stray: dict[str, DistinctPersons] = field(default_factory=dict)
    odd: dict[str, Holders] = field(default_factory=dict, repr=False)
    finer: list[DistinctPersons] = field(default_factory=list)
    padded_rows: int = 0
    steps: dict[str, StepSurvey] = field(default_factory=dict)
    marks: LabelMarks = field(default_factory=LabelMarks)
    holders: DistinctPersons = field(init=False)
    missing_holders: DistinctPersons = field(init=False)
    padded: DistinctPersons = field(init=False)

    def __post_init__(self) -> None:
        self.holders, self.missing_holders, self.padded = self._crowd(), self._crowd(), self._crowd()
        self.fits = {reading: self._crowd() for reading in READINGS}
        self.against = {reading: self._crowd() for reading in READINGS}
        self.stray = {reading: self._crowd() for reading in READINGS}
        self.finer = [self._crowd() for _ in range(MAX_INFERRED_DECIMALS + 1)]
        kinds = {NUMBER: Kind.CONTINUOUS, **{name: known.variable.kind for name, known in _MOMENTS.items()}}
        self.steps = {reading: StepSurvey(kind, self.min_cell) for reading, kind in kinds.items()}

    def add(self, column: pa.Array, ids: Ids, where: str) -> None:
        """Take the cells (n,) of one batch, with the persons (n,) who hold them."""
        texts, places = distinct_text(column, where)
        labels = [label or "" for label in texts.to_pylist()]
        means_missing = np.array([is_said(label) for label in labels] + [True], np.bool_)
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
        held = np.where(missing, -1, places)
        self._mark(labels, held)
        self._try_readings(texts, labels, held, ids)
        padded = np.array([is_padded_code(label) for label in labels] + [False], np.bool_)[held]
        self.padded_rows += int(padded.sum())
        self.padded.add(ids[padded])

    def reading(self) -> str | None:
        """Return what the column is read as; None where too few persons hold a value."""
        if not self.holders.reached:
            return None
        for reading in READINGS:
            alone = not self.against[reading].reached or self._may_have_states(reading)
            if self.fits[reading].reached and alone and self._is_meant(reading):
                is_whole = reading == NUMBER and self.marks.are_whole
                return IDENTIFIER if is_whole and self.identifier_reason() else reading
        return self._words()

    def identifier_reason(self) -> str | None:
        """Return why the column looks like an identifier, None where it does not."""
        most = max((held.rows for held in self.texts.values()), default=1)
        why = identifier_reason(self.name, self.marks, self.distinct, most)
        if why is None and self.differs and self.held >= IDENTIFIER_ROWS and not self.marks.are_whole:
            return "each row has a text of its own"
        return why

    @property
    def distinct(self) -> int:
        """How many distinct texts there are, at least."""
        if not self.is_cut:
            return len(self.texts)
        return self.held if self.differs else MAX_TEXTS + 1

    @property
    def decimals(self) -> int | None:
        """The decimals that are needed by ``min_cell`` persons; None where the finest grid is too coarse."""
        return next((d for d, people in enumerate(self.finer) if not people.reached), None)

    def step(self, reading: str) -> str | None:
        """Return the step of a reading of numbers or times, None where fewer than all but a few keep one."""
        return self.steps[reading].step(self.distinct, self.decimals)

    def calendar(self, reading: str) -> Variable | None:
        """Return the kind, zone and step of a reading of days or times, as a variable."""
        return _MOMENTS[reading].variable if reading in _MOMENTS else None

    @property
    def form(self) -> WrittenForm | None:
        """The form in which numbers or days are written so that only a preparation can read them."""
        return (self._digits() or written_form(list(self.texts))) if self.texts else None

    def _digits(self) -> WrittenForm | None:
        """Return the form of days in digits, which an identifier's or a person's name speaks against."""
        by_name = name_hint(self.name) in NAMING
        return None if by_name else digit_form(list(self.texts))

    def states(self, reading: str) -> tuple[str, ...]:
        """Return the named states beside the values of a reading that enough persons hold."""
        if reading not in (NUMBER, *_MOMENTS):
            return ()
        words = {text for text, held in self.odd.items() if held.people.reached and _is_label(text)}
        far = {text for text in self._far(reading) if self.texts[text].people.reached}
        said = {
            code
            for code, held in self.codes.items()
            if code and held.people.reached and not is_exported(code) and any(map(str.isalpha, code))
        }
        words |= said if len(words) + len(said) > 1 else set()
        return tuple(sorted(words | far)[:MAX_CODES])

    def is_unread(self, reading: str) -> bool:
        """Tell whether too few persons hold cells of another kind."""
        if not self._may_have_states(reading):
            return not self.against[reading].is_empty
        return not self.stray[reading].is_empty or any(not held.people.reached for held in self.odd.values())

    def _may_have_states(self, reading: str) -> bool:
        """Tell whether all that is no value of a reading are a few words beside it."""
        if reading == BOOLEAN or self.stray[reading].reached or not self.odd:
            return False
        rows = sum(held.rows for held in self.odd.values())
        short = all(len(text) <= MAX_LABEL for text in self.odd)
        return short and may_stand_beside(len(self.odd), rows, self.distinct - len(self.odd), self.held)

    def _far(self, reading: str) -> list[str]:
        """Return the numbers and days that look like codes far from all others; none of very many texts."""
        read, numbers = _read(reading, pa.array(self.texts, pa.string()), list(self.texts))
        labels = [label for label, is_read in zip(self.texts, read.tolist(), strict=True) if is_read]
        rows = np.array([self.texts[label].rows for label in labels], np.int64)
        return [labels[place] for place in far_codes(labels, numbers[read], rows)]

    def gap_codes(self) -> tuple[str, ...]:
        """Return the numbers that end a short list of others behind a gap, of what enough persons hold."""
        shared = self.shared_texts()
        rows = np.array([self.texts[label].rows for label in shared], np.int64)
        return tuple(sorted(gap_labels(shared, rows)))

    def missing_rows(self, reading: str) -> int:
        """Return how many cells are missing under ``reading``; beside words, some words are answers."""
        codes = self.missing_codes(reading).difference(self.states(reading))
        return self.missing - sum(held.rows for code, held in self.codes.items() if code not in codes)

    def missing_codes(self, reading: str) -> set[str]:
        """Return the words for missing that are none of the column's values under ``reading``."""
        if reading not in (WORDS, IDENTIFIER, FREE):
            return set(self.codes)
        return missing_among_words([*self.codes, *self.shared_texts()])

    def shared_texts(self) -> list[str]:
        """Return the texts that enough persons hold."""
        return [text for text, held in self.texts.items() if held.people.reached]

    def _is_meant(self, reading: str) -> bool:
        """Tell whether a reading that fits is more than chance, judged by what enough persons hold."""
        shared = self.shared_texts()
        if reading == BOOLEAN:
            return are_truth_values({text.casefold() for text in shared})
        if reading == NUMBER:
            is_coded = self.are_padded or self._codes(shared)
            return not is_coded and (not self.texts or self._digits() is None)
        if reading in READINGS[: 1 + len(DIGITS)]:
            labels = shared if not self.is_cut and shared else list(self.texts)
            numbers, _ = _MOMENTS[reading].of(labels)
            return self.is_cut or is_plausible(_MOMENTS[reading], labels, numbers)
        return True

    @property
    def are_padded(self) -> bool:
        """Whether enough persons hold numbers with leading zeros, as codes have, and not few cells do."""
        return self.padded.reached and not is_few(self.padded_rows, self.held)

    def _codes(self, shared: list[str]) -> bool:
        """Tell whether texts that read as numbers are codes."""
        labels = [label for label in shared if self.texts[label].rows]
        values = floats_from_text(pa.array(labels, pa.string()))
        read = np.flatnonzero(values.status == Status.VALID)
        rows = np.array([self.texts[labels[place]].rows for place in read], np.int64)
        numbers = np.asarray(values.numbers, np.float64)[read]
        return bool(len(read)) and code_reason([labels[place] for place in read], rows, numbers) is not None

    def _words(self) -> str:
        if self.form is None and self.identifier_reason():
            return IDENTIFIER
        if self.is_cut or not is_list(len(self.texts), self.held):
            return FREE
        return WORDS if all(_is_label(text) for text in self.shared_texts()) else FREE

    def _crowd(self) -> DistinctPersons:
        return DistinctPersons(self.min_cell)

    def _count(self, counted: dict[str, Holders], label: str, ids: Ids) -> None:
        known = self._hold(counted, label, ids)
        self.differs = self.differs and (counted is self.codes or known.rows == 1)

    def _hold(self, counted: dict[str, Holders], label: str, ids: Ids) -> Holders:
        known = counted.setdefault(label, Holders(0, self._crowd()))
        known.rows += len(ids)
        known.people.add(ids)
        return known

    def _cut(self) -> None:
        if len(self.texts) > MAX_TEXTS:
            self.is_cut = True
            self.texts.clear()

    def _mark(self, labels: list[str], places: npt.NDArray[np.int64]) -> None:
        used = np.unique(places[places >= 0])
        if len(used):
            new = np.full(len(labels) + 1, -1, np.int64)
            new[used] = np.arange(len(used))
            self.marks.take([labels[place] for place in used], new[places])

    def _try_readings(
        self, texts: pa.Array, labels: list[str], places: npt.NDArray[np.int64], ids: Ids
    ) -> None:
        found = {r: _read(r, texts, labels) for r in READINGS if not self.stray[r].reached}
        read_so = [read for reading, (read, _) in found.items() if reading != BOOLEAN]
        odd = ~np.logical_or.reduce([np.zeros(len(labels), np.bool_), *read_so])
        is_odd = np.append(odd, False)[places] & (places >= 0)
        for place, own in by_position(np.where(is_odd, places, -1), ids):
            if labels[place] in self.odd or len(self.odd) <= MOST_ODD:  # one more than may be states
                self._hold(self.odd, labels[place], own)
        for reading, (read, numbers) in found.items():
            fits = np.append(read, False)[places] & (places >= 0)
            others = ~fits & (places >= 0)
            self.fits[reading].add(ids[fits])
            self.against[reading].add(ids[others])
            self.stray[reading].add(ids[others if reading == BOOLEAN else others & ~is_odd])
            if reading in self.steps:
                self.steps[reading].add(numbers, read, places, ids)
            if reading == NUMBER:
                self._try_grids(numbers, read, places, ids)

    def _try_grids(
        self, numbers: npt.NDArray[np.float64], read: Mask, places: npt.NDArray[np.int64], ids: Ids
    ) -> None:
        for decimals, people in enumerate(self.finer):
            if people.reached:
                continue
            off = read & ~Grid(Kind.CONTINUOUS, decimals).holds(numbers)
            if not off.any():
                return
            people.add(ids[np.append(off, False)[places] & (places >= 0)])


def _read(reading: str, texts: pa.Array, labels: list[str]) -> tuple[Mask, npt.NDArray[np.float64]]:
    """Tell which distinct texts (k,) can be read so, and return them as numbers (k,) where they are."""
    if reading == BOOLEAN:
        return np.array([label.casefold() in TRUTH for label in labels], np.bool_), np.zeros(len(labels))
    if reading == NUMBER:
        values = floats_from_text(texts)
        numbers = values.numbers.astype(np.float64)
        return (values.status == Status.VALID) & (np.abs(numbers) < _EXACT), numbers
    moments, read = _MOMENTS[reading].of(labels)
    if _MOMENTS[reading] in WRITTEN:
        read &= np.array([not label.removesuffix(".0").isdigit() for label in labels], np.bool_)
    return read, moments.astype(np.float64)


def shared_codes(survey: ColumnSurvey, reading: str) -> Iterator[str]:
    """Yield the words for missing that enough persons hold, as a schema lists them."""
    missing = survey.missing_codes(reading)
    missing -= set(survey.states(reading))
    for code, held in survey.codes.items():
        if code and code in missing and held.people.reached:
            yield code


def _is_label(text: str) -> bool:
    return len(text) <= MAX_LABEL and is_printable_line(text)
