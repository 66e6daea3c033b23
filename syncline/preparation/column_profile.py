"""What the columns of a table hold, in counts, before and behind a preparation: for the supplier alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import BATCH_ROWS, prepare
from syncline.preparation.prepared_view import as_text
from syncline.preparation.steps.exact_numbers import read_day, read_decimal
from syncline.sources.container import readable_columns
from syncline.sources.source import Source

MAX_DISTINCT = 10_000
"""Distinct texts are counted up to this number."""

MOST_ROWS_NAMED = 5
"""Rows of a column that are named by number where their cells do not fit."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Count the cells of one column: present, missing, readable as a number or a day, and distinct texts."""

    name: str
    present: int
    missing: int
    distinct: int
    numbers: int
    days: int

    @property
    def shown_distinct(self) -> str:
        """The number of distinct texts, or that there are more than are counted."""
        return f"> {MAX_DISTINCT:,}" if self.distinct > MAX_DISTINCT else f"{self.distinct:,}"


@dataclass(frozen=True, slots=True)
class TableProfile:
    """Count the rows of a table and the cells of its columns."""

    rows: int
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """Count how the cells of one column fit the schema's variable of its name.

    ``first_out_of_range`` and ``first_unknown`` are numbers from 1 of the first rows whose cells are so, at
    most ``MOST_ROWS_NAMED`` each.
    """

    name: str
    valid: int
    missing: int
    out_of_range: int
    unknown: int
    first_out_of_range: tuple[int, ...] = ()
    first_unknown: tuple[int, ...] = ()

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Cells of each status, in the order of :class:`Status`."""
        return self.valid, self.missing, self.out_of_range, self.unknown


def profile_table(source: Source, batch_rows: int = BATCH_ROWS) -> TableProfile:
    """Read a source from end to end and count the cells of all columns that can be read."""
    counters = {name: _Counter() for name in readable_columns(source)}
    rows = 0
    for batch in source.batches(None, batch_rows):
        rows += batch.num_rows
        text = as_text(batch, source)
        for name, counter in counters.items():
            counter.add(text.column(name))
    return TableProfile(rows, tuple(counter.profile(name, rows) for name, counter in counters.items()))


def fit_schema(source: Source, schema: Schema, batch_rows: int = BATCH_ROWS) -> tuple[ColumnFit, ...]:
    """Count how the columns that can be read fit the schema; what is not there is left out."""
    known = readable_columns(source)
    variables = tuple(variable for variable in schema.modelled if variable.name in known)
    if not variables:
        return ()
    part = Schema(variables=variables)
    counts = np.zeros((len(variables), len(Status)), np.int64)
    unfit = (Status.OUT_OF_RANGE, Status.UNKNOWN)
    first: list[dict[Status, list[int]]] = [{kind: [] for kind in unfit} for _ in variables]
    rows = 0
    for batch in prepare(source, part, Fold(b"", 0), batch_rows=batch_rows, cache_bytes=0).batches():
        for place, status in enumerate(batch.status):
            counts[place] += np.bincount(status, minlength=len(Status))
            for kind, named in first[place].items():
                wanted = MOST_ROWS_NAMED - len(named)
                named += (np.flatnonzero(status == kind)[:wanted] + rows + 1).tolist()
        rows += len(batch.status[0])
    return tuple(
        ColumnFit(
            name,
            found[Status.VALID],
            found[Status.MISSING],
            found[Status.OUT_OF_RANGE],
            found[Status.UNKNOWN],
            *(tuple(named[kind]) for kind in unfit),
        )
        for name, found, named in zip(part.names, counts.tolist(), first, strict=True)
    )


@dataclass(slots=True)
class _Counter:
    """Count the cells of one column, batch by batch."""

    present: int = 0
    numbers: int = 0
    days: int = 0
    texts: set[str] = field(default_factory=set)

    def add(self, column: pa.Array) -> None:
        for entry in column.drop_null().value_counts().to_pylist():
            text, cells = entry["values"], entry["counts"]
            self.present += cells
            self.numbers += cells if read_decimal(text) is not None else 0
            self.days += cells if read_day(text) is not None else 0
            if len(self.texts) <= MAX_DISTINCT:
                self.texts.add(text)

    def profile(self, name: str, rows: int) -> ColumnProfile:
        return ColumnProfile(
            name, self.present, rows - self.present, len(self.texts), self.numbers, self.days
        )
