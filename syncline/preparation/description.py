"""Draft what a supplier may publish of a table: for a person to read, edit and pass on.

Nothing that fewer than ``min_cell`` persons hold is in a description: no category, no code for missing, no
count, and no edge of a range with fewer persons at or beyond it. What the ``min_cell - 1`` outermost persons
hold does not move an edge. Counts are rounded. Persons, identifiers and free text are named and never
described.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.inference.missing_words import EXPORTED, SAID
from syncline.data.inference.word_columns import DECLARE_CODES
from syncline.data.kinds import Kind, Role
from syncline.data.labels import is_printable_line
from syncline.data.scalars import Scalar
from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.data.truth_words import TRUTH
from syncline.data.variable import BOOLEAN_CATEGORIES, MAX_NAME, Variable
from syncline.errors import DataError
from syncline.preparation.column_reader import reader_of
from syncline.preparation.column_survey import (
    BOOLEAN,
    FREE,
    IDENTIFIER,
    NUMBER,
    WORDS,
    ColumnSurvey,
    Holders,
    shared_codes,
)
from syncline.preparation.distinct_persons import Edges, Ids, RowIds
from syncline.preparation.persons import KeepsPersons
from syncline.preparation.prepared_source import BATCH_ROWS
from syncline.preparation.range_rounding import simple_bounds
from syncline.sources.container import WRITE_PLAIN, readable_columns, require_read, unread_columns
from syncline.sources.source import Source, as_kept

ROUNDED_TO = 10
"""Counts are given to the nearest multiple of this."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """How many categories too few hold, and how many persons hold them in all: rounded, None for a few."""

    categories: int
    persons: int | None


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """What may be said of one column.

    ``categories`` maps each category to its rows, rounded; ``missing_percent`` is None where none or too few
    persons have a missing cell; ``unread`` tells that too few persons hold cells of another kind;
    ``gap_codes`` are numbers that end a short list behind a gap, which only a person can tell from values.
    """

    variable: Variable
    reason: str = ""
    categories: Mapping[str, int | None] | None = None
    withheld: Withheld | None = None
    missing_percent: int | None = None
    unread: bool = False
    gap_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDescription:
    """What may be said of a table; ``rows`` is rounded, None where there are too few."""

    name: str
    min_cell: int
    by_person: bool
    rows: int | None
    columns: tuple[ColumnDescription, ...]

    @property
    def schema(self) -> Schema:
        """The draft as a schema."""
        return Schema(variables=tuple(column.variable for column in self.columns))


def describe_table(
    source: Source, name: str, person: str | None, min_cell: int, batch_rows: int = BATCH_ROWS
) -> TableDescription:
    """Read a source twice, a batch at a time, and return what may be published of it.

    Parameters
    ----------
    name
        What the data set is called.
    person
        The column that tells persons apart; without one each row counts as a person.
    min_cell
        Persons who must hold whatever is said, from 1.
    batch_rows
        Rows that are read at a time.

    Raises
    ------
    DataError
        Where the source has no such column, a column's name cannot stand in a schema, a row has no person, or
        the source changed while it was read.
    """
    require_read(unread_columns(source), [] if person is None else [person], source.name)
    if person is not None and person not in source.columns:
        raise DataError(f"{source.name}: no column {shown(person)!r}; {nearest(person, source.columns)}")
    for place, column in enumerate(source.columns, start=1):
        if len(column) > MAX_NAME or not is_printable_line(column):
            raise DataError(f"{source.name}: the name of column {place} cannot stand in a schema; rename it")
    digest = source.digest()
    reading = _Reading(as_kept(source), person, batch_rows)
    rows, surveys = _survey(reading, min_cell)
    kinds = {column: _ordered_variable(column, survey) for column, survey in surveys.items()}
    ordered = {column: variable for column, variable in kinds.items() if variable is not None}
    edges = _find_edges(reading, ordered, min_cell)
    if source.digest() != digest:
        raise DataError(f"{source.name}: changed while it was read; leave it as it is and describe it again")
    columns = tuple(
        _person(column)
        if column == person
        else _describe(column, surveys[column], ordered.get(column), edges.get(column))
        for column in readable_columns(source)
    )
    columns += tuple(_unread(name, why) for name, why in unread_columns(source).items())
    return TableDescription(name, min_cell, person is not None, rounded(rows, min_cell), columns)


def rounded(count: int, min_cell: int) -> int | None:
    """Return a count to the nearest multiple of ``ROUNDED_TO``; None where it is small."""
    nearest_multiple = (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO
    return nearest_multiple if count >= min_cell and nearest_multiple else None


class _Reading:
    """Passes over a source, each with the persons of its rows beside the columns."""

    def __init__(self, source: Source, person: str | None, batch_rows: int) -> None:
        self._source = source
        self._person = person
        self._batch_rows = batch_rows
        self._original = person
        if person is not None and isinstance(source, KeepsPersons):
            self._original = source.person_column(person)  # as it was before pseudonyms

    @property
    def columns(self) -> list[str]:
        """The columns to describe: all that can be read but the person."""
        return [column for column in readable_columns(self._source) if column != self._person]

    def where(self, column: str) -> str:
        """Name a column in messages."""
        return f"{self._source.name}: column {shown(column)!r}"

    def batches(self, columns: Sequence[str]) -> Iterator[tuple[pa.RecordBatch, Ids]]:
        """Yield batches of ``columns`` and the ids (n,) of their persons."""
        ids = RowIds(self._person, self._source.name)
        wanted = [*columns] if self._original is None else [*columns, self._original]
        for batch in self._source.batches(wanted, self._batch_rows):
            persons = None if self._original is None else batch.column(len(columns))
            yield batch, ids.of(persons, batch.num_rows)


def _ordered_variable(name: str, survey: ColumnSurvey) -> Variable | None:
    """Return the variable of a column of numbers, days or times, before its range is known."""
    reading = survey.reading()
    if reading is None:
        return None
    states = survey.states(reading)
    codes = dict.fromkeys(states, "")
    missing = tuple(sorted({"", *EXPORTED, *SAID, *survey.codes}.difference(states)))
    if reading == NUMBER:
        kind = Kind.INTEGER if survey.decimals == 0 else Kind.CONTINUOUS
        decimals = survey.decimals or None
        step = survey.step(reading)
        return Variable(name=name, kind=kind, decimals=decimals, step=step, missing=missing, codes=codes)
    calendar = survey.calendar(reading)
    if calendar is None:
        return None
    step = calendar.step or survey.step(reading)
    kind, zone = calendar.kind, calendar.zone
    return Variable(name=name, kind=kind, zone=zone, step=step, missing=missing, codes=codes)


def _survey(reading: _Reading, min_cell: int) -> tuple[int, dict[str, ColumnSurvey]]:
    """Return the number of rows, and what each column holds."""
    rows, surveys = 0, {column: ColumnSurvey(min_cell, column) for column in reading.columns}
    for batch, ids in reading.batches(list(surveys)):
        rows += batch.num_rows
        for place, (column, survey) in enumerate(surveys.items()):
            survey.add(batch.column(place), ids, reading.where(column))
    return rows, surveys


def _find_edges(reading: _Reading, ordered: Mapping[str, Variable], min_cell: int) -> dict[str, Edges]:
    readers = {column: reader_of(variable) for column, variable in ordered.items()}
    edges = {column: Edges(min_cell) for column in ordered}
    if not ordered:
        return edges
    for batch, ids in reading.batches(list(ordered)):
        for place, (column, reader) in enumerate(readers.items()):
            cells = reader.read(batch.column(place), reading.where(column))
            valid = (cells.status == Status.VALID) & ordered[column].are_values(cells.keys)
            edges[column].add(cells.keys[valid], ids[valid])
    return edges


def _person(column: str) -> ColumnDescription:
    variable = Variable(name=column, kind=Kind.IDENTIFIER, role=Role.PERSON)
    return ColumnDescription(variable, "it tells persons apart")


def _unread(column: str, why: str) -> ColumnDescription:
    reason = f"holds {why}: {WRITE_PLAIN}"
    return ColumnDescription(Variable(name=column, kind=Kind.TEXT), reason)


def _describe(
    name: str, survey: ColumnSurvey, ordered: Variable | None, edges: Edges | None
) -> ColumnDescription:
    reading = survey.reading()
    missing = _missing_percent(survey, reading or WORDS)
    codes = tuple(sorted(shared_codes(survey, reading or WORDS)))
    if reading is None:
        few = f"fewer than {survey.min_cell} persons hold a value"
        return ColumnDescription(Variable(name=name, kind=Kind.TEXT), few)
    if reading in (IDENTIFIER, FREE):
        kind = Kind.IDENTIFIER if reading == IDENTIFIER else Kind.TEXT
        return ColumnDescription(Variable(name=name, kind=kind), _reason(survey, reading))
    if reading == WORDS:
        return _categories(name, survey, codes, missing)
    unread = survey.is_unread(reading)
    if reading == BOOLEAN:
        variable = Variable(name=name, kind=Kind.BOOLEAN, missing=codes)
        return ColumnDescription(variable, "", _sides(survey), None, missing, unread)
    assert ordered is not None
    assert edges is not None
    variable = ordered.model_copy(update={"missing": codes, "range": _bounds(ordered, survey, edges)})
    near = survey.gap_codes() if reading == NUMBER else ()
    near = tuple(code for code in near if code not in variable.codes)
    return ColumnDescription(variable, missing_percent=missing, unread=unread, gap_codes=near)


def _reason(survey: ColumnSurvey, reading: str) -> str:
    """Return why a column is not described, and what would change that."""
    if reading == IDENTIFIER:
        return f"looks like identifiers: {survey.identifier_reason()}; where it holds none, declare its kind"
    if survey.form is not None:
        return f"looks like {survey.form.words}: {survey.form.reading}"
    if survey.are_padded:
        return f"looks like codes of digits with leading zeros, too many for categories: {DECLARE_CODES}"
    return f"looks like {_AN[reading]}"


_AN = {IDENTIFIER: "identifiers", FREE: "free text"}


def _sides(survey: ColumnSurvey) -> dict[str, int | None]:
    """Return the rows of either truth value, however they are written."""
    sides = {}
    for side in BOOLEAN_CATEGORIES:
        position = BOOLEAN_CATEGORIES.index(side)
        alike = [held for label, held in survey.texts.items() if TRUTH.get(label.casefold()) == position]
        enough = any(held.people.reached for held in alike)
        enough = enough or len(set().union(*(held.people.persons for held in alike))) >= survey.min_cell
        sides[side] = rounded(sum(held.rows for held in alike), survey.min_cell) if enough else None
    return sides


def _rows(held: Holders, min_cell: int) -> int | None:
    return rounded(held.rows, min_cell) if held.people.reached else None


def _categories(
    name: str, survey: ColumnSurvey, codes: tuple[str, ...], missing: int | None
) -> ColumnDescription:
    """Describe a column of words: those that enough persons hold, and how many others there are."""
    missing_codes = survey.missing_codes(WORDS)
    answers = {code: held for code, held in survey.codes.items() if code not in missing_codes}
    texts = {**survey.texts, **answers}
    kept = {text: held for text, held in sorted(texts.items()) if held.people.reached}
    few = [held.people for held in texts.values() if not held.people.reached]
    persons = len(set().union(*(people.persons for people in few)))
    withheld = Withheld(len(few), rounded(persons, survey.min_cell)) if few else None
    if not kept:
        variable = Variable(name=name, kind=Kind.TEXT)
        reason = f"no category is held by {survey.min_cell} persons"
        return ColumnDescription(variable, reason, withheld=withheld)
    variable = Variable(name=name, kind=Kind.CATEGORICAL, categories=tuple(kept), missing=codes)
    rows = {text: _rows(held, survey.min_cell) for text, held in kept.items()}
    return ColumnDescription(variable, "", rows, withheld, missing, gap_codes=survey.gap_codes())


def _missing_percent(survey: ColumnSurvey, reading: str) -> int | None:
    """Return the share of missing cells in whole percent, from rounded counts; None where it is small."""
    if not survey.missing_holders.reached:
        return None
    missing = rounded(survey.missing_rows(reading), survey.min_cell)
    rows = rounded(survey.missing + survey.held, survey.min_cell)
    return None if missing is None or not rows else min(round(100 * missing / rows), 100)


def _bounds(variable: Variable, survey: ColumnSurvey, edges: Edges) -> tuple[Scalar, Scalar] | None:
    """Return the range between two edges; None where they cross, or are one value that too few share."""
    grid = variable.grid
    if edges.keys is None or grid is None:
        return None
    low, high = edges.keys
    if low > high or (low == high and not _is_shared(variable, survey, low)):
        return None
    return simple_bounds(grid, low, high)


def _is_shared(variable: Variable, survey: ColumnSurvey, key: int) -> bool:
    """Tell whether a text that enough persons hold has this key."""
    labels = [text for text, held in survey.texts.items() if held.people.reached]
    cells = reader_of(variable).read(pa.array(labels, pa.string()), variable.name)
    return bool(((cells.keys == key) & (cells.status == Status.VALID)).any())
