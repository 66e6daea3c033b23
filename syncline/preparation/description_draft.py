"""A description as people and programs read it: a commented draft of a schema, and plain mappings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncline.data.inference.gap_codes import REMEDY, WHY
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.preparation.description import ROUNDED_TO, ColumnDescription, TableDescription

STAYS = "This draft stays on this machine: a person reads it, edits it, and passes on what may be published."


def as_yaml(found: TableDescription) -> str:
    """Return the draft: a schema, with comments on what was rounded and withheld."""
    lines = [f"# {line}" for line in _head(found)]
    lines.append("variables:")
    for column in found.columns:
        lines += [f"  # {line}" for line in _notes(column, f"{found.min_cell} {_unit(found)}")]
        lines += [f"  {line}" for line in _entry(column)]
    return "\n".join(lines) + "\n"


def as_document(found: TableDescription) -> dict[str, Any]:  # Any: the schema's own document is in it
    """Return the description as plain mappings and lists that fit into JSON."""
    return {
        "dataset": found.name,
        "note": STAYS,
        "min_cell": found.min_cell,
        "counted_in": "persons" if found.by_person else "rows",
        "rounded_to": ROUNDED_TO,
        "rows": found.rows,
        "columns": [_column_document(column) for column in found.columns],
        "schema": found.schema.to_document(),
    }


def _unit(found: TableDescription) -> str:
    return "persons" if found.by_person else "rows"


def _head(found: TableDescription) -> Iterator[str]:
    yield f"What may be published of the data set {found.name}, drafted by 'supplier-agent describe'."
    yield STAYS
    yield f"Nothing that fewer than {found.min_cell} {_unit(found)} hold is in it."
    if not found.by_person:
        yield "No column tells persons apart, so each row counts as a person."
    yield f"Counts are of rows, to the nearest {ROUNDED_TO}; in all {_count(found.rows)}."
    yield "A study fails on values that its schema does not allow: before you pass this on, widen ranges to"
    yield "what is plausible, and recode withheld categories by a preparation, or decide to list them."


def _notes(column: ColumnDescription, enough: str) -> Iterator[str]:
    """Yield what a person should know of a column; ``enough`` says how many are: ``11 persons``."""
    if column.reason:
        yield f"not described: {column.reason}"
    if column.categories:
        rows = [f"{_one_line(label)} {_count(n)}" for label, n in column.categories.items()]
        yield f"rows: {', '.join(rows)}"
    if column.withheld is not None:
        number, persons = column.withheld.categories, column.withheld.persons
        held = f"fewer than {enough}" if persons is None else f"about {persons} {enough.split()[1]}"
        yield f"withheld: {number} {'category' if number == 1 else 'categories'}, of {held} in all"
    if column.gap_codes:
        codes = ", ".join(column.gap_codes)
        yield f"codes? {codes}: {WHY}; {REMEDY}"
    if column.reason:
        return
    if column.variable.range is not None:
        yield f"range: at least {enough} lie at or beyond each edge, which was then rounded outward"
    elif column.variable.grid is not None:
        yield "no range: too few for two edges; give one that is plausible"
    if column.unread:
        yield f"withheld: cells of another kind, of fewer than {enough}"
    few = f"none, or of fewer than {enough}"
    yield f"missing: {few if column.missing_percent is None else f'about {column.missing_percent} %'}"


def _one_line(label: str) -> str:
    return label if len(label) <= 60 else label[:57] + "..."


def _count(rows: int | None) -> str:
    return f"under {ROUNDED_TO}" if rows is None else f"{rows}"


def _entry(column: ColumnDescription) -> list[str]:
    return Schema(variables=(column.variable,)).to_yaml().splitlines()[1:]


def _column_document(column: ColumnDescription) -> dict[str, Any]:  # Any: values of several types
    variable = column.variable
    document: dict[str, Any] = {"name": variable.name, "kind": str(variable.kind)}
    if column.reason:
        document["not_described"] = column.reason
    if column.categories is not None:
        document["categories"] = [{"category": c, "rows": rows} for c, rows in column.categories.items()]
    if column.withheld is not None:
        document["withheld"] = {
            "categories": column.withheld.categories,
            "persons": column.withheld.persons,
        }
    if not column.reason and variable.kind not in (Kind.TEXT, Kind.IDENTIFIER):
        document["missing_percent"] = column.missing_percent
        document["cells_of_another_kind"] = column.unread
    if column.gap_codes:
        document["may_be_codes"] = [*column.gap_codes]
    return document
