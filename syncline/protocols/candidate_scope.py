"""The scope of questions about a candidate: columns that the schema models, in its order and categories.

What else they are about follows from the candidate, at the supplier.
"""

from __future__ import annotations

from typing import NoReturn

from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.comparison import Comparison, PersonCount
from syncline.questions.growth import Compared


def require_candidate_in_scope(question: Comparison, schema: Schema) -> None:
    """Raise ProtocolError unless a candidate that ``question`` brings has columns of ``schema``."""
    if isinstance(question, PersonCount):
        _require_columns(question.compared, schema)


def _require_columns(compared: Compared, schema: Schema) -> None:
    known = {variable.name: variable for variable in schema.modelled}
    if list(compared.names) != [name for name in known if name in set(compared.names)]:
        _refuse("comparison: the columns are not the schema's in their order")
    for name, merged in zip(compared.names, compared.merged, strict=True):
        categories = len(known[name].categories)
        if any(not 0 <= place < categories for place in merged) or sorted(set(merged)) != list(merged):
            _refuse(f"comparison: the merged categories of column {name!r} are not the schema's")


def _refuse(problem: str) -> NoReturn:
    raise ProtocolError(problem)
