"""JSON Lines: one object a line, whose values become the text that was written.

Numbers keep their digits, ``true`` and ``false`` are text, ``null`` and absent keys are missing. The columns
are the keys of the first 1,000 lines in the order of their first appearance; those of which a value is an
object or a list there cannot be read. A key, or such a value, that comes first further down is refused by its
line and its name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pyarrow as pa

from syncline.data.labels import normal_label
from syncline.data.section import shown
from syncline.errors import DataError
from syncline.sources.container import NESTED_VALUES, WRITE_PLAIN
from syncline.sources.source import MAX_COLUMNS
from syncline.sources.stored_table import FileTable
from syncline.sources.text_file import MAX_RECORD_BYTES, TextFile
from syncline.sources.text_rows import TextRow, text_batches

HEAD_LINES = 1000
"""Lines whose keys are the columns."""


class _Nested:
    """An object or a list, of which nothing is kept."""


_NESTED = _Nested()
_Object: TypeAlias = dict[str, str | _Nested | None]


class JsonLinesSource(FileTable):
    """Read a file of JSON Lines; all columns are text."""

    def __init__(self, path: Path) -> None:
        self._text = TextFile(path)
        with self._text.open() as stream:
            keys, nested = _first_keys(stream, str(path))
            super().__init__(
                path, self._text, keys, unread={normal_label(key): NESTED_VALUES for key in nested}
            )

    def describe(self) -> str:
        """Return the path, the encoding and the number of columns."""
        return f"{self._path}, JSON Lines in {self._text.encoding.upper()}, {len(self._columns)} columns"

    def _read(self, places: Sequence[int], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        keys = [self._raw[place] for place in places]
        with self._text.open() as stream:
            yield from text_batches(wanted, self._rows(stream, keys))

    def _rows(self, stream: BinaryIO, keys: Sequence[str]) -> Iterator[TextRow]:
        known = frozenset(self._raw)
        for number, row in _objects(stream, str(self._path)):
            if not known.issuperset(row):
                key = next(key for key in row if key not in known)
                raise DataError(
                    f"{self._path}: line {number} has the key {_name(key)}, which the first {HEAD_LINES}"
                    " lines do not have; add it to the first line, as null where it has no value"
                )
            cells = [row.get(key) for key in keys]
            texts = [cell for cell in cells if not isinstance(cell, _Nested)]
            if len(texts) < len(cells):
                key = next(key for key, cell in zip(keys, cells, strict=True) if isinstance(cell, _Nested))
                raise DataError(
                    f"{self._path}: line {number} has an object or a list under the key {_name(key)}, of"
                    f" which the first {HEAD_LINES} lines have none; {WRITE_PLAIN}, and null in its place",
                    public=f"column {_name(key)} holds {NESTED_VALUES}",
                )
            yield texts


def _name(key: str) -> str:
    return repr(shown(normal_label(key)))


def _first_keys(stream: BinaryIO, name: str) -> tuple[list[str], set[str]]:
    """Return the keys of the first lines in the order of their first appearance, and which are nested."""
    keys: dict[str, None] = {}
    nested: set[str] = set()
    for place, (_, row) in enumerate(_objects(stream, name), start=1):
        keys.update(dict.fromkeys(row))
        nested.update(key for key, value in row.items() if isinstance(value, _Nested))
        if len(keys) > MAX_COLUMNS:
            raise DataError(f"{name}: has more than {MAX_COLUMNS} keys; keep those that a study may read")
        if place == HEAD_LINES:
            break
    if not keys:
        raise DataError(f"{name}: is empty; it needs a line with the names of the columns as keys")
    return list(keys), nested


def _objects(stream: BinaryIO, name: str) -> Iterator[tuple[int, _Object]]:
    """Yield each line's number and object; empty lines are passed over."""
    number = 0
    while content := stream.readline(MAX_RECORD_BYTES + 1):
        number += 1
        if len(content) > MAX_RECORD_BYTES:
            raise DataError(
                f"{name}: line {number} is longer than {MAX_RECORD_BYTES >> 20} MiB; is this JSON Lines?"
            )
        try:
            if text := content.decode("utf-8-sig" if number == 1 else "utf-8").strip():
                yield number, _flat(text)
        except _Unfit as unfit:
            raise DataError(f"{name}: line {number} {unfit}") from None
        except UnicodeError:
            raise DataError(f"{name}: line {number} is not UTF-8; save the file as UTF-8") from None
        except (ValueError, RecursionError):
            raise DataError(f"{name}: line {number} is no JSON; write one object a line") from None


class _Unfit(Exception):
    """What is wrong with a line that is JSON, ready to be put behind its number."""


def _flat(text: str) -> _Object:
    """Return the object that a line holds, its values as text."""
    row = _DECODER.decode(text)
    if not isinstance(row, _JsonObject):
        raise _Unfit("is no object; write one object a line, with the names of the columns as keys")
    return {key: _cell(value) for key, value in row.items()}


def _cell(value: object) -> str | _Nested | None:
    if value is None or isinstance(value, str):
        if value is not None and not value.isascii():
            value.encode()  # half of a surrogate pair is no text
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NESTED


class _JsonObject(dict[str, object]):
    """An object as it was read, told apart from other values by its type."""


def _row(pairs: list[tuple[str, object]]) -> _JsonObject:
    row = _JsonObject(pairs)
    if len(row) != len(pairs):
        raise _Unfit("has the same key twice; keep one")
    return row


_DECODER = json.JSONDecoder(
    object_pairs_hook=_row, parse_float=str, parse_int=str, parse_constant=str, strict=True
)
