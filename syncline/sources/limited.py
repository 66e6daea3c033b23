"""A source whose rows and cells are counted while they are read, so that no table is read without end.

A file of a few kilobytes can hold any number of rows: a run, a dictionary or a packed text stands for as many
as it likes, and a view of a database need not end at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from syncline.compute.work_limits import WorkLimits
from syncline.data.note import Note
from syncline.sources.container import container_notes, unread_columns
from syncline.sources.source import Source, as_kept


@runtime_checkable
class KnowsRows(Protocol):
    """A source that says how many rows it has, before one is read."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        ...


class LimitedSource:
    """``source`` within ``limits``; what it says of its rows is held against them when it is opened."""

    def __init__(self, source: Source, limits: WorkLimits) -> None:
        self._source = source
        self._limits = limits
        if isinstance(source, KnowsRows):
            limits.require_table(source.name, rows=source.rows, columns=1)

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return self._source.name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._source.columns

    @property
    def notes(self) -> tuple[Note, ...]:
        """What the source says of its container."""
        return container_notes(self._source)

    @property
    def unread(self) -> Mapping[str, str]:
        """What columns of the source hold that cannot be read, by their names."""
        return unread_columns(self._source)

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows; raise WorkLimitReached where they are more than may be read."""
        rows = 0
        for batch in self._source.batches(columns, batch_rows):
            rows += batch.num_rows
            self._limits.require_table(self.name, rows=rows, columns=batch.num_columns)
            yield batch

    def as_kept(self) -> LimitedSource:
        """Return the same rows as they are kept, within the same limits."""
        return LimitedSource(as_kept(self._source), self._limits)

    def digest(self) -> str:
        """Return the digest of the source."""
        return self._source.digest()

    def describe(self) -> str:
        """Return what is read and from where."""
        return self._source.describe()
