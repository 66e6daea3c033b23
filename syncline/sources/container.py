"""What stands in a table's container beside its records: titles above a header, and cells that are no values.

None of it is read, and none of it leaves in silence: a source says of it by notes. A column of lists,
structures or bytes, or of a type that another program defined, has no single values; where it is asked for it
is refused, and wherever a whole table is looked at it is left out, with the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import pyarrow as pa

from syncline.data.labels import normal_label
from syncline.data.note import Deed, Note, counted
from syncline.data.section import shown
from syncline.errors import DataError
from syncline.sources.source import Source

NESTED_VALUES = "lists or structures, which are no single values"
BYTES = "bytes, which are no text"
WRITE_PLAIN = "write a plain column for each part that a study needs"

_EXTENSION = b"ARROW:extension:name"


@runtime_checkable
class Contained(Protocol):
    """A source that knows of something in its container that it does not read."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was passed over around the records, or guessed of the text."""
        ...

    @property
    def unread(self) -> Mapping[str, str]:
        """What columns hold whose cells are no single values, by their names."""
        ...


def container_notes(source: Source) -> tuple[Note, ...]:
    """Return what ``source`` says of its container."""
    return source.notes if isinstance(source, Contained) else ()


def unread_columns(source: Source) -> Mapping[str, str]:
    """Return what the columns of ``source`` hold that cannot be read, by their names."""
    return source.unread if isinstance(source, Contained) else {}


def readable_columns(source: Source) -> list[str]:
    """Return the columns of ``source`` that can be read; refuse a table that has none."""
    unread = unread_columns(source)
    columns = [name for name in source.columns if name not in unread]
    if source.columns and not columns:
        require_read(unread, source.columns, source.name)
    return columns


def unread_notes(source: Source, cells: int | None = None) -> Iterator[Note]:
    """Yield a note on each column of ``source`` that cannot be read, which has so many ``cells``."""
    what = "the column" if cells is None else f"the column of {counted(cells)}"
    for name, why in unread_columns(source).items():
        yield Note(name, Deed.LEFT_OUT, what, f"it holds {why}", WRITE_PLAIN, cells)


def unread_words(source: Source) -> dict[str, str]:
    """Return why a study cannot count a column of ``source`` that cannot be read, by its name."""
    unread = unread_columns(source)
    return {name: f"column {shown(name)!r} holds {why}: {WRITE_PLAIN}" for name, why in unread.items()}


def why_unread(field: pa.Field) -> str:
    """Return what a column of Arrow holds that is no single value; "" where it holds values."""
    kind = field.type
    stored = _stored(kind)
    if pa.types.is_nested(stored):
        return NESTED_VALUES
    defined = (field.metadata or {}).get(_EXTENSION)
    if isinstance(kind, pa.BaseExtensionType) or defined is not None:
        name = kind.extension_name if defined is None else defined.decode("utf-8", "replace")
        return f"values of the type {shown(name)!r}, which another program defined"
    is_bytes = any(
        test(stored)
        for test in (
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_fixed_size_binary,
            pa.types.is_binary_view,
        )
    )
    if pa.types.is_interval(stored):
        return "spans of months, days and nanoseconds, which have no one length"
    return BYTES if is_bytes else ""


def _stored(kind: pa.DataType) -> pa.DataType:
    """Return what cells hold, which a dictionary or runs of equal cells only pack."""
    while pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    return kind


def unread_of(schema: pa.Schema) -> dict[str, str]:
    """Return which columns of an Arrow table hold no single values, and what they hold."""
    found = {normal_label(field.name): why_unread(field) for field in schema}
    return {name: why for name, why in found.items() if why}


def require_read(unread: Mapping[str, str], wanted: Iterable[str], where: str) -> None:
    """Refuse columns that cannot be read, all of them at once."""
    refused = {name: unread[name] for name in wanted if name in unread}
    if not refused:
        return
    listed = ", ".join(f"column {shown(name)!r} holds {why}" for name, why in refused.items())
    raise DataError(f"{where}: {listed}; {WRITE_PLAIN}", public=listed)


def titles_note(lines: int) -> tuple[Note, ...]:
    """Return the note on titles above a header, none where there are none."""
    if not lines:
        return ()
    what = "1 line above the header" if lines == 1 else f"{lines} lines above the header"
    why = "with fewer fields than the lines below, as titles have"
    return (Note("", Deed.LEFT_OUT, what, why, "move the header to the top where they are records"),)


def encoding_note(encoding: str) -> tuple[Note, ...]:
    """Return the note on an encoding that no file says of itself."""
    why = "they are no UTF-8, and no file says what it is"
    remedy = "save the file as UTF-8 where letters come out wrong"
    return (Note("", Deed.GUESSED, f"letters beyond ASCII read as {encoding}", why, remedy),)
