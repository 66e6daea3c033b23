"""A small made-up cohort with everything that makes tables awkward, and its spread over suppliers."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from syncline.data.schema import Schema

VARIABLES: list[dict[str, object]] = [
    {"name": "pid", "kind": "identifier", "role": "person"},
    {"name": "age", "kind": "integer", "range": ["0", "110"]},
    {"name": "sex", "kind": "categorical", "categories": ["f", "m", "x"], "missing": ["?"]},
    {"name": "ward", "kind": "categorical", "categories": [f"w{i}" for i in range(14)]},
    {"name": "clinic", "kind": "categorical", "categories": ["north", "south", "west"]},
    {"name": "bilirubin", "kind": "continuous", "decimals": 2},
    {"name": "log_bilirubin", "kind": "continuous"},
    {"name": "dose", "kind": "continuous"},
    {"name": "seen", "kind": "date"},
    {"name": "grade", "kind": "ordinal", "categories": ["low", "mid", "high"]},
    {"name": "ill", "kind": "boolean"},
    {"name": "constant", "kind": "integer"},
    {"name": "absent", "kind": "continuous", "missing": ["NA"]},
]
WITH_PERSON = Schema.model_validate({"variables": VARIABLES})
WITHOUT_PERSON = Schema.model_validate({"variables": VARIABLES[1:]})


def cohort(rows: int = 900, seed: int = 3) -> pa.Table:
    """Return rows with spikes, rare categories, gaps, a formula and a dependency, about three a person."""
    rng = np.random.default_rng(seed)
    age = np.clip(rng.normal(55, 18, rows).astype(int), 0, 110)
    age[rng.random(rows) < 0.1] = 99
    ward = rng.zipf(1.7, rows) % 14
    bilirubin = np.round(np.exp(rng.normal(0.02 * (age - 50), 0.6)), 2)
    gone = rng.random(rows) < 0.08
    dose = np.where(rng.random(rows) < 0.3, 0.0, rng.gamma(2.0, 3.0, rows))
    ill = rng.random(rows) < 1 / (1 + np.exp(-(age - 60) / 10))
    first = dt.date(2020, 1, 1)
    columns = {
        "pid": [f"p{i}" for i in rng.integers(0, max(rows // 3, 1), rows)],
        "age": [int(a) for a in age],
        "sex": rng.choice(["f", "m", "x", "?"], rows, p=[0.5, 0.45, 0.01, 0.04]).tolist(),
        "ward": [f"w{i}" for i in ward],
        "clinic": [["north", "south", "west"][i % 3] for i in ward],
        "bilirubin": [None if g else float(b) for b, g in zip(bilirubin, gone, strict=True)],
        "log_bilirubin": [
            None if g or b <= 0 else float(np.log(b)) for b, g in zip(bilirubin, gone, strict=True)
        ],
        "dose": [float(d) for d in dose],
        "seen": [first + dt.timedelta(days=int(d)) for d in rng.integers(0, 1500, rows)],
        "grade": [["low", "mid", "high"][min(int(a) // 40, 2)] for a in age + rng.integers(-9, 9, rows)],
        "ill": ill.tolist(),
        "constant": [7] * rows,
        "absent": ["NA"] * rows,
    }
    return pa.table(columns)


def spread(table: pa.Table, parts: int, seed: int) -> list[pa.Table]:
    """Return the rows spread over suppliers of very different sizes, some of them empty, in another order."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(parts, 0.4))
    owner = rng.choice(parts, table.num_rows, p=shares)
    owner[owner == parts // 2] = 0  # one is empty for certain where there are two or more
    order = rng.permutation(table.num_rows)
    return [table.take(order[owner[order] == part]) for part in range(parts)]
