"""The scope of a codebook: the modelled columns of the schema, each as its kind allows.

A hub that keeps the protocol never leaves this scope. The check stands before any row is read, so that one
that does not keep it gets a sentence and costs nothing; that of each question stands beside it.
"""

from __future__ import annotations

from typing import NoReturn

from syncline.data.codebook import Codebook, ColumnCodes
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.gap_scope import require_gap


def require_codebook_in_scope(codebook: Codebook, schema: Schema) -> None:
    """Raise ProtocolError unless the codebook codes columns of ``schema``, in order, as their kinds allow.

    A column that suppliers lack may be left out. Behind the columns may stand one gap of each.
    """
    named = set(codebook.names)
    coded = [variable for variable in schema.modelled if variable.name in named]
    if not coded or tuple(codebook.names[: len(coded)]) != tuple(variable.name for variable in coded):
        _refuse("the codebook does not name the schema's columns in their order")
    _require_coded_gaps(codebook.columns[len(coded) :], schema)
    for column, variable in zip(codebook.columns, coded, strict=False):
        if column.gap is not None:
            _refuse("the codebook codes a gap in the place of a column")
        if column.numeric == variable.is_categorical:
            _refuse("the codebook takes categories for numbers, or numbers for categories")
        if column.numeric and len(column.segment_low) and variable.searched_keys is not None:
            least, most = variable.searched_keys
            if not least <= int(column.segment_low[0]) <= int(column.segment_low[-1]) <= most:
                _refuse("the codebook has an edge beyond the schema's range")
        if not column.numeric and len(column.segment_code) not in (0, len(variable.categories)):
            _refuse("the codebook does not code every category of the schema")


def _require_coded_gaps(columns: tuple[ColumnCodes, ...], schema: Schema) -> None:
    """Raise unless columns behind those of the schema are gaps, one of a column at most."""
    seen = set()
    for column in columns:
        if column.gap is None or column.gap.name != column.name or not column.numeric:
            _refuse("the codebook names a column that the schema does not model")
        require_gap(column.gap, schema)
        if column.gap.of in seen:
            _refuse("the codebook codes two gaps of one column")
        seen.add(column.gap.of)


def _refuse(problem: str) -> NoReturn:
    raise ProtocolError(problem)
