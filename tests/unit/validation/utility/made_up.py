"""Persons whose columns hang together, and tables in which they do so less."""

from __future__ import annotations

import numpy as np

from syncline.data.batch import Status
from syncline.data.schema import Schema
from syncline.validation.cell_table import CellTable

SCHEMA = Schema.from_yaml(
    """\
variables:
  - {name: age, kind: integer, range: [0, 120]}
  - {name: pressure, kind: integer, range: [0, 400]}
  - {name: ward, kind: categorical, categories: [a, b, c, rare]}
  - {name: ill, kind: categorical, categories: ['no', 'yes']}
"""
)


def persons(n_rows: int, seed: int) -> CellTable:
    """Return persons; one in a hundred lies in the rare ward, one in twenty has no pressure taken."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, n_rows)
    pressure = np.rint(100 + 0.6 * age + rng.normal(0, 10, n_rows)).astype(np.int64)
    ward = np.where(rng.random(n_rows) < 0.008, 3, (age // 30) % 3)
    ill = (rng.random(n_rows) < 1 / (1 + np.exp(14 - 0.1 * pressure))).astype(np.int64)
    status = [np.zeros(n_rows, np.uint8) for _ in range(4)]
    status[1][rng.random(n_rows) < 0.05] = Status.MISSING
    keys = [
        np.where(s == Status.VALID, k, 0) for k, s in zip((age, pressure, ward, ill), status, strict=True)
    ]
    return CellTable(SCHEMA, tuple(keys), tuple(status), np.arange(n_rows))


def shuffled(table: CellTable, seed: int) -> CellTable:
    """Return the table with every column in an order of its own."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(table.n_rows) for _ in table.keys]
    return CellTable(
        table.schema,
        tuple(keys[order] for keys, order in zip(table.keys, orders, strict=True)),
        tuple(status[order] for status, order in zip(table.status, orders, strict=True)),
        table.owner,
    )
