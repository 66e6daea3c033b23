"""The comparison of tables that lie in one place: the protocol with one party, without a wire."""

from __future__ import annotations

import numpy as np

from syncline.data.batch import Batch, MemoryTable
from syncline.protocols.asking import Answering, Memory, Request
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.questions.comparison import Compared
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable, without_person
from syncline.validation.federated.assessment import Assessment, Judgement, assess
from syncline.validation.federated.candidate import Aims
from syncline.validation.federated.comparer import Comparer
from syncline.validation.federated.comparison import Comparison, Evidence, State
from syncline.validation.reading import Compared as Tables

_ALONE = PartyId("(alone)")


def assess_pooled(tables: Tables, aims: Aims, judgement: Judgement) -> Assessment:
    """Compare a synthetic table with the rows that it was made from and with people who were not used."""
    schema = without_person(tables.schema)
    batches = [_batch(tables.real, held=False)]
    if tables.holdout is not None:
        batches.append(_batch(tables.holdout, held=True, first=tables.real.n_persons))
    workspace = Workspace(MemoryTable(schema, batches))
    names = tuple(variable.name for variable in schema.modelled)
    compared = Compared(names, ((),) * len(names))
    comparison = Comparison(tables.synthetic, compared, aims, judgement.target)
    comparer = Comparer(aims.lottery, comparison.candidate)
    transition: Continue[State, Request] | Finish[Evidence] = comparison.start(0)
    answering, memory = Answering(comparer), Memory()
    while isinstance(transition, Continue):
        reply, memory = answering.respond(transition.request, workspace, memory)
        transition = comparison.step(transition.request, transition.state, {_ALONE: reply})
    return assess(comparison.candidate, comparison.digest, transition.result, judgement)


def _batch(cells: CellTable, *, held: bool, first: int = 0) -> Batch:
    holdout = np.full(cells.n_rows, held)
    return Batch(cells.keys, cells.status, holdout, None, cells.owner + first)
