"""How many persons a source is about: counted before any salt is known, and no salt changes it."""

from __future__ import annotations

import numpy as np

from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.preparation.encoded_rows import encoded_rows
from syncline.preparation.fold import Fold
from syncline.preparation.persons import read_persons
from syncline.preparation.prepared_source import BATCH_ROWS, match_columns
from syncline.sources.source import Source

_UNSALTED = Fold(b"")


def count_people(source: Source, schema: Schema, *, absent_as_missing: bool = False) -> int:
    """Return the number of distinct persons, or of rows where ``schema`` declares no person.

    One column is read. Persons are told apart by 64 bits of a hash, as in :meth:`Fold.numbers`.
    """
    columns = match_columns(source, schema, absent_as_missing=absent_as_missing)
    if schema.person is None:
        one = [next(iter(columns.values()))]
        return sum(rows.num_rows for rows in source.batches(one, BATCH_ROWS))
    return count_persons(source, schema.person, columns[schema.person.name])


def count_persons(source: Source, variable: Variable, column: str) -> int:
    """Return how many distinct persons stand in one ``column``, read as ``variable`` says."""
    known = np.empty(0, np.int64)
    for rows in encoded_rows(source, [column], BATCH_ROWS):
        persons = read_persons(rows.column(column), variable, source.name)
        known = np.union1d(known, _UNSALTED.numbers(persons.distinct))
    return len(known)
