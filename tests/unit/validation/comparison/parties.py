"""Tables of persons dealt out to parties, and a comparison with every hop left out or encoded."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from syncline.data.batch import Batch, MemoryTable, Status
from syncline.data.schema import Schema
from syncline.protocols import in_process
from syncline.protocols.asking import Memory
from syncline.protocols.party import party_with
from syncline.protocols.transition import PartyId
from syncline.questions.growth import ComparedColumns
from syncline.questions.workspace import Workspace
from syncline.validation.cell_table import CellTable
from syncline.validation.comparison.candidate import Aims
from syncline.validation.comparison.comparer import CandidateComparer, ComparisonTerms
from syncline.validation.comparison.comparison import Comparison, Evidence

SCHEMA = Schema.from_yaml(
    """\
variables:
  - {name: who, kind: identifier, role: person}
  - {name: age, kind: integer, range: [0, 120]}
  - {name: weight, kind: continuous, range: [0, 999], decimals: 1}
  - {name: ward, kind: categorical, categories: [a, b, c, rare]}
  - {name: ill, kind: categorical, categories: ['no', 'yes']}
"""
)
MODELLED = Schema(variables=SCHEMA.variables[1:])
COMPARED = ComparedColumns(("age", "weight", "ward", "ill"), ((), (), (), ()))
MODELS = ("weight ~ age + ward", "ill ~ age + weight")
AIMS = Aims(("age", "ward"), ("ill", "weight"), MODELS, b"lottery")


def rows(n_persons: int, seed: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Return keys, statuses and owners of persons with one to three rows each."""
    rng = np.random.default_rng(seed)
    owner = np.repeat(np.arange(n_persons), rng.integers(1, 4, n_persons))
    n_rows = len(owner)
    age = rng.integers(18, 95, n_persons)[owner]
    weight = np.rint(600 + 3 * age + rng.normal(0, 90, n_rows)).astype(np.int64)
    ward = np.where(rng.random(n_rows) < 0.02, 3, (age // 30) % 3)
    ill = (rng.random(n_rows) < 1 / (1 + np.exp(9 - weight / 90))).astype(np.int64)
    status = [np.zeros(n_rows, np.uint8) for _ in range(4)]
    status[1][rng.random(n_rows) < 0.05] = Status.MISSING
    keys = [np.where(s == 0, k, 0) for s, k in zip(status, (age, weight, ward, ill), strict=True)]
    return keys, status, owner


def workspace(n_persons: int, seed: int, share: float = 0.3) -> Batch:
    """Return prepared rows of which a share of the persons is held out."""
    keys, status, owner = rows(n_persons, seed)
    held = np.random.default_rng(seed + 1).random(n_persons) < share
    numbers = np.random.default_rng(seed + 2).permutation(10 * n_persons)[:n_persons]
    return Batch(
        tuple(keys),
        tuple(status),
        held[owner],
        numbers[owner].astype(np.int64),
    )


def candidate(n_rows: int, seed: int) -> CellTable:
    """Return a synthetic table: other persons of the same kind, a row each."""
    keys, status, _ = rows(n_rows, seed)
    return CellTable(
        MODELLED,
        tuple(column[:n_rows] for column in keys),
        tuple(column[:n_rows] for column in status),
        np.arange(n_rows),
    )


def dealt(batch: Batch, part_of: np.ndarray, n_parts: int, cut: int) -> dict[PartyId, Workspace]:
    """Deal whole persons out to parties, each in batches of ``cut`` rows."""
    assert batch.owner is not None
    _, place = np.unique(batch.owner, return_inverse=True)
    found = {}
    for number in range(n_parts):
        own = batch.take(part_of[place] == number)
        batches = [own.take(slice(start, start + cut)) for start in range(0, own.n_rows, cut)]
        found[PartyId(f"p{number}")] = Workspace(MemoryTable(SCHEMA, batches))
    return found


def comparer(comparison: Comparison) -> CandidateComparer:
    """Return what answers about a comparison's candidate, which it does not know before it comes."""
    aims, n_rows = comparison.candidate.aims, comparison.candidate.cells.n_rows
    return CandidateComparer(ComparisonTerms(SCHEMA, aims, released=n_rows))


def run(comparison: Comparison, parties: Mapping[PartyId, Workspace]) -> Evidence:
    """Ask all parties until the evidence is there."""
    answering = {party: party_with(table, comparer(comparison)) for party, table in parties.items()}
    return in_process.run(comparison, answering, Memory())
