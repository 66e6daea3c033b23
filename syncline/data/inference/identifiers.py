"""Whether a column tells persons or records apart: then none of its values may stand in a schema.

A value that is unique, or that one person alone holds in several rows, names that person. Text that differs
in every row is seen at once. For numbers, and for values that repeat, the name of the column counts, and so
does what only labels have: a shape that all share, as many digits in each, values in the order in which they
were given out, rows of one value beside each other, and the same large number again and again. Measurements
have decimals, are rounded, or are of unlike size. docs/schema.md states the rule for people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from syncline.data.inference.record_names import NameHint, name_hint
from syncline.data.inference.seen_cells import Rows

IDENTIFIER_ROWS = 50
"""From this many rows up, text that differs in every row is an identifier, and so are numbers of its kind."""

NEARLY_ALL = 0.95
"""The share of cells from which on a few others do not count."""

NAMED_ROWS, NAMED_VALUES = 10, 20
"""With a name that says so: rows that all differ, or values that repeat, from which on it is believed."""

LISTED_VALUES = 50
"""Distinct values from which on a number of something is no short list of codes."""

MANY_VALUES = 100
"""Distinct labels of one shape from which on they number records whatever the column is called."""

MOST_ROWS_EACH = 1000
"""A value that more rows than this hold on average names no record."""

LONG_DIGITS, WIDE_DIGITS = 9, 6
"""Whole numbers of as many digits each, from so many digits up, number something."""

ROUNDED_SHARE = 0.3
"""Numbers of which more than this share end in 0 are measured or reckoned."""

SMOOTH_SHARE = 0.1
"""A series whose cells lie less than this share of its span apart, and go down as well, is a measurement."""

SAMPLE_NUMBERS, BUNCHED_SHARE = 2000, 0.75
"""Numbers kept to see how they spread, and the share in the middle half of the span: half of even ones."""

MEETING = 20
"""Of n numbers drawn from s, none meet with probability exp(-n**2 / 2s): below one in 20,000 from here on."""

YEARS = (1500, 2200)
"""Whole numbers in between are years."""

_CONTACTS = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"
    r"|(?=[0-9a-fA-F]*[0-9])(?=[0-9a-fA-F]*[a-fA-F])(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64})"
    r"|[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?"
    r"|(?:\+|00)[0-9][0-9 ()/.-]{7,18}[0-9]"
)
"""UUIDs, addresses of electronic mail, hashes, account numbers (IBAN) and telephone numbers."""

_PERSONS = (NameHint.DIRECT, NameHint.PERSON)
_DIGIT, _LETTER = re.compile(r"[0-9]"), re.compile(r"[^\W\d_]")
_POWERS = 10 ** np.arange(1, 19, dtype=np.int64)
_MIXER = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio in 64 bits: products with it stand in another order than the numbers (Knuth 1973, 6.4)."""

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}(?:\.0*)?")


Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class LabelMarks:
    """Count, over any number of batches, what tells labels from measurements."""

    cells: int = 0
    runs: int = 0
    labels: int = 0
    contacts: int = 0
    with_digits: int = 0
    rounded: int = 0
    whole: int = 0
    low: int = 0
    high: int = 0
    travel: float = 0.0
    falls: int = 0
    widths: dict[int, int] = field(default_factory=dict)
    shapes: dict[str, int] = field(default_factory=dict)
    last: str | None = field(default=None, repr=False)
    sample: list[int] = field(default_factory=list, repr=False)

    def take(self, labels: Sequence[str], places: Rows) -> None:
        """Take the distinct labels (k,) of a batch, and the label of each of its cells (n,), -1 for none."""
        held = places[places >= 0]
        if not len(held):
            return
        self.cells += len(held)
        self.runs += int(np.count_nonzero(np.diff(held))) + (labels[int(held[0])] != self.last)
        self.last = labels[int(held[-1])]
        self.labels += len(labels)
        whole = np.array([_WHOLE.fullmatch(label) is not None for label in labels], np.bool_)
        numbers = np.array(
            [
                int(label.partition(".")[0]) if is_whole else 0
                for label, is_whole in zip(labels, whole.tolist(), strict=True)
            ],
            np.int64,
        )
        self._take_numbers(numbers[whole])
        if whole.all():
            self._take_path(numbers[held].astype(np.float64))
        else:
            self._take_texts(
                [label for label, is_whole in zip(labels, whole.tolist(), strict=True) if not is_whole]
            )
        self.with_digits += int(whole.sum())

    def _take_numbers(self, numbers: Rows) -> None:
        if not len(numbers):
            return
        low, high = int(numbers.min()), int(numbers.max())
        self.low, self.high = (min(self.low, low), max(self.high, high)) if self.whole else (low, high)
        self.whole += len(numbers)
        self.sample = _spread(np.concatenate([np.array(self.sample, np.int64), numbers]))
        self.rounded += int((numbers % 10 == 0).sum())
        digits = np.searchsorted(_POWERS, np.abs(numbers), side="right") + 1
        for width, count in zip(*np.unique(digits, return_counts=True), strict=True):
            self.widths[int(width)] = self.widths.get(int(width), 0) + int(count)

    def _take_path(self, numbers: Floats) -> None:
        """Add up how far whole numbers go from one cell to the next, and how often down."""
        moves = np.diff(numbers)
        self.travel += float(np.abs(moves).sum())
        self.falls += int((moves < 0).sum())

    def _take_texts(self, labels: Sequence[str]) -> None:
        for label in labels:
            self.contacts += _CONTACTS.fullmatch(label) is not None
            self.with_digits += _DIGIT.search(label) is not None
            shape = _shape(label)
            if shape in self.shapes or len(self.shapes) < MANY_VALUES:
                self.shapes[shape] = self.shapes.get(shape, 0) + 1

    @property
    def are_whole(self) -> bool:
        """Whether all labels are whole numbers of at most 18 digits, a few apart."""
        return self.whole >= NEARLY_ALL * self.labels

    @property
    def digits(self) -> int:
        """The digits that nearly all whole numbers have, 0 where they have unlike numbers of them."""
        width, count = max(self.widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return width if count >= NEARLY_ALL * self.whole else 0

    @property
    def are_smooth(self) -> bool:
        """Whether whole numbers go up and down in small moves, as a measurement does that follows time."""
        far = SMOOTH_SHARE * self.cells * max(self.high - self.low, 1)
        return self.travel < far and self.falls > SMOOTH_SHARE * self.cells

    @property
    def are_bunched(self) -> bool:
        """Whether most whole numbers lie in the middle of their span, as measured ones do."""
        numbers = np.array(self.sample, np.float64)
        low, span = numbers.min(initial=np.inf), np.ptp(numbers) if len(numbers) else 0.0
        middle = (numbers > low + span / 4) & (numbers < low + 3 * span / 4)
        return int(np.count_nonzero(middle)) > BUNCHED_SHARE * len(numbers)

    @property
    def share_a_shape(self) -> bool:
        """Whether nearly all labels are written alike, with at least two digits."""
        if not self.shapes:
            return False
        shape, count = max(self.shapes.items(), key=lambda item: (item[1], item[0]))
        return count >= NEARLY_ALL * self.labels and shape.count("9") >= 2 and " " not in shape


def identifier_reason(name: str, marks: LabelMarks, distinct: int, most: int) -> str | None:
    """Return why a column tells persons or records apart, None where it does not look so.

    Parameters
    ----------
    name : the column's name
    marks : what was counted of its labels
    distinct : how many distinct labels it has (or more than can be counted)
    most : the rows of the most frequent one
    """
    if not distinct or marks.cells > MOST_ROWS_EACH * distinct:
        return None
    hint = name_hint(name)
    each = marks.cells / distinct
    if marks.contacts >= NEARLY_ALL * marks.labels and distinct >= 2:
        return "its values are addresses, telephone or account numbers, or keys made by a program"
    named = _by_name(hint, marks, distinct)
    if named:
        return named
    if hint in (NameHint.GROUP, NameHint.QUANTITY) and marks.digits < LONG_DIGITS:
        return None
    if marks.are_whole:
        return None if hint is NameHint.QUANTITY else _by_numbers(marks, distinct, each, most)
    return _by_shape(marks, distinct, each)


def _by_name(hint: NameHint, marks: LabelMarks, distinct: int) -> str | None:
    differs = distinct == marks.cells >= NAMED_ROWS
    coded = marks.with_digits >= NEARLY_ALL * marks.labels
    fits = marks.are_whole or coded or distinct >= LISTED_VALUES
    is_listed = hint is NameHint.DIRECT and distinct >= (NAMED_VALUES if marks.are_whole else NAMED_ROWS)
    if is_listed or (hint in _PERSONS and fits and (differs or distinct >= NAMED_VALUES)):
        return "its name is one for what tells persons apart"
    if hint not in (NameHint.NUMBER, NameHint.NUMBER_OF) or not (marks.are_whole or coded):
        return None
    enough = LISTED_VALUES if hint is NameHint.NUMBER else MANY_VALUES
    return "its name is one for the numbers of records" if differs or distinct >= enough else None


def _by_numbers(marks: LabelMarks, distinct: int, each: float, most: int) -> str | None:
    if marks.cells < IDENTIFIER_ROWS or (YEARS[0] <= marks.low and marks.high <= YEARS[1]):
        return None
    span = marks.high - marks.low + 1
    exact = marks.rounded <= ROUNDED_SHARE * marks.labels and not (marks.are_smooth or marks.are_bunched)
    even = most <= 10 * each
    differs = distinct >= NEARLY_ALL * marks.cells
    if distinct == marks.cells and marks.cells**2 > MEETING * span:
        return "no two rows share a number, though so many would by chance"
    if differs and exact and marks.digits >= WIDE_DIGITS:
        return f"nearly every row has a whole number of {marks.digits} digits of its own"
    if exact and even and marks.digits >= LONG_DIGITS and distinct >= NAMED_VALUES:
        return f"its values are whole numbers of {marks.digits} digits each"
    if each < 1.5 or distinct < LISTED_VALUES or not even:
        return None
    if exact and marks.digits >= WIDE_DIGITS and span >= LISTED_VALUES * distinct:
        return f"the same whole numbers of {marks.digits} digits come again and again"
    grouped = marks.runs <= 1.05 * distinct
    if grouped and ((span == distinct and marks.low in (0, 1)) or (exact and marks.digits >= 5)):
        return "the rows of each of its values stand beside each other"
    return None


def _by_shape(marks: LabelMarks, distinct: int, each: float) -> str | None:
    if not marks.share_a_shape:
        return None
    if distinct > MANY_VALUES:
        return f"it has {distinct:,} values of one shape"
    if each >= 1.5 and distinct >= NAMED_VALUES and marks.runs <= 1.05 * distinct:
        return "its values have one shape, and the rows of each stand beside each other"
    return None


def _spread(numbers: Rows) -> list[int]:
    """Return at most ``SAMPLE_NUMBERS`` of numbers (k,), the same ones in whatever order they come."""
    if len(numbers) > SAMPLE_NUMBERS:
        mixed = numbers.astype(np.uint64) * _MIXER
        numbers = numbers[np.argpartition(mixed, SAMPLE_NUMBERS)[:SAMPLE_NUMBERS]]
    kept: list[int] = numbers.tolist()
    return kept


def _shape(label: str) -> str:
    """Return a label with a 9 for each digit and an A for each letter."""
    return _LETTER.sub("A", _DIGIT.sub("9", label[:40]))
