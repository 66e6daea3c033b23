"""What SDV's metadata says about the columns of a table, for inference to follow.

Read are the forms ``SINGLE_TABLE_V1`` and ``V1`` (several tables) of docs.sdv.dev. They name a column's type
and, of some, the order of its categories, never the categories or a range: these are still inferred.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from syncline.compute.frames import Json
from syncline.data.document import MAX_BYTES
from syncline.data.labels import normal_label
from syncline.data.section import shown
from syncline.errors import DocumentError


class Sdtype(StrEnum):
    """What inference does with a column by its ``sdtype``.

    Each other word of SDV names a kind of personal data: ID, or UNKNOWN where ``pii`` is false.
    """

    NUMERICAL = "numerical"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    UNKNOWN = "unknown"
    ID = "id"


@dataclass(frozen=True, slots=True)
class DeclaredColumn:
    """A column's type; ``word`` is SDV's own, ``order`` the categories of an ordinal one, from the least."""

    sdtype: Sdtype
    word: str
    order: tuple[str, ...] = ()
    datetime_format: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredColumns:
    """The columns of one table, by name.

    ``name`` is the document's, for messages, and ``person`` the column of SDV's sequence key, of which each
    value is one person.
    """

    name: str
    columns: Mapping[str, DeclaredColumn] = field(default_factory=dict)
    person: str | None = None


def read_sdv_metadata(text: str, name: str, table: str | None = None) -> DeclaredColumns:
    """Read a metadata document.

    Parameters
    ----------
    text : JSON of at most ``MAX_BYTES``
    name : the document in messages
    table : which table of several

    Raises
    ------
    DocumentError
        Where the document is of neither form, or describes several tables and ``table`` is none of them.
    """
    described = _described(_document(text, name), name, table)
    told = {
        normal_label(column): _column(facts, f"{name}: columns.{shown(column)}")
        for column, facts in _mapping(described.get("columns"), f"{name}: columns").items()
    }
    person = described.get("sequence_key")
    for key in (described.get("primary_key"), person, *_items(described.get("alternate_keys"))):
        if isinstance(key, str) and normal_label(key) in told:
            told[normal_label(key)] = DeclaredColumn(Sdtype.ID, "id")
    return DeclaredColumns(name, told, normal_label(person) if isinstance(person, str) else None)


def _document(text: str, name: str) -> Mapping[str, Json]:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise DocumentError(f"{name}: larger than {MAX_BYTES // 1024} KiB; metadata is small")
    try:
        document = _mapping(json.loads(text), f"{name}: the document")
    except (ValueError, RecursionError):
        raise DocumentError(f"{name}: not valid JSON; write it with SDV's save_to_json") from None
    if "columns" not in document and "fields" in document:
        raise DocumentError(f"{name}: of an SDV before 1.0; load it there and save it in its present form")
    return document


def _described(document: Mapping[str, Json], name: str, table: str | None) -> Mapping[str, Json]:
    """Return what is said of one table."""
    if "tables" not in document:
        return document
    tables = _mapping(document["tables"], f"{name}: tables")
    if table is None and len(tables) == 1:
        table = next(iter(tables))
    if table is None or table not in tables:
        known = ", ".join(shown(known) for known in tables) or "none"
        raise DocumentError(f"{name}: describes the tables {known}; name one of them with --table")
    return _mapping(tables[table], f"{name}: tables.{shown(table)}")


def _column(node: Json, place: str) -> DeclaredColumn:
    told = _mapping(node, place)
    word = told.get("sdtype")
    if not isinstance(word, str):
        raise DocumentError(f"{place}.sdtype is missing; write the type of the column")
    kind = Sdtype(word) if word in list(Sdtype) else Sdtype.UNKNOWN
    if kind is Sdtype.UNKNOWN and told.get("pii", True) is not False:
        kind = Sdtype.ID
    order = tuple(normal_label(str(label)) for label in _items(told.get("order")))
    shape = told.get("datetime_format")
    return DeclaredColumn(kind, word, order, shape if isinstance(shape, str) else "")


def _mapping(node: Json | None, place: str) -> Mapping[str, Json]:
    if not isinstance(node, dict):
        raise DocumentError(f"{place} must be a mapping, as SDV's save_to_json writes it")
    return node


def _items(node: Json | None) -> list[Json]:
    return node if isinstance(node, list) else []
