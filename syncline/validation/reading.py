"""Read the tables of a comparison by one schema: the one given, or one that fits all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.cell_text import plain_text
from syncline.data.inference import Inference, infer
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.schema import Schema
from syncline.data.section import nearest, shown
from syncline.errors import DataError, UsageError
from syncline.sources.container import WRITE_PLAIN, container_notes, readable_columns, unread_columns
from syncline.sources.reading_notes import reading_notes
from syncline.sources.source import Source, as_kept
from syncline.sources.source_inference import infer_source, read_table
from syncline.sources.zone_notes import zone_notes
from syncline.validation.cell_table import CellTable, read_cells
from syncline.validation.merged_categories import told_as_one, with_other


@dataclass(frozen=True, slots=True)
class ComparedTables:
    """The tables of a comparison, with the same columns.

    ``left_out`` are columns that not all have or the schema lacks; ``only_synthetic`` are those of them that
    the synthetic table has. ``notes`` say what was guessed, merged or not compared; they may name values, so
    they are for the owner of the tables.
    """

    real: CellTable
    synthetic: CellTable
    holdout: CellTable | None
    left_out: tuple[str, ...]
    only_synthetic: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def schema(self) -> Schema:
        """The schema that all tables were read by."""
        return self.real.schema

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has, by its name in the report."""
        named = {"real": self.real, "synthetic": self.synthetic, "holdout": self.holdout}
        return {name: table.n_rows for name, table in named.items() if table is not None}


def read_compared(
    real: Source, synthetic: Source, holdout: Source | None, schema: Schema | None, person: str | None = None
) -> ComparedTables:
    """Read the tables; a column that one of them lacks is left out.

    Parameters
    ----------
    schema
        How cells are read; inferred from all tables together where None.
    person
        The column of the real tables that tells persons apart, where the schema does not say it.

    Raises
    ------
    DataError
        Where a table cannot be read, or has no column or no row to compare.
    UsageError
        Where ``person`` names no column of the real table, or another one than the schema does.
    """
    if person is not None:
        _require_person(person, real, schema)
    tables = [source for source in (real, synthetic, holdout) if source is not None]
    known, guessed = _given(schema, real, person) if schema is not None else _inferred(tables, person)
    apart = set() if known.person is None else {known.person.name}
    everywhere = set.intersection(*(set(readable_columns(source)) for source in tables)) | apart
    shared = known.without(tuple(v.name for v in known.modelled if v.name not in everywhere))
    if not shared.modelled:
        raise DataError(f"{synthetic.name}: has no column in common with {real.name} that can be compared")
    used, made, unused, merged = _read_by(with_other(shared, synthetic), real, synthetic, holdout)
    compared = {variable.name for variable in shared.modelled} | apart
    names = dict.fromkeys(name for source in tables for name in source.columns)
    left_out = tuple(name for name in names if name not in compared)
    unread = {name: why for source in tables for name, why in unread_columns(source).items()}
    said = _left_out(_unsaid(left_out, guessed), known, everywhere, unread)
    uncompared = _unread({"real": used, "synthetic": made, "held-out": unused})
    only_synthetic = tuple(name for name in synthetic.columns if name not in compared)
    return ComparedTables(
        used, made, unused, left_out, only_synthetic, (*guessed, *said, *merged, *uncompared)
    )


def _read_by(
    schema: Schema, real: Source, synthetic: Source, holdout: Source | None
) -> tuple[CellTable, CellTable, CellTable | None, tuple[Note, ...]]:
    """Return the real, the synthetic and the held-out table, and what of their categories was merged."""
    made = read_cells(synthetic, schema)
    held_out = None if holdout is None else read_cells(holdout, schema)
    used, unused, merged = told_as_one(read_cells(real, schema), made, held_out)
    return used, made, unused, merged


def _unsaid(names: Sequence[str], notes: Sequence[Note]) -> list[str]:
    """Return the columns of which no note says already why they are left out."""
    said = {note.column for note in notes if note.deed is Deed.LEFT_OUT}
    return [name for name in names if name not in said]


def _left_out(
    names: Sequence[str], schema: Schema, everywhere: set[str], unread: Mapping[str, str]
) -> Iterator[Note]:
    for name in names:
        if name in unread:
            why, remedy = f"in one of the tables it holds {unread[name]}", WRITE_PLAIN
        elif name not in everywhere:
            why, remedy = "not all tables have it", "give it to all of them, or take it out"
        elif name not in schema.names:
            why, remedy = "the schema does not name it", "describe it in the schema"
        else:
            why = f"a column of kind {schema.variable(name).kind} is not compared"
            remedy = "declare another kind to compare it"
        yield Note(name, Deed.LEFT_OUT, "the column", why, remedy)


def _unread(tables: Mapping[str, CellTable | None]) -> Iterator[Note]:
    """Yield the cells that were not compared because they are no values of the schema."""
    for name, table in tables.items():
        if table is None:
            continue
        for column, status in zip(table.names, table.status, strict=True):
            cells = int((status > Status.MISSING).sum())
            if cells:
                what = f"{counted(cells)} of the {name} table"
                remedy = "write them as the schema does, or let it name them"
                why = "they are no values of the schema and were not compared"
                yield Note(column, Deed.LEFT_OUT, what, why, remedy, cells)


def require_compared(names: Sequence[str], schema: Schema, option: str) -> None:
    """Raise UsageError where ``option`` names a column that is not compared."""
    known = [variable.name for variable in schema.modelled]
    for name in names:
        if name not in known:
            raise UsageError(f"{option}: there is no column {name!r} to compare; {nearest(name, known)}")


def _given(schema: Schema, real: Source, person: str | None) -> tuple[Schema, tuple[Note, ...]]:
    notes = (*container_notes(real), *reading_notes(schema, real), *zone_notes(schema, real))
    return _with_person(schema, person), notes


def _inferred(sources: Sequence[Source], person: str | None) -> tuple[Schema, tuple[Note, ...]]:
    """Infer a schema from the rows of all tables together, so that no value of any lies outside it.

    What is told of the real table is what its own inference says, wherever a column is read alike.
    """
    tables = [read_table(as_kept(source)) for source in sources]
    shared = [name for name in tables[0].column_names if all(name in table.column_names for table in tables)]
    columns = {
        name: _together(
            [(table.column(name), source.name) for table, source in zip(tables, sources, strict=True)], name
        )
        for name in shared
        if name != person
    }
    if not columns:
        raise DataError(f"{sources[1].name}: has no column in common with {sources[0].name}")
    try:
        inferred = infer(pa.table(columns), spelled=False)
    except DataError as fault:
        raise DataError(f"{sources[0].name}: {fault}") from None
    each = [infer_source(source) for source in sources]
    own, inferred = each[0], _with_codes(inferred, each, columns)
    alike = {v.name for v in inferred.schema.variables if own.schema.variable(v.name).kind is v.kind}
    alone = {name for name in own.schema.names if name not in columns}
    told = [note for note in own.notes if not note.column or note.column in alike | alone]
    told += [note for note in inferred.notes if note.column and note.column not in alike]
    notes = tuple(note for note in told if note.column != person or person is None)
    return _with_person(inferred.schema, person), notes


def _with_codes(
    inferred: Inference, each: Sequence[Inference], columns: Mapping[str, pa.ChunkedArray]
) -> Inference:
    """Read digits as codes where every table by itself has codes in the column, as in 0742 beside 5411."""
    coded = {
        name: columns[name]
        for name in inferred.schema.names
        if inferred.schema.variable(name).kind in NUMERIC_KINDS
        and all(one.schema.variable(name).kind is Kind.CATEGORICAL for one in each)
    }
    if not coded:
        return inferred
    spelled = infer(pa.table(coded))
    variables = [
        spelled.schema.variable(variable.name) if variable.name in coded else variable
        for variable in inferred.schema.variables
    ]
    notes = [note for note in inferred.notes if note.column not in coded]
    return Inference(Schema(variables=tuple(variables)), (*notes, *spelled.notes))


def _require_person(person: str, real: Source, schema: Schema | None) -> None:
    if person not in real.columns:
        raise UsageError(f"--person: {real.name} has no column {person!r}; {nearest(person, real.columns)}")
    declared = None if schema is None or schema.person is None else schema.person.name
    if declared not in (None, person):
        raise UsageError(
            f"--person {person}: the schema gives the role person to column {declared!r}; leave --person out"
        )


def _with_person(schema: Schema, person: str | None) -> Schema:
    """Return the schema in which ``person`` tells persons apart, and is nothing else."""
    if person is None or schema.person is not None:
        return schema
    rest = schema.without((person,))
    who = Schema.model_validate({"variables": [{"name": person, "kind": "identifier", "role": "person"}]})
    return Schema(variables=(*who.variables, *rest.variables), constraints=rest.constraints)


def _together(columns: Sequence[tuple[pa.ChunkedArray, str]], name: str) -> pa.ChunkedArray:
    """Return the cells of a column of all tables, each with what it is called; unlike types as text."""
    cells = [column for column, _ in columns]
    if len({column.type for column in cells}) > 1:
        cells = [_as_text(column, f"{where}: column {shown(name)!r}") for column, where in columns]
    return pa.chunked_array([chunk for column in cells for chunk in column.chunks])


def _as_text(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    return pa.chunked_array([plain_text(chunk, where) for chunk in column.chunks], pa.string())
