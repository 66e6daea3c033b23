"""The comparison of tables that lie in one place: the protocol with one party, without a wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from syncline.data.batch import Batch, MemoryTable
from syncline.data.schema import Schema
from syncline.protocols.asking import Memory
from syncline.protocols.in_process import run
from syncline.protocols.party import party_with
from syncline.protocols.transition import PartyId, unheard
from syncline.questions.growth import ComparedColumns
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.assessment import Assessment, Criteria, assess
from syncline.validation.comparison.candidate import Aims
from syncline.validation.comparison.comparer import CandidateComparer, ComparisonTerms
from syncline.validation.comparison.comparison import Comparison
from syncline.validation.reading import ComparedTables as Tables

_ALONE = PartyId("(alone)")


def assess_pooled(
    tables: Tables, aims: Aims, judgement: Criteria, listen: Callable[[str], None] = unheard
) -> Assessment:
    """Compare a synthetic table with the rows that it was made from and with people who were not used.

    ``listen`` hears the stage of each round.
    """
    persons, aims = tables.schema.person is not None, replace(aims, min_cell=judgement.min_cell)
    workspace, compared = workspace_of(tables.real, tables.holdout), everything(tables.schema)
    comparison = Comparison(tables.synthetic, compared, aims, judgement.target, persons=persons)
    released = tables.synthetic.n_rows
    terms = ComparisonTerms(tables.schema, comparison.candidate.aims, released)
    comparer = CandidateComparer(terms, {comparison.digest: comparison.candidate})
    evidence = run(comparison, {_ALONE: party_with(workspace, comparer)}, Memory(), announce=listen)
    return assess(comparison.candidate, comparison.digest, evidence, judgement)


def workspace_of(real: CellTable, holdout: CellTable | None) -> Workspace:
    """Return the rows that were used and those held out, of other persons, as one party has them."""
    batches = [_batch(real, held=False)]
    if holdout is not None:
        batches.append(_batch(holdout, held=True, first=real.n_persons))
    return Workspace(MemoryTable(real.schema, batches))


def everything(schema: Schema) -> ComparedColumns:
    """Return all modelled columns, each with the categories that it has."""
    names = tuple(variable.name for variable in schema.modelled)
    return ComparedColumns(names, ((),) * len(names))


def _batch(cells: CellTable, *, held: bool, first: int = 0) -> Batch:
    holdout = np.full(cells.n_rows, held)
    owner = None if cells.schema.person is None else cells.owner + first
    return Batch(cells.keys, cells.status, holdout, owner)
