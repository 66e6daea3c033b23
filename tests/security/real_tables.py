"""Tables that attacks on figures are tried on: a made-up one, and two public ones from packages."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from syncline.data.schema import Schema

NAMES = ("made-up", "penguins", "rand-hie")


def table(name: str) -> pd.DataFrame:
    """Return rows of categories as text, without missing values."""
    match name:
        case "made-up":
            rng = np.random.default_rng(5)
            n = 400
            return pd.DataFrame(
                {
                    "sex": rng.choice(["f", "m"], n, p=[0.6, 0.4]),
                    "ward": rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2]),
                    "ill": rng.choice(["no", "yes"], n, p=[0.75, 0.25]),
                }
            )
        case "penguins":
            pytest.importorskip("palmerpenguins")
            rows = pd.read_csv(str(files("palmerpenguins") / "data" / "penguins.csv"))
            return rows[["species", "island", "sex", "year"]].dropna().astype(str).reset_index(drop=True)
        case _:
            pytest.importorskip("statsmodels")
            rows = pd.read_csv(str(files("statsmodels") / "datasets" / "randhie" / "src" / "randhie.csv"))
            columns = rows[["site", "female", "black", "child"]].dropna().iloc[::8]
            return columns.astype(str).reset_index(drop=True)


def schema(rows: pd.DataFrame) -> Schema:
    """Return a schema in which every column has the categories that occur."""
    return Schema.model_validate(
        {
            "variables": [
                {"name": name, "kind": "categorical", "categories": sorted(set(rows[name]))}
                for name in rows.columns
            ]
        }
    )
