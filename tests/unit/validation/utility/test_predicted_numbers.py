"""A target of numbers is predicted by its upper part, wherever among the bins that part begins."""

from __future__ import annotations

import numpy as np
import pytest

from syncline.data.schema import Schema
from syncline.validation.cell_table import CellTable
from syncline.validation.metric import Metric
from tests.unit.validation.compared import compared

SCHEMA = Schema.from_yaml(
    """\
variables:
  - {name: age, kind: integer, range: [0, 120]}
  - {name: outcome, kind: integer}
"""
)


def people(values: tuple[int, ...], seed: int, share: float = 0.4, n_rows: int = 1200) -> CellTable:
    """Return people of whom a share, mostly of great age, have the last of ``values``, others another."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, n_rows)
    strain = age + rng.normal(0, 20, n_rows)
    above = strain > np.quantile(strain, 1 - share)
    lower = np.array(values[:-1])[rng.integers(0, len(values) - 1, n_rows)]
    keys = age, np.where(above, values[-1], lower)
    status = np.zeros(n_rows, np.uint8)
    return CellTable(SCHEMA, tuple(keys), (status, status), np.arange(n_rows))


def prediction(values: tuple[int, ...], share: float = 0.4) -> Metric:
    train, held, made = (people(values, seed, share) for seed in (1, 2, 3))
    return compared(train, made, held, target="outcome").metrics["tstr"]


@pytest.mark.parametrize("values", [(0, 1), (1, 2), (-1, 1), (0, 100_000), (0, 1, 90)], ids=str)
def test_the_upper_part_of_two_or_three_numbers_is_told(values):
    found = prediction(values)
    assert found.value is not None
    assert found.floor is not None
    assert found.value > 0.7


@pytest.mark.parametrize(("share", "told"), [(0.004, False), (0.1, True)])
def test_what_too_few_people_have_is_not_told(share, told):
    assert (prediction((0, 1), share).value is not None) == told


def test_many_numbers_are_parted_near_their_middle():
    """The bin in which the upper part begins reaches below it: its people count for neither part."""
    rng = np.random.default_rng(4)
    tables = []
    for seed in (1, 2, 3):
        table = people((0, 1), seed)
        outcome = np.rint(1000 * (table.keys[0] + rng.normal(0, 20, table.n_rows))).astype(np.int64)
        tables.append(CellTable(SCHEMA, (table.keys[0], outcome), table.status, table.owner))
    train, held, made = tables
    found = compared(train, made, held, target="outcome").metrics["tstr"]
    assert found.value is not None
    assert found.value > 0.7
