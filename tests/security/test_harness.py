"""The harness itself: an honest trial releases what a simulated study does, and each side can be changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply, Request
from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fold_of_run
from tests.federation.simulated import fit_study
from tests.security.harness import SEED, MaliciousHub, MaliciousSupplier, Trial

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


@pytest.fixture
def tables() -> dict[str, pa.Table]:
    return {"north": rows(400, 1), "south": rows(700, 2)}


def test_an_honest_trial_releases_what_is_simulated(tables, tmp_path):
    trial = Trial(STUDY, tables, tmp_path)
    released = trial.run()
    sources = {name: TableSource(table) for name, table in tables.items()}
    fitted = fit_study(trial.spec, fold_of_run(trial.spec, sources), sources)
    drawn = pa.concat_arrays([pa.array(part["age"][0]) for part in fitted.model.sample(1100, SEED)])
    assert released.table["age"].to_pylist() == drawn.to_pylist()
    assert released.report["metrics"]["tv_1way"]["value"] < 0.2
    assert "synthetic" in released.printed()


def test_a_request_is_changed_for_one_supplier_alone(tables, tmp_path):
    def late(number: int, request: Request) -> Request:
        return replace(request, round=number + 1)

    hub = MaliciousHub("south", late)
    with pytest.raises(ProtocolError, match="comes next"):
        Trial(STUDY, tables, tmp_path, hub=hub).run()
    assert hub.seen == []


def test_a_reply_is_changed_for_one_round(tables, tmp_path):
    def short(number: int, request: Request, reply: Reply) -> Reply:
        return replace(reply, answers=reply.answers[:-1])

    with pytest.raises(ProtocolError, match="'north' gave"):
        Trial(STUDY, tables, tmp_path, supplier=MaliciousSupplier("north", short)).run()
