"""Whether rows that were drawn keep the constraints that their schema declares."""

from __future__ import annotations

import numpy as np

from syncline.data.batch import Batch, MemoryTable, Status
from syncline.data.release_table import Columns
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.questions.asked import Asked
from syncline.questions.formula_check import CELLS, FormulaCheck
from syncline.questions.question import Context
from syncline.questions.workspace import Workspace
from syncline.synthesizers.declared import constraint_words


def require_kept(drawn: Columns, schema: Schema) -> None:
    """Raise DataError, naming a constraint, where rows break one; they are counted as a supplier's are."""
    keys, status = [], []
    for variable in schema.modelled:
        own, missing = drawn[variable.name]
        keys.append(np.where(missing, 0, own).astype(np.int64))
        status.append(np.where(missing, np.uint8(Status.MISSING), np.uint8(Status.VALID)))
    rows = Batch(tuple(keys), tuple(status), np.zeros(len(keys[0]), np.bool_))
    checked = FormulaCheck(schema.constraints)
    counts = checked.answer(Workspace(MemoryTable(schema, [rows])), Context(Asked())).dense()
    for formula, (wrong, _, surplus) in zip(checked.formulas, counts.reshape(-1, CELLS), strict=True):
        if wrong or (formula.defines and surplus):
            raise DataError(
                f"the rows that were drawn break a constraint of the schema, {constraint_words(formula)}:"
                " take a method that keeps it, or take the constraint out of the schema"
            )
