"""``dictionary.csv``: one line for each released column, for people who open it beside the table.

No cell of it is one that a spreadsheet would run: see :mod:`syncline.data.spreadsheet`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from syncline.data.release_table import missing_label, release_schema
from syncline.data.scalars import write_scalar
from syncline.data.schema import Schema
from syncline.data.spreadsheet import escape_cell
from syncline.data.states import code_words
from syncline.data.variable import Variable

HEAD = (
    "column",
    "kind",
    "unit",
    "decimals",
    "lowest",
    "highest",
    "categories",
    "missing",
    "role",
    "synthetic",
)
"""What each line says; ``synthetic`` is "yes" in every one, and named states stand under categories."""


def data_dictionary(schema: Schema) -> str:
    """Return the dictionary as CSV text in UTF-8, in the order of the table's columns."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(map(escape_cell, line) for line in _lines(schema))
    return stream.getvalue()


def _lines(schema: Schema) -> Iterator[tuple[str, ...]]:
    for name in release_schema(schema).names:
        variable = schema.variable(name)
        if variable is schema.person:
            yield name, "fresh number, one a row", "", "", "1", "", "", "", "person", "yes"
        else:
            yield _line(variable)


def _line(variable: Variable) -> tuple[str, ...]:
    low, high = ("", "") if variable.range is None else map(write_scalar, variable.range)
    return (
        variable.name,
        str(variable.kind),
        variable.unit or "",
        "" if variable.decimals is None else str(variable.decimals),
        low,
        high,
        " | ".join(variable.categories) or code_words(variable.codes),
        missing_label(variable) or "empty cell",
        "" if variable.role is None else str(variable.role),
        "yes",
    )
