"""A hub that spells a table in sums: it asks of very many columns in how many rows each is the sum of others.

Where columns are 0 or 1, that tells the one number by which the table of a set's columns is not yet known
from the tables of fewer. So all sums together spell the exact table of all columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.constraint import Constraint, Formula
from syncline.errors import ProtocolError
from syncline.protocols.asking import Request
from syncline.protocols.opening import HUB, Commitments, Openings
from syncline.questions.formula_check import CELLS, FormulaCheck
from syncline.questions.row_count import RowCount
from tests.commitments import commitment_of
from tests.studies.harness import POLICY, Trial

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
{variables}
suppliers: [{{name: north}}, {{name: south}}]
quorum: {{min_suppliers: 2}}
synthesizer: {{method: cart, seed: 7}}
validation: none
release: {{gate: none, approvals: 0}}
"""
PAIRS_ONLY = {
    **POLICY,
    "limits": {"max_order": 2, "max_rounds": 20, "max_cells": 10**6},
    "validation": False,
    "questions": ["row_count", "profile", "rank_counts", "formula_check"],
}
SETS = ((4, 60), (5, 400), (6, 3000))
"""Numbers of columns, and of the victim's rows: of most combinations there are few."""


def asked(
    width: int, n: int, directory: Path, formulas: tuple[Constraint, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the victim's rows (n, width), and what it answers to a hub that asks about formulas."""
    rng = np.random.default_rng(width)
    rows = {name: (rng.random((n, width)) < 0.3).astype(int) for name in ("north", "south")}
    names = [f"c{place}" for place in range(width)]
    variables = "\n".join(f"    - {{name: {name}, kind: integer, range: [0, 1]}}" for name in names)
    tables = {name: pa.table(dict(zip(names, own.T, strict=True))) for name, own in rows.items()}
    trial = Trial(STUDY.format(variables=variables), tables, directory, policy=PAIRS_ONLY)
    parties = [*tables, HUB]
    named = {party: commitment_of(trial.occasion, party, trial.contribution(party)) for party in parties}
    opened = Openings({party: trial.contribution(party) for party in parties})
    trial.ask("south", Request(0, (), commitments=Commitments(trial.occasion, named)))
    trial.ask("south", Request(1, (RowCount(),), openings=opened))
    (answer,) = trial.ask("south", Request(2, (FormulaCheck(formulas),))).answers
    return rows["south"], answer.dense().reshape(-1, CELLS)  # type: ignore[union-attr]


def every_sum(width: int) -> Iterator[tuple[tuple[int, ...], Constraint]]:
    """Yield each set of three columns or more, smaller ones first, and that its first is the others' sum."""
    for size in range(3, width + 1):
        for places in itertools.combinations(range(width), size):
            of, *inputs = (f"c{place}" for place in places)
            yield places, Constraint.between(Formula.SUM, of, inputs)


def spelt(rows: np.ndarray, sums: list[tuple[tuple[int, ...], int]]) -> np.ndarray:
    """Return the table (2,) * width of all columns, from those of pairs and from how many rows keep sums.

    A table of 0 and 1 is given by the sums of the products of its signs, for all sets of columns.
    """
    n, width = rows.shape
    signs: dict[tuple[int, ...], int] = {}
    for size in range(3):
        for places in itertools.combinations(range(width), size):
            signs[places] = int(np.prod((-1) ** rows[:, places], axis=1).sum()) if places else n
    for places, kept in sums:
        size = len(places)
        holds = [cell for cell in itertools.product((0, 1), repeat=size) if cell[0] == sum(cell[1:])]
        told, own = kept * 2**size, 0
        for part in itertools.product((0, 1), repeat=size):
            weight = sum((-1) ** sum(a * b for a, b in zip(cell, part, strict=True)) for cell in holds)
            if all(part):
                own = weight
            else:
                told -= weight * signs[tuple(p for p, inside in zip(places, part, strict=True) if inside)]
        signs[places] = told // own
    cells = itertools.product((0, 1), repeat=width)
    return (
        np.array(
            [
                sum(total * (-1) ** sum(cell[p] for p in places) for places, total in signs.items())
                for cell in cells
            ]
        )
        // 2**width
    )


@pytest.mark.parametrize(("width", "n"), SETS)
def test_sums_do_not_spell_the_table_of_all_columns(
    width: int, n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = list(every_sum(width))
    (tmp_path / "kept").mkdir()
    with pytest.raises(ProtocolError, match="several sums are asked of one column"):
        asked(width, n, tmp_path / "kept", tuple(formula for _, formula in sums))
    monkeypatch.setattr(FormulaCheck, "_require_few_sums", lambda *_: None)
    (tmp_path / "open").mkdir()
    rows, cells = asked(width, n, tmp_path / "open", tuple(formula for _, formula in sums))
    kept = [(places, n - int(own[0])) for (places, _), own in zip(sums, cells, strict=True)]
    truth = np.zeros((2,) * width, int)
    np.add.at(truth, tuple(rows.T), 1)
    assert spelt(rows, kept).tolist() == truth.reshape(-1).tolist()
    assert (truth == 1).any(), "somebody is alone in a combination"


def test_one_sum_of_each_column_is_answered(tmp_path: Path) -> None:
    """As many as the method looks for."""
    names = [f"c{place}" for place in range(4)]
    formulas = tuple(
        Constraint.between(Formula.SUM, of, [name for name in names if name != of]) for of in names
    )
    _, cells = asked(4, 60, tmp_path, formulas)
    assert len(cells) == 4
