"""Which of a table's first lines names its columns: exports put titles above it, and separators behind it.

Seen in the first lines alone: a line of fewer fields than the lines below it is a title or, in a file of R,
a header that has no name for the row names; a field that is empty in the header and in all lines was made by
a separator at the end. What is no header is refused by what it is, before any row is read by wrong names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

MAX_TITLES = 20
"""Lines above a header at most."""

MOST_LINES = 1000
"""Lines of the sample that are looked at."""

AGREEING = 0.8
"""The share of the lines below that must have one number of fields for it to count."""

_NUMBER = re.compile(r"[-+]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][-+]?[0-9]+)?")

FEWEST_SPACED = 3
"""Lines from which on words between spaces are fields: a header and two of values."""

FieldTexts = Sequence[str]


class NoHeader(Exception):
    """What the first lines are in place of a header, in words that name no value."""


@dataclass(frozen=True, slots=True)
class TableHeader:
    """The names of a table's fields as they are written.

    Attributes
    ----------
    place : how many records stand above the line of the names
    names : the name of each field, empty where it has none
    is_empty : whether each field without a name is empty in all lines that were looked at
    """

    place: int
    names: tuple[str, ...]
    is_empty: tuple[bool, ...]


def find_header(records: Sequence[FieldTexts]) -> TableHeader:
    """Return the header among the first lines of a table; raise :class:`NoHeader` where none is."""
    records = records[:MOST_LINES]
    width = _width_below(records)
    found = TableHeader(0, tuple(records[0]), ()) if width is None else _placed(records, width)
    below = records[found.place + 1 :]
    if len(found.names) > 1 and _are_values(found.names):
        raise NoHeader(
            f"line {found.place + 1} holds numbers where the names of the columns should stand; put a line"
            f" with the names of its {len(found.names)} columns above it"
        )
    return replace(found, is_empty=tuple(_is_empty(place, found, below) for place in range(len(found.names))))


def spaced_fields(records: Sequence[FieldTexts]) -> int:
    """Return how many fields stand between spaces in lines of one field each; 0 where it is one field.

    They do where all lines, the header among them, have one number of words, and most below are numbers.
    """
    if len(records) < FEWEST_SPACED or any(len(record) != 1 for record in records):
        return 0
    words = [record[0].split() for record in records[:MOST_LINES]]
    width = len(words[0])
    numbers = sum(_is_number(word) for line in words[1:] for word in line)
    alike = all(len(line) == width for line in words)
    return width if width > 1 and alike and 2 * numbers > width * (len(words) - 1) else 0


def _width_below(records: Sequence[FieldTexts]) -> int | None:
    """Return how many fields nearly all lines below the first have; None where it is like them."""
    below = Counter(len(record) for record in records[1:])
    if not below:
        return None
    width, count = below.most_common(1)[0]
    titles = min(MAX_TITLES, len(records) // 2)
    agreeing = count >= 2 and count >= AGREEING * (sum(below.values()) - titles)
    is_padded_title = len(records[0]) == width and width > 2 and _filled(records[0]) == 1
    return width if agreeing and (len(records[0]) != width or is_padded_title) else None


def _placed(records: Sequence[FieldTexts], width: int) -> TableHeader:
    for place, record in enumerate(records[: MAX_TITLES + 1]):
        below = records[place + 1 :]
        if names := _names_of(record, width, below):
            if place and _are_mostly_numbers(names):
                break
            return TableHeader(place, names, ())
        if _filled(record) > 1 and len(record) >= width:
            break
    raise NoHeader(
        f"line 1 has {_fields(len(records[0]))} and nearly all lines below have {width}: it does not name"
        f" their columns; put a line with {width} names above them, and nothing above it"
    )


def _names_of(record: FieldTexts, width: int, below: Sequence[FieldTexts]) -> tuple[str, ...] | None:
    """Return the names that a line gives to ``width`` fields, None where it gives none."""
    below = [row for row in below if len(row) == width]
    if not below:
        return None
    if len(record) > width and not any(record[width:]):
        return tuple(record[:width])
    if len(record) == width:
        return tuple(record) if _filled(record) > 1 or width <= 2 else None
    if len(record) == width - 1 and all(field.strip() for field in record):
        if not any(row[-1].strip() for row in below):
            return (*record, "")
        if not _look_like_names(below[0], below[1:]):
            return ("", *record)  # R writes row names without a name for them
    return None


def _look_like_names(record: FieldTexts, below: Sequence[FieldTexts]) -> bool:
    """Tell whether a line is a header itself: distinct words above a column of numbers."""
    if len({*record}) < len(record) or any(not field.strip() or _is_number(field) for field in record):
        return False
    return any(sum(_is_number(row[place]) for row in below) > len(below) / 2 for place in range(len(record)))


def _are_values(names: FieldTexts) -> bool:
    """Tell whether fields are a row of values: numbers, of which some are no whole numbers or come twice."""
    if not all(map(_is_number, names)):
        return False
    return len({*names}) < len(names) or not all(name.strip().isdigit() for name in names)


def _are_mostly_numbers(names: FieldTexts) -> bool:
    return sum(map(_is_number, names)) > len(names) / 2


def _is_number(field: str) -> bool:
    return _NUMBER.fullmatch(field.strip()) is not None


def _filled(record: FieldTexts) -> int:
    return sum(bool(field.strip()) for field in record)


def _is_empty(place: int, header: TableHeader, below: Sequence[FieldTexts]) -> bool:
    if header.names[place].strip() or not below:
        return False
    return not any(row[place].strip() for row in below if place < len(row))


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
