"""Tables that differ in kind are released alike, pooled and from suppliers of unlike sizes.

Numbers on lines and along powers, few rows, codes, several rows a person, cells missing at one site alone:
each takes another way through a fit, and sums that are exact on one of them need not be on the next.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from tests.unit.preparation.real_files import packaged_file, shared_file
from tests.unit.study.cohort import spread
from tests.unit.study.local_fit import fingerprint, fit

MOST_ROWS = 900


def read(path: Path, *, every: str = "", **options: Any) -> pd.DataFrame:
    """Return rows of a file as text, as suppliers have them: the first ones, or each 20th of ``every``."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, nrows=None if every else MOST_ROWS, **options)
    return frame.loc[frame[every].astype(int) % 20 == 0] if every else frame


def bundled(name: str) -> pd.DataFrame:
    """Return a table of scikit-learn; its first line says how many rows there are, and not what they are."""
    frame = read(packaged_file("sklearn", f"datasets/data/{name}.csv"), header=None, skiprows=1)
    return frame.rename(columns=lambda place: f"c{place}")


def diabetes() -> pd.DataFrame:
    """Return measures of 442 persons, and how far the disease went in a year."""
    path = packaged_file("sklearn", "datasets/data/diabetes_data_raw.csv.gz")
    with gzip.open(path, "rt") as file:
        frame = pd.read_csv(file, sep=" ", header=None, dtype=str)
    return frame.rename(columns=lambda place: f"c{place}")


def health_insurance() -> pd.DataFrame:
    """Return person-years of a trial, several of each person."""
    return read(packaged_file("statsmodels", "datasets/randhie/src/randhie.csv"), every="zper")


def visits() -> pd.DataFrame:
    """Return visits of patients, several of each, with missing laboratory values."""
    return read(shared_file("pbc/pbcseq.csv"))


def shells() -> pd.DataFrame:
    """Return lengths on lines and weights by powers of them."""
    rng = np.random.default_rng(5)
    length = np.clip(rng.normal(0.5, 0.12, 1200), 0.1, 0.8).round(3)
    height = (0.35 * length + rng.normal(0, 0.01, 1200)).round(3)
    whole = (3.5 * length**3 * np.exp(rng.normal(0, 0.1, 1200))).round(4)
    parts = {"meat": 0.42, "shell": 0.29}
    weights = {
        name: (whole * share * np.exp(rng.normal(0, 0.08, 1200))).round(4) for name, share in parts.items()
    }
    table = {
        "sex": rng.choice(list("FIM"), 1200),
        "length": length,
        "height": height,
        "whole": whole,
        **weights,
    }
    return pd.DataFrame(table).astype(str)


def at_random(frame: pd.DataFrame) -> list[pa.Table]:
    """Return the rows of four suppliers of unlike sizes, in another order."""
    return spread(pa.Table.from_pandas(frame, preserve_index=False), 4, seed=7)


def by(column: str) -> Callable[[pd.DataFrame], list[pa.Table]]:
    """Return what gives each site its own rows, as they are held apart in truth."""
    return lambda frame: [
        pa.Table.from_pandas(rows, preserve_index=False) for _, rows in frame.groupby(column, sort=True)
    ]


TABLES: dict[str, tuple[Callable[[], pd.DataFrame], Callable[[pd.DataFrame], list[pa.Table]], str | None]] = {
    "iris": (lambda: bundled("iris"), at_random, None),
    "wine": (lambda: bundled("wine_data"), by("c0"), None),
    "breast cancer": (lambda: bundled("breast_cancer"), at_random, None),
    "diabetes": (diabetes, at_random, None),
    "shells": (shells, by("sex"), None),
    "health insurance": (health_insurance, by("site"), "zper"),
    "four hospitals": (lambda: read(shared_file("heart_disease_uci/heart_all_sites.csv")), by("site"), None),
    "visits": (visits, at_random, "id"),
    "stays": (lambda: read(shared_file("diabetes130/diabetic_data.csv.gz")), at_random, "patient_nbr"),
}
"""How each table is read, how its rows lie at suppliers, and the column of its persons."""


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_released_alike_from_its_splits(name: str) -> None:
    make, split, person = TABLES[name]
    frame = make()
    schema = schema_of(frame, person)
    whole = pa.Table.from_pandas(frame, preserve_index=False)
    pooled = fingerprint(fit([whole], schema, holdout="0.2", batch_rows=len(frame)), schema)
    parts = split(frame)
    assert len(parts) > 1
    assert sum(part.num_rows for part in parts) == len(frame)
    assert fingerprint(fit(parts, schema, holdout="0.2", batch_rows=77), schema) == pooled


def schema_of(frame: pd.DataFrame, person: str | None) -> Schema:
    """Return what is inferred of a table, with the column that tells persons apart declared as that."""
    schema = infer_schema(pa.Table.from_pandas(frame, preserve_index=False))
    if person is None:
        return schema
    others = [variable for variable in schema.variables if variable.name != person]
    declared = {"name": person, "kind": "identifier", "role": "person"}
    return Schema.model_validate({"variables": [declared, *(one.model_dump() for one in others)]})
