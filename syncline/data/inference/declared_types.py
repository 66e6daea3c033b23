"""Follow what somebody says about the columns of a table, and say where the cells do not bear it out."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow as pa

from syncline.data.inference.draft import PREPARE, ColumnCells, VariableDraft, codes_of
from syncline.data.inference.missing_words import is_said, missing_among_words
from syncline.data.inference.number_columns import declared_numbers
from syncline.data.inference.sdv_types import DeclaredColumn, DeclaredColumns, Sdtype
from syncline.data.inference.seen_cells import SeenCells
from syncline.data.kinds import Kind, Role
from syncline.data.note import Deed, counted
from syncline.data.section import shown
from syncline.data.truth_words import TRUTH
from syncline.data.variable import MAX_CATEGORIES, MAX_LABEL, Variable
from syncline.errors import DocumentError

_AGREED = {
    Sdtype.NUMERICAL: {Kind.INTEGER, Kind.CONTINUOUS},
    Sdtype.CATEGORICAL: {Kind.CATEGORICAL, Kind.ORDINAL},
    Sdtype.BOOLEAN: {Kind.BOOLEAN},
    Sdtype.DATETIME: {Kind.DATE, Kind.DATETIME, Kind.TIME},
    Sdtype.UNKNOWN: set(Kind),
    Sdtype.ID: {Kind.IDENTIFIER},
}
"""The kinds that bear a type out."""


def check_columns(declared: DeclaredColumns, names: Collection[str]) -> None:
    """Raise DocumentError where a column is described that the table does not have."""
    for name in declared.columns:
        if name not in names:
            raise DocumentError(
                f"{declared.name}: describes the column {shown(name)!r}, which the table does not have;"
                " take it out, or read the table that it belongs to"
            )


def follow(draft: VariableDraft, column: pa.ChunkedArray, declared: DeclaredColumns) -> VariableDraft:
    """Return the draft of a column, or another one where ``declared`` says something else of it."""
    name = draft.variable.name
    told = declared.columns.get(name)
    cells = ColumnCells(name, SeenCells.of(column, f"column {shown(name)!r}"))
    if told is None:
        why, remedy = f"{declared.name} says nothing about it", "describe it there, or check this draft"
        return _with_note(draft, cells, Deed.GUESSED, "its kind", why, remedy)
    if told.order or draft.variable.kind not in _AGREED[told.sdtype]:
        followed = _drafted(cells, told)
        if followed is None:
            why = f"{declared.name} says {_said(told)}, as which its cells cannot be read"
            return _with_note(draft, cells, Deed.NAMED, f"kind: {draft.variable.kind}", why, PREPARE)
        draft = followed
    if declared.person == name:
        person = draft.variable.model_copy(update={"role": Role.PERSON})
        return VariableDraft(person, draft.notes)
    return draft


def _drafted(cells: ColumnCells, told: DeclaredColumn) -> VariableDraft | None:
    """Return the draft that a type asks for; None where the cells do not hold it."""
    empty = {""} if cells.seen.has_empty else set()
    known = missing_among_words(cells.seen.labels) | empty
    match told.sdtype:
        case Sdtype.NUMERICAL:
            return declared_numbers(cells, {label for label in cells.seen.labels if is_said(label)} | empty)
        case Sdtype.CATEGORICAL:
            return _categories(cells, known, told.order)
        case Sdtype.BOOLEAN:
            return _truth(cells, known)
        case Sdtype.ID:
            remedy = "declare another kind where it tells nobody apart"
            return cells.left_out(Kind.IDENTIFIER, known, f"its sdtype is {told.word}", remedy)
        case _:
            return None


def _categories(cells: ColumnCells, known: Collection[str], order: tuple[str, ...]) -> VariableDraft | None:
    """Return a categorical, or an ordinal column whose order names every label."""
    seen = cells.seen.without(known)
    if len(seen.labels) > MAX_CATEGORIES or any(len(label) > MAX_LABEL for label in seen.labels):
        return None
    missing = codes_of(known)
    if order and len(set(order)) == len(order) and set(seen.labels) <= set(order):
        return VariableDraft(Variable(name=cells.name, kind=Kind.ORDINAL, categories=order, missing=missing))
    labels = tuple(seen.sorted_labels())
    drafted = VariableDraft(
        Variable(name=cells.name, kind=Kind.CATEGORICAL, categories=labels, missing=missing)
    )
    if not order:
        return drafted
    unnamed = seen.without(order)
    count = unnamed.held
    what = f"{counted(count)} that the order does not name"
    remedy = "complete 'order' in the metadata, or declare kind: ordinal"
    return _with_note(drafted, cells, Deed.GUESSED, what, "its categories are kept without order", remedy)


def _truth(cells: ColumnCells, known: Collection[str]) -> VariableDraft | None:
    words = {label.casefold() for label in cells.seen.without(known).labels}
    if not words <= TRUTH.keys():
        return None
    return VariableDraft(Variable(name=cells.name, kind=Kind.BOOLEAN, missing=codes_of(known)))


def _said(told: DeclaredColumn) -> str:
    return f"{told.word} of the form {told.datetime_format}" if told.datetime_format else told.word


def _with_note(
    draft: VariableDraft, cells: ColumnCells, deed: Deed, what: str, why: str, remedy: str
) -> VariableDraft:
    return VariableDraft(draft.variable, (*draft.notes, cells.note(deed, what, why, remedy)))
