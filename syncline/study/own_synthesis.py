"""What a supplier of flow ``synthesized`` does by itself: learn its rows, and draw as many synthetic ones.

The seed is the supplier's own and secret, so that nobody else can read counts off the rows. Every row stands
for a person of its own. Categories that the small-count rule merged are drawn as missing, because "(other)"
is no category of the study's schema.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from syncline.data.batch import Batch, Keys, MemoryTable, PreparedTable, Status, Statuses
from syncline.data.note import Note
from syncline.data.schema import Schema
from syncline.errors import DataError, StudyFailed
from syncline.preparation.fold import Fold, canonical_rows
from syncline.questions.workspace import Workspace
from syncline.study.fitting import settings_of
from syncline.study.spec import StudySpec
from syncline.synthesizers.alone import fit_alone
from syncline.synthesizers.model import Columns
from syncline.synthesizers.streams import Seed


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Synthetic rows of one supplier, and what of the real ones they do not show, for the supplier alone."""

    table: PreparedTable
    notes: tuple[Note, ...]


def synthesize_own(spec: StudySpec, fold: Fold, table: PreparedTable, seed: Seed) -> OwnRows:
    """Return synthetic rows, as many as ``table`` has, prepared as the study's schema says."""
    settings, real = replace(settings_of(spec), holds_out=False), Workspace(table)
    try:
        fitted = fit_alone(settings, real)
    except StudyFailed as error:
        raise DataError(
            f"this supplier alone cannot be synthesized: {error}",
            public="its rows alone cannot be synthesized",
        ) from error
    rows = fitted.n_train + fitted.n_holdout
    batches = [
        _prepared(spec, fold, drawn, seed, place)
        for place, drawn in enumerate(fitted.model.sample(rows, seed, fitted.model.released(spec.schema)))
    ]
    notes = fitted.model.notes([real], settings.min_cell, others="sent as missing")
    return OwnRows(MemoryTable(spec.schema, batches), notes)


def _prepared(spec: StudySpec, fold: Fold, drawn: Columns, seed: Seed, partition: int) -> Batch:
    schema = spec.schema
    keys, status = zip(*(_cells(schema, drawn, variable.name) for variable in schema.modelled), strict=True)
    names = [variable.name for variable in schema.modelled]
    n = len(keys[0])
    owners = None if schema.person is None else seed.words("own:person", partition, n).astype(np.int64)
    held_out = (
        fold.holds_out(canonical_rows(names, keys, status)) if fold.threshold else np.zeros(n, np.bool_)
    )
    return Batch(keys, status, held_out, owners)


def _cells(schema: Schema, drawn: Columns, name: str) -> tuple[Keys, Statuses]:
    keys, missing = drawn[name]
    variable = schema.variable(name)
    if variable.is_categorical:
        missing = missing | (keys >= len(variable.categories))
    status = np.where(missing, np.uint8(Status.MISSING), np.uint8(Status.VALID))
    return np.where(missing, 0, keys).astype(np.int64), status
