"""A whole report of a small study: a real fit, a real comparison, and what a federated one adds to it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

import syncline
from syncline.data.schema import Schema
from syncline.sources.memory import TableSource
from syncline.study.manifest import RosterEntry
from syncline.study.participation import Participation
from syncline.study.release import WrittenRelease, write_release
from syncline.study.report import report_document
from syncline.study.simulated_study import fold_of_run
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from tests.unit.study.simulated import fit_study

SUPPLIERS = ("east", "north <b>", "west")
SEED = Seed.of_number(7)
WARDS = ["a", "<b>", "c & d", "rare"]
SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "who", "kind": "identifier", "role": "person"},
            {"name": "age", "kind": "integer", "range": ["0", "120"], "unit": "a"},
            {"name": "weight", "kind": "continuous", "range": ["0", "300"], "decimals": 1, "unit": "kg"},
            {"name": "ward", "kind": "categorical", "categories": WARDS, "missing": ["?"]},
            {"name": "pain", "kind": "ordinal", "categories": ["none", "some", "much"], "role": "sensitive"},
            {"name": "ill", "kind": "boolean"},
            {"name": "seen", "kind": "date", "range": ["2020-01-01", "2024-12-31"]},
            {"name": "note", "kind": "text"},
        ]
    }
)


def persons(n_rows: int, seed: int) -> pd.DataFrame:
    """Return persons whose columns hang together; a ward in a hundred is rare, one in fifty is unknown."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, n_rows)
    weight = np.round(60 + age / 4 + rng.normal(0, 9, n_rows), 1)
    ward = np.array(WARDS)[np.where(rng.random(n_rows) < 0.01, 3, age % 3)]
    day = np.datetime64("2020-01-01") + rng.integers(0, 1800, n_rows)
    return pd.DataFrame(
        {
            "who": [f"{seed}-{number}" for number in range(n_rows)],
            "age": age,
            "weight": weight,
            "ward": np.where(rng.random(n_rows) < 0.02, "?", ward),
            "pain": np.array(["none", "some", "much"])[np.clip((weight - 65) // 10, 0, 2).astype(int)],
            "ill": rng.random(n_rows) < 1 / (1 + np.exp(8 - weight / 10)),
            "seen": day.astype("datetime64[D]").astype(str),
            "note": "nothing",
        }
    )


def spec_of(**changes: Any) -> StudySpec:
    document = {
        "syncline": 1,
        "study": "wards",
        "purpose": "Trying <this> & that",
        "schema": SCHEMA,
        "suppliers": [{"name": name} for name in ("east", "north", "west")],
        "synthesizer": {"rows": 900, "min_leaf": 20, "max_depth": 4},
    }
    return StudySpec.model_validate(document | changes)


@cache
def fitted() -> Any:
    parts = {name: persons(400, seed) for seed, name in enumerate(("east", "north", "west"))}
    tables = {name: pa.Table.from_pandas(part, preserve_index=False) for name, part in parts.items()}
    sources = {name: TableSource(table, name) for name, table in tables.items()}
    return fit_study(spec_of(), fold_of_run(spec_of(), sources, b"wards"), sources)


def roster(spec: StudySpec) -> list[RosterEntry]:
    return [RosterEntry.of(spec, name, Participation()) for name in spec.supplier_names]


def write(
    directory: Path,
    assessment: dict[str, Any] | None,
    *,
    provenance: dict[str, Any] | None = None,
    **changes: Any,
) -> WrittenRelease:
    """Write the study's release into ``directory``."""
    spec = spec_of(**changes)
    return write_release(
        directory, spec, fitted(), SEED, roster(spec), provenance or {"run": "test"}, assessment
    )


@cache
def compared(*, copy: bool = False) -> dict[str, Any]:
    """Return what a comparison of the study's table, or of a copy of real rows, found."""
    real, held = persons(900, 10), persons(600, 11)
    with TemporaryDirectory() as directory:
        write(Path(directory), None)
        synthetic = real if copy else pd.read_parquet(Path(directory) / "synthetic.parquet")
        return syncline.validate(
            real,
            synthetic,
            held,
            schema=SCHEMA,
            target="ill",
            keys=["age", "ward"],
            sensitive=["ill", "pain"],
        ).document()


PREDICTION = {"value": 0.6, "interval": [0.5, 0.7], "floor": 0.8, "goal": "maximize", "words": ""}
"""A figure within a subgroup."""


def assessment(*, copy: bool = False) -> dict[str, Any]:
    """Return the comparison of a study: that of one table, by supplier and by subgroup as well."""
    found = compared(copy=copy)
    figures = {name: found["metrics"][name] for name in ("tv_1way", "tv_2way")}
    return {
        **found,
        "people": {"train": 900, "holdout": 600},
        "by_supplier": [
            {"name": SUPPLIERS[0], "rows": 500, "people": 500, "metrics": figures, "words": "measured"},
            {"name": SUPPLIERS[1], "rows": 391, "people": 391, "metrics": figures, "words": "measured"},
            {
                "name": SUPPLIERS[2],
                "rows": 9,
                "people": 9,
                "metrics": {},
                "words": "under 11 rows: not shown",
            },
        ],
        "subgroups": [
            {"column": "ward", "subgroup": "<b>", "rows": 300, "value": 0.2, "floor": 0.04}
            | {"interval": [0.15, 0.25], "metrics": {"tstr": PREDICTION}},
            {"column": "ward", "subgroup": "a", "rows": 300, "value": 0.05, "floor": None}
            | {"interval": [0.01, 0.09], "metrics": {}},
        ],
        "candidate_sha256": "ab" * 32,
        "words": ["The suppliers compared the table with their own rows, and counts were added."],
    }


def document(found: dict[str, Any] | None, **changes: Any) -> dict[str, Any]:
    """Return the report's document."""
    spec = spec_of(**changes)
    return report_document(spec, fitted(), 900, found, roster(spec), {"study": spec.study, "run": "test"})
