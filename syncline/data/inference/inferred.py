"""Propose a schema from a table: a draft for a person to read, correct and publish.

What is inferred is *observed*: categories are the ones that occur, ranges are the extremes that occur. Such a
schema says something about single rows, so it is for the supplier's own use until a person has replaced
observed bounds by declared ones. Keys and sensitive columns cannot be seen in data and are left out; what
looks like an identifier is never modelled. Whatever was guessed or left out is said by a note.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.calendar_values import calendar_from_array
from syncline.data.cell_text import unseen_cells
from syncline.data.inference.declared_types import check_columns, follow
from syncline.data.inference.draft import ColumnCells, VariableDraft
from syncline.data.inference.missing_words import is_said, missing_among_words
from syncline.data.inference.moment_columns import (
    DistinctTimes,
    cut_notes,
    moment_draft,
    offset_notes,
    written_moments,
)
from syncline.data.inference.number_columns import read_long_integers, read_numbers
from syncline.data.inference.observed_range import scalar_of
from syncline.data.inference.sdv_types import DeclaredColumns
from syncline.data.inference.seen_cells import SeenCells
from syncline.data.inference.totals import totals_note
from syncline.data.inference.word_columns import read_truth, read_words
from syncline.data.kinds import Kind
from syncline.data.labels import is_printable_line, normal_label
from syncline.data.note import Deed, Note, counted
from syncline.data.scalars import write_scalar
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import MAX_NAME, Variable
from syncline.errors import DataError

_INFINITE = frozenset({"inf", "-inf"})
"""Texts of typed cells that hold no number."""


@dataclass(frozen=True, slots=True)
class Inference:
    """A proposed schema, and the notes on what was guessed or left out in it."""

    schema: Schema
    notes: tuple[Note, ...]

    def notes_on(self, name: str) -> tuple[Note, ...]:
        """Return the notes on one column."""
        return tuple(note for note in self.notes if note.column == name)


def infer_schema(table: pa.Table) -> Schema:
    """Propose the schema of ``table``, whose columns may be text (as from CSV) or typed."""
    return infer(table).schema


def infer(table: pa.Table, *, spelled: bool = True, declared: DeclaredColumns | None = None) -> Inference:
    """Propose the schema of ``table`` and say what was guessed.

    Where ``spelled`` is false, two texts that write one number are no codes: for rows of several tables,
    which were written by unlike programs. What is ``declared`` of a column is followed where its cells allow
    it; DocumentError where a column is described that the table lacks.
    """
    if table.num_columns == 0:
        raise DataError("the table has no columns")
    names = _checked_names(table)
    drafts = [_draft(name, table.column(place), spelled=spelled) for place, name in enumerate(names)]
    if declared is not None:
        check_columns(declared, names)
        drafts = [follow(draft, table.column(place), declared) for place, draft in enumerate(drafts)]
    schema = Schema(variables=tuple(draft.variable for draft in drafts))
    return Inference(schema, (*totals_note(table), *(note for draft in drafts for note in draft.notes)))


def _checked_names(table: pa.Table) -> list[str]:
    names = [normal_label(name) for name in table.column_names]
    for position, name in enumerate(names, start=1):
        if not name:
            raise DataError(f"column {position} has no name; give it one in the header")
        if not is_printable_line(name) or len(name) > MAX_NAME:
            raise DataError(
                f"column {position} is called {shown(name)!r}: a name has at most {MAX_NAME} characters, no"
                " control and no format characters; rename it"
            )
        if names.count(name) > 1:
            raise DataError(f"column {shown(name)!r} stands twice in the table; rename one")
    return names


def _draft(name: str, column: pa.ChunkedArray, *, spelled: bool) -> VariableDraft:
    kind = column.type
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            return _labelled(name, column)
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_boolean(kind):
        return VariableDraft(Variable(name=name, kind=Kind.BOOLEAN))
    if pa.types.is_null(kind):
        return _without_values(name, Kind.CONTINUOUS, set())
    if _is_text(kind) or _is_number(kind):
        return _from_cells(name, column, is_text=_is_text(kind), spelled=spelled)
    return _from_moments(name, column)


def _is_text(kind: pa.DataType) -> bool:
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _without_values(name: str, kind: Kind, missing: set[str]) -> VariableDraft:
    codes = tuple(sorted(missing))
    note = Note(
        name, Deed.NAMED, "no cell has a value", "all are missing", "declare what it holds, or leave it out"
    )
    return VariableDraft(Variable(name=name, kind=kind, missing=codes), (note,))


def _labelled(name: str, column: pa.ChunkedArray) -> VariableDraft:
    """Describe a column that its owner declared to be categories, in their order where it has one."""
    declared = column.unify_dictionaries().chunk(0).dictionary.to_pylist() if column.num_chunks else []
    labels = [label for label in dict.fromkeys(map(normal_label, filter(None, declared))) if label]
    seen = SeenCells.of(column, name)
    used = set(seen.labels)
    if not used.intersection(labels):
        return _without_values(name, Kind.CONTINUOUS, set())
    if column.type.ordered:
        return VariableDraft(Variable(name=name, kind=Kind.ORDINAL, categories=tuple(labels)))
    return read_words(ColumnCells(name, seen), _missing(seen, set()), "its type is one of categories")


def _from_cells(name: str, column: pa.ChunkedArray, *, is_text: bool, spelled: bool) -> VariableDraft:
    seen = SeenCells.of(column, f"column {shown(name)!r}")
    cells = ColumnCells(name, seen)
    said = {label for label in seen.labels if is_said(label) or (not is_text and label in _INFINITE)}
    exported = missing_among_words(seen.labels)
    if len(said) == len(seen.labels):
        kind = Kind.INTEGER if pa.types.is_integer(column.type) else Kind.CONTINUOUS
        return _without_values(name, kind, _missing(seen, said))
    read = read_truth(cells, exported) if is_text else None
    if pa.types.is_integer(column.type):
        read = read_long_integers(cells)
    codes = ""
    if read is None:
        numbers = read_numbers(cells, said, spelled=spelled and is_text)
        read, codes = (None, "") if numbers is None else (numbers.draft, numbers.codes)
    if read is None and is_text and not codes:
        read = written_moments(cells, said, digits=not spelled)
    if read is None:
        read = read_words(cells, exported, codes)
    return _finished(read, seen, column)


def _finished(draft: VariableDraft, seen: SeenCells, column: pa.ChunkedArray) -> VariableDraft:
    """Add what concerns all columns of cells: empty ones are missing, and characters that nobody sees."""
    variable = draft.variable.model_copy(
        update={"missing": tuple(sorted(_missing(seen, {*draft.variable.missing})))}
    )
    unseen = sum(unseen_cells(chunk) for chunk in column.chunks)
    if not unseen:
        return VariableDraft(variable, draft.notes)
    note = Note(
        variable.name,
        Deed.GUESSED,
        f"{counted(unseen)} with characters that are not seen",
        "zero-width characters and breaks of the line are no part of a label",
        "recode them where such cells are a value of their own",
        unseen,
    )
    return VariableDraft(variable, (*draft.notes, note))


def _missing(seen: SeenCells, codes: set[str]) -> set[str]:
    return {*codes, ""} if seen.has_empty else codes


def _from_moments(name: str, column: pa.ChunkedArray) -> VariableDraft:
    """Describe a column of an Arrow type of dates or times, or refuse the type."""
    kind, zone = _moment_kind(column.type)
    if kind is None:
        raise DataError(
            f"column {shown(name)!r}: type {column.type} cannot be synthesized; leave the column out"
        )
    variable = Variable(name=name, kind=kind, zone=zone)
    values = [calendar_from_array(chunk, variable) for chunk in _moment_chunks(column)]
    numbers = np.concatenate([np.zeros(0, np.int64), *(value.numbers for value in values)]).astype(np.int64)
    status = np.concatenate([np.zeros(0, np.uint8), *(value.status for value in values)])
    distinct, rows = np.unique(numbers[status == Status.VALID], return_counts=True)
    if not len(distinct):
        return _without_values(name, kind, set())
    labels = list(_moment_labels(kind, zone, distinct))
    cells = ColumnCells(name, SeenCells((), rows[:0], rows[:0]))
    offset = column.type.tz if zone == "UTC" else None
    notes = cut_notes(cells, sum(map(_nanosecond_cells, column.chunks)))
    if offset is not None:
        notes = (*notes, *offset_notes(cells, [offset], int(rows.sum())))
    return moment_draft(cells, variable, DistinctTimes(distinct, rows, labels), (), notes)


def _nanosecond_cells(chunk: pa.Array) -> int:
    """Return how many cells of a typed column are finer than a microsecond."""
    if pa.types.is_date(chunk.type) or chunk.type.unit != "ns":
        return 0
    numbers = np.asarray(chunk.cast(pa.int64()).drop_null().to_numpy(zero_copy_only=False), np.int64)
    return int(np.count_nonzero(numbers % 1000))


def _moment_labels(
    kind: Kind, zone: str | None, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Iterator[str]:
    for number in numbers.tolist():
        yield write_scalar(scalar_of(kind, zone, number))


def _moment_chunks(column: pa.ChunkedArray) -> Iterator[pa.Array]:
    return iter(column.chunks)


def _moment_kind(kind: pa.DataType) -> tuple[Kind | None, str | None]:
    if pa.types.is_date(kind):
        return Kind.DATE, None
    if pa.types.is_timestamp(kind):
        return (
            Kind.DATETIME,
            kind.tz if kind.tz is None or "/" in kind.tz else "UTC",
        )  # an offset names no zone
    if pa.types.is_time(kind):
        return Kind.TIME, None
    if pa.types.is_duration(kind):
        return Kind.DURATION, None
    return None, None
