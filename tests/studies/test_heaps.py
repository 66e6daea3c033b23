"""Columns that heap are drawn by a rhythm of all rows together: no split of them moves a released byte."""

from __future__ import annotations

import datetime as dt
from unittest.mock import patch

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from syncline.synthesizers import line_coding
from tests.unit.study.cohort import spread
from tests.unit.study.local_fit import fingerprint, fit

ROWS = 900
DAYS = "[2015-01-05, 2030-12-31]"
SCHEMA = Schema.from_yaml(
    f"""\
variables:
- {{name: cost, kind: integer, range: [0, 200000]}}
- {{name: weight, kind: continuous, decimals: 1, range: [-500, 900]}}
- {{name: seen, kind: date, range: {DAYS}}}
- {{name: sex, kind: categorical, categories: [f, m]}}
"""
)


def heaping() -> pa.Table:
    """Return costs in hundreds, weights in whole kilograms, visits on workdays, each but for a few."""
    rng = np.random.default_rng(3)
    cost, weight = rng.lognormal(8, 1, ROWS), rng.normal(75, 15, ROWS)
    even = rng.random((2, ROWS)) < 0.25
    days = 7 * rng.integers(0, 800, ROWS) + rng.integers(0, 5, ROWS)
    return pa.table(
        {
            "cost": np.where(even[0], np.rint(cost), 100 * np.rint(cost / 100)).astype(np.int64),
            "weight": np.where(even[1], np.round(weight, 1), np.rint(weight)),
            "seen": [dt.date(2015, 1, 5) + dt.timedelta(int(day)) for day in days],
            "sex": rng.choice(["f", "m"], ROWS),
        }
    )


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_a_rhythm_is_the_same_however_rows_are_split(method: str) -> None:
    chosen = {"method": method, "min_cell": 11}
    table = heaping()
    pooled = fingerprint(fit([table], SCHEMA, **chosen), SCHEMA)
    for parts, seed, batch_rows in ((2, 1, 97), (7, 2, 1000)):
        split = spread(table, parts, seed)
        assert fingerprint(fit(split, SCHEMA, batch_rows=batch_rows, **chosen), SCHEMA) == pooled
    with patch.object(line_coding, "find_rhythm", lambda *_: None):
        assert fingerprint(fit([table], SCHEMA, **chosen), SCHEMA) != pooled
