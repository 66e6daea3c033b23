"""A study of two suppliers, and tables that fit it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: age, kind: integer, range: [0, 110]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: ill, kind: boolean}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: marginals, seed: 7}
validation: {holdout: 0.3, salt: trial}
release: {gate: none, approvals: 0}
"""


def rows(number: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, number)
    return pa.table(
        {
            "age": age,
            "sex": np.array(["f", "m"])[rng.integers(0, 2, number)],
            "ill": rng.random(number) < age / 150,
        }
    )


STUDY_BY_FLOW = """\
syncline: 1
study: trial
schema:
  variables:
    - {{name: age, kind: integer, range: [0, 110]}}
    - {{name: sex, kind: categorical, categories: [f, m]}}
    - {{name: ill, kind: boolean}}
suppliers: [{{name: north, flow: {flow}}}, {{name: south}}]
quorum: {{min_suppliers: 2}}
synthesizer: {{method: cart, seed: 7, max_depth: 2}}
validation: {{holdout: 0.3, target: ill, keys: [sex], models: [age ~ sex]}}
release: {{gate: none, approvals: 0}}
"""
"""Of a flow of north, with a release that is compared."""

TABLES = {"north": rows(300, 1), "south": rows(300, 2)}
