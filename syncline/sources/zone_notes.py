"""What becomes of times of a zone: they are released in UTC, and of a time that the clocks show twice.

Counted where the rows lie, by whoever looks at a table with a schema that names a zone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np

from syncline.data.batch import Status
from syncline.data.calendar_values import calendar_from_text
from syncline.data.cell_text import distinct_text
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.sources.container import unread_columns
from syncline.sources.source import Source

_READ_ROWS = 65_536
_EPOCH = dt.datetime(1970, 1, 1)
_WALL = Variable(name="wall", kind=Kind.DATETIME)


def zone_notes(schema: Schema, source: Source, whose: str = "") -> Iterator[Note]:
    """Yield the notes on columns of ``source`` with times of a zone; ``whose`` says whose they are."""
    for variable in schema.modelled:
        there = variable.name in source.columns and variable.name not in unread_columns(source)
        if variable.kind is Kind.DATETIME and variable.zone not in (None, "UTC") and there:
            yield from _of(variable, source, whose)


def _of(variable: Variable, source: Source, whose: str) -> Iterator[Note]:
    times, twice = _counts(variable, source)
    if times:
        yield Note(
            variable.name,
            Deed.NAMED,
            f"all {_told(times, whose)} released in UTC",
            f"local times of {variable.zone} may have several offsets, and a release has one form for all",
            "Parquet says the zone; convert those of a CSV, as by tz_convert() in pandas",
            times,
        )
    if twice:
        yield Note(
            variable.name,
            Deed.GUESSED,
            f"{_told(twice, whose)} at a time that the clocks of {variable.zone} show twice",
            "the earlier of the two is meant",
            "write the offset behind such times, as in 02:30:00+01:00",
            twice,
        )


def _told(cells: int, whose: str) -> str:
    return f"{counted(cells)} {whose}".strip()


def _counts(variable: Variable, source: Source) -> tuple[int, int]:
    """Return how many cells hold a time, and how many of them one without an offset that occurs twice."""
    times = twice = 0
    zone = ZoneInfo(str(variable.zone))
    for batch in source.batches([variable.name], _READ_ROWS):
        texts, places = distinct_text(batch.column(0), f"column {shown(variable.name)!r}")
        rows = np.bincount(places[places >= 0], minlength=len(texts))
        times += int(rows[calendar_from_text(texts, variable).status == Status.VALID].sum())
        walls = calendar_from_text(texts, _WALL)
        occurs_twice = np.array(
            [
                status == Status.VALID and _is_shown_twice(int(number), zone)
                for number, status in zip(walls.numbers.tolist(), walls.status.tolist(), strict=True)
            ],
            np.bool_,
        )
        twice += int(rows[occurs_twice].sum())
    return times, twice


def _is_shown_twice(microseconds: int, zone: ZoneInfo) -> bool:
    """Tell whether the clocks of a zone show a wall clock time twice, in microseconds since 1970."""
    wall = (_EPOCH + dt.timedelta(microseconds=microseconds)).replace(tzinfo=zone)
    first, second = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    return first is not None and second is not None and first > second
