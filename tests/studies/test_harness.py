"""The harness itself: an honest trial releases what a simulated study does, and each side can be changed."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from syncline.errors import ProtocolError
from syncline.protocols.asking import Reply, Request
from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fold_of_run
from tests.studies.harness import SEED, MaliciousHub, MaliciousSupplier, Trial
from tests.unit.study.simulated import fit_study
from tests.unit.study.two_suppliers import STUDY, rows


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
