"""The port through which all tables are read, whatever they are stored in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import pyarrow as pa

from syncline.data.labels import normal_label
from syncline.data.section import shown
from syncline.errors import DataError

MAX_COLUMNS = 10_000
"""The most columns of a table."""


class Source(Protocol):
    """A table that can be read again and again, a bounded number of rows at a time."""

    @property
    def name(self) -> str:
        """What the source is called in messages: a path, or a few words."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in their order: trimmed, in NFC and distinct."""
        ...

    def batches(self, columns: Sequence[str] | None, batch_rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows in order, at most ``batch_rows`` at a time, with ``columns`` in the order given.

        None means all columns that can be read; one that is asked for by its name and cannot be read is
        refused.
        """
        ...

    def digest(self) -> str:
        """Return the SHA-256 of the content in hexadecimal, by which a changed source is noticed."""
        ...

    def describe(self) -> str:
        """Return what is read and from where in a few words, without a value from the data."""
        ...


@runtime_checkable
class SortsRows(Protocol):
    """A source whose rows come in another order than that in which they are kept, or may do so."""

    def as_kept(self) -> Source:
        """Return the source with its rows in the order in which they are kept."""
        ...


def as_kept(source: Source) -> Source:
    """Return ``source`` with its rows as they are kept, for whoever asks what their order tells of them."""
    return source.as_kept() if isinstance(source, SortsRows) else source


def column_names(raw: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the names of the columns of ``where`` as labels are compared, or refuse two of the same name.

    A column without a name, such as the row numbers that statistics packages write, is called by its place.
    """
    if len(raw) > MAX_COLUMNS:
        raise DataError(f"{where}: has more than {MAX_COLUMNS} columns; keep those that a study may read")
    places: dict[str, int] = {}
    for position, text in enumerate(raw, start=1):
        name = normal_label(text) or f"(column {position})"
        if name in places:
            raise DataError(
                f"{where}: columns {places[name]} and {position} are both called {shown(name)!r}; rename or"
                " remove one"
            )
        places[name] = position
    return tuple(places)


def require_columns(wanted: Sequence[str] | None, known: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Return the columns to read, having checked that the source has them."""
    for name in wanted or ():
        if name not in known:
            raise DataError(f"{where}: there is no column {name!r}; it has {len(known)} others")
    return known if wanted is None else tuple(wanted)
