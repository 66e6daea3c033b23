"""Named states federate as values do: any split over suppliers releases the pooled bytes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.schema import Schema
from tests.unit.study.cohort import spread
from tests.unit.study.local_fit import fingerprint, fit

SCHEMA = Schema.from_yaml("""
variables:
- {name: age, kind: integer, range: [0, 120]}
- {name: income, kind: integer, range: [0, 99999], codes: {N: a child, "-8": refused, "-9": not asked}}
- {name: twice, kind: integer, range: [0, 199998], codes: {N: a child}}
- {name: rate, kind: continuous, codes: {below: below the limit}}
- {name: until, kind: date, range: [2020-01-01, 2022-01-01], codes: {9999-12-31: open}}
""")


def table(rows: int = 300) -> pa.Table:
    chance = np.random.default_rng(4)
    age = chance.integers(0, 80, rows)
    number = np.round(chance.lognormal(7, 1, rows)).astype(int).clip(0, 99_999)
    child = age < 20
    income = np.where(child, "N", np.where(chance.random(rows) < 0.2, "-8", number.astype(str)))
    income[:3] = "-9"
    until = (np.datetime64("2020-01-01") + chance.integers(0, 700, rows)).astype(str)
    rate = np.array([repr(float(x)) for x in chance.lognormal(0, 2, rows)])
    return pa.table(
        {
            "age": age.astype(str),
            "income": [None if chance.random() < 0.1 else cell for cell in income],
            "twice": np.where(child, "N", (2 * number).astype(str)),
            "rate": np.where(chance.random(rows) < 0.2, "below", rate),
            "until": np.where(chance.random(rows) < 0.3, "9999-12-31", until),
        }
    )


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_every_split_releases_the_pooled_bytes(method: str) -> None:
    chosen = {"method": method, "min_cell": 11, "min_leaf": 20, "max_depth": 3}
    whole = fingerprint(fit([table()], SCHEMA, holdout="0.2", batch_rows=300, **chosen), SCHEMA)
    parts = spread(table(), 4, seed=2)
    assert fingerprint(fit(parts, SCHEMA, holdout="0.2", batch_rows=31, **chosen), SCHEMA) == whole
    other = table().set_column(1, "income", table().column("twice"))
    assert fingerprint(fit([other], SCHEMA, holdout="0.2", batch_rows=300, **chosen), SCHEMA) != whole
