"""What all readers of one table share: the columns' names, and batches of the rows in the order wanted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from syncline.data.note import Note
from syncline.data.record_batches import in_batches_of
from syncline.sources.container import readable_columns, require_read
from syncline.sources.held import require_held
from syncline.sources.source import column_names, require_columns


class StoredTable(ABC):
    """A :class:`~syncline.sources.source.Source` of one table.

    Parameters
    ----------
    name : str
        What the source is called in messages.
    raw : sequence of str
        The columns' names as they are written where the table is stored.
    notes : sequence of Note
        What was passed over around the records.
    unread : mapping of str to str
        What columns hold whose cells are no single values, by their names.
    """

    def __init__(
        self,
        name: str,
        raw: Sequence[str],
        *,
        notes: Sequence[Note] = (),
        unread: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._notes, self._unread = tuple(notes), dict(unread or {})
        self._raw = tuple(raw)
        self._columns = column_names(raw, name)

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return self._columns

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was passed over around the records, or guessed of the text."""
        return self._notes

    @property
    def unread(self) -> Mapping[str, str]:
        """What columns hold whose cells are no single values, by their names."""
        return self._unread

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, at most ``batch_rows`` at a time."""
        named = readable_columns(self) if columns is None else columns
        wanted = require_columns(named, self._columns, self._name)
        require_read(self.unread, wanted, self._name)
        read = self._read([self._columns.index(name) for name in wanted], wanted)
        return in_batches_of(batch_rows, require_held(read, batch_rows, self._name))

    @abstractmethod
    def digest(self) -> str:
        """Return the SHA-256 of the content in hexadecimal."""

    @abstractmethod
    def describe(self) -> str:
        """Return what is read and from where in a few words."""

    @abstractmethod
    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the columns at ``places`` of the table, called ``wanted``, in batches of any size."""


class Digested(Protocol):
    """What a file's content is known by."""

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        ...


class FileTable(StoredTable):
    """A table in one file, called by its path unless ``name`` says otherwise."""

    def __init__(
        self,
        path: Path,
        content: Digested,
        raw: Sequence[str],
        name: str | None = None,
        *,
        notes: Sequence[Note] = (),
        unread: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(str(path) if name is None else name, raw, notes=notes, unread=unread)
        self._path = path
        self._content = content

    def digest(self) -> str:
        """Return the SHA-256 of the file in hexadecimal."""
        return self._content.digest()
