"""Rare codes merge with their siblings in every flow, and what is released is valid under its own schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import syncline
from syncline.data.schema import Schema
from syncline.sources.memory import TableSource
from syncline.study.simulated_study import fold_of_run, release_study, run_study
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import HOPS

ROWS = 1200
CODES = [f"{10 * division + rank}" for division in range(22, 26) for rank in range(10)]
PARENTS = {code: "services" if code < "240" else "trade" for code in CODES}


def table(seed: int) -> pa.Table:
    """Return people of whom nearly all have a few codes, and of each other code a few."""
    rng = np.random.default_rng(seed)
    share = np.where(np.arange(len(CODES)) % 10 == 0, 120.0, 1.0)
    work = rng.choice(CODES, ROWS, p=share / share.sum())
    age = rng.integers(18, 70, ROWS)
    return pa.table({"age": age, "work": work, "ill": (rng.random(ROWS) < age / 100).tolist()})


def spec_of(flow: str, parents: dict[str, str]) -> StudySpec:
    work: dict[str, Any] = {"name": "work", "kind": "categorical", "categories": CODES, "parents": parents}
    columns = [
        {"name": "age", "kind": "integer", "range": ["18", "69"]},
        work,
        {"name": "ill", "kind": "boolean"},
    ]
    return StudySpec.model_validate(
        {
            "syncline": 1,
            "study": "codes",
            "schema": {"variables": columns},
            "suppliers": [{"name": "north", "flow": flow}, {"name": "south", "flow": flow}],
            "synthesizer": {"method": "cart", "seed": 5},
            "validation": {"holdout": 0.3},
            "release": {"gate": "none", "approvals": 0},
        }
    )


def released(spec: StudySpec, out: Path) -> tuple[dict[str, Any], pa.Table]:
    sources, seed = {"north": TableSource(table(1)), "south": TableSource(table(2))}, Seed.of_number(5)
    fold = fold_of_run(spec, sources, b"codes")
    outcome = run_study(spec, fold, sources, seed, hops=HOPS)
    release_study(spec, fold, sources, outcome, seed, [], out)
    report = json.loads((out / "report.json").read_text("utf-8"))
    return report, pq.read_table(out / "synthetic.parquet")


@pytest.mark.parametrize("flow", ["summaries", "prepared", "raw", "synthesized"])
def test_every_flow_shows_siblings_and_is_valid_under_its_own_schema(flow: str, tmp_path: Path) -> None:
    report, made = released(spec_of(flow, PARENTS), tmp_path)
    shown = set(made["work"].to_pylist())
    assert shown <= set(CODES)
    assert len(shown) > 30  # of 40 codes four are frequent
    schema = Schema.from_yaml(tmp_path / "schema.yaml")
    assert schema.variable("work").parents == PARENTS
    found = syncline.validate(table(1).to_pandas(), tmp_path / "synthetic.parquet", schema=schema)
    assert [reason for reason in found.gate.unjudged if "nobody was held out" not in reason] == []
    groups = report["columns"]["sibling_groups"]
    if flow == "synthesized":  # the hub learns rows in which a rare code is as frequent as its siblings
        return
    assert groups == {"work": {"categories": 36, "groups": 2}}
    assert report["columns"]["other_shares"] == {}
    assert (
        "work: 36 categories of few people, or of nobody, are 2 groups"
        in (tmp_path / "report.html").read_text()
    )
    assert report["metrics"]["tv_1way"]["value"] < 0.1


def test_flows_in_which_rows_are_counted_release_the_same_bytes(tmp_path: Path) -> None:
    tables = []
    for flow in ("summaries", "prepared", "raw"):
        (tmp_path / flow).mkdir()
        tables.append(released(spec_of(flow, {}), tmp_path / flow)[1])
    assert tables[0] == tables[1] == tables[2]
