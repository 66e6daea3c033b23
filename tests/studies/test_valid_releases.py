"""Whatever the schema and the relations in a table: what is released is valid under its own schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import syncline
from syncline.data.batch import Status
from syncline.data.inference import infer
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.questions.asked import Asked
from syncline.questions.profile import STATUSES, Profile
from syncline.questions.question import Context
from syncline.questions.workspace import Workspace
from syncline.sources.registry import open_source
from syncline.synthesizers import tabular_model
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 1000


def relations(rng: np.random.Generator) -> dict[str, Any]:
    """Return columns of all ordered kinds, some of which follow from others or are bounded by them."""
    columns: dict[str, Any] = {
        "a": np.round(rng.gamma(2.0, 20.0, ROWS), 2),
        "b": rng.integers(1, int(rng.integers(3, 900)), ROWS),
        "c": np.round(rng.normal(50.0, 9.0, ROWS), int(rng.integers(0, 4))),
        "day": np.datetime64("2019-01-01") + rng.integers(0, 900, ROWS).astype("timedelta64[D]"),
        "word": rng.choice(["x", "y", "z"], ROWS, p=[0.7, 0.2, 0.1]),
    }
    height = np.round(rng.normal(1.7, 0.1, ROWS), 2)
    narrow = rng.uniform(1.04, 2.39, ROWS)
    whole = np.round(rng.uniform(95.0, 105.0, ROWS), 1)
    extra = {
        "gross": np.round(columns["a"] * 1.19, 2),
        "inch": np.round(height * 39.3701, 1),
        "height": height,
        "total": columns["a"] + columns["b"],
        "log": np.log1p(columns["b"]),
        "top": np.round(rng.lognormal(4.0, 1.0, ROWS), 2),
        "leave": columns["day"] + np.floor(rng.exponential(5.0, ROWS)).astype("timedelta64[D]"),
        "later": columns["b"] + rng.integers(0, 4, ROWS),
    }
    extra["ratio"] = narrow
    extra["product"] = narrow * extra["top"]
    extra["first"] = np.round(rng.uniform(0.0, 95.0, ROWS), 1)
    extra["second"] = np.round(whole - extra["first"], 1)
    extra["whole"] = whole
    groups = [["gross"], ["inch", "height"], ["total"], ["log"], ["top", "ratio", "product"]]
    groups += [["leave"], ["later"], ["first", "second", "whole"]]
    for group in rng.permutation(len(groups))[: rng.integers(2, 6)]:
        columns |= {name: extra[name] for name in groups[group]}
    return columns


def table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(relations(rng))
    for name in rng.permutation(frame.columns)[: rng.integers(0, 3)]:
        frame.loc[rng.random(ROWS) < 0.07, name] = None
    return frame[rng.permutation(frame.columns)]


def statuses(path: Path, schema: Schema) -> dict[str, list[int]]:
    """Return how many cells of each column are valid, missing, out of range and unknown."""
    names = tuple(variable.name for variable in schema.modelled)
    rows = Workspace(prepare(open_source(path), schema, Fold(b"", 0)))
    counts = Profile(names).answer(rows, Context(Asked())).dense()
    return dict(zip(names, counts.reshape(-1, STATUSES).tolist(), strict=True))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_a_release_is_valid_under_its_own_schema_and_is_validated(
    seed: int, method: str, tmp_path: Path
) -> None:
    real = table(seed)
    schema = infer(pa.Table.from_pandas(real, preserve_index=False)).schema
    model = Synthesizer(method, seed=seed, schema=schema).fit(real)
    for suffix in ("parquet", "csv"):
        path = tmp_path / f"synthetic.{suffix}"
        model.write(path)
        for name, found in statuses(path, model.schema).items():
            assert found[Status.OUT_OF_RANGE] == found[Status.UNKNOWN] == 0, name
    if seed < 2:
        report = syncline.validate(real, path, schema=model.schema)
        assert report["tv_1way"].value < 0.2


def narrow_ratio() -> tuple[pd.DataFrame, dict[str, Any]]:
    rng = np.random.default_rng(4)
    bottom, ratio = np.round(rng.lognormal(4.0, 1.0, ROWS), 2), rng.uniform(1.04, 2.39, ROWS)
    frame = pd.DataFrame({"top": ratio * bottom, "bottom": bottom})
    frame["ratio"] = frame.top / frame.bottom
    variables = [
        {"name": name, "kind": "continuous", "range": [float(frame[name].min()), float(frame[name].max())]}
        for name in frame
    ]
    ratio = {"formula": "ratio", "of": "ratio", "from": ["top", "bottom"]}
    return frame, {"variables": variables, "constraints": [ratio]}


def test_the_narrow_quotient_of_two_wide_columns_is_drawn_and_the_wide_one_solved_for() -> None:
    frame, schema = narrow_ratio()
    model = Synthesizer(seed=1, schema=schema).fit(frame)
    assert model._model is not None
    (derived,) = model._model.derived
    assert (derived.formula.of, derived.solved) == ("ratio", "top")
    drawn = model.sample(ROWS)
    assert 1.04 <= drawn.ratio.min() <= drawn.ratio.max() <= 2.39
    assert np.allclose(drawn.ratio, drawn.top / drawn.bottom, rtol=1e-6)
    shares = [np.quantile(values.ratio, np.linspace(0.05, 0.95, 19)) for values in (frame, drawn)]
    assert np.abs(shares[0] - shares[1]).max() < 0.1


def test_without_drawing_again_the_quotient_leaves_its_range(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half: the wide column solved for, and rows drawn again, are each what keeps the range."""
    frame, schema = narrow_ratio()
    monkeypatch.setattr("syncline.synthesizers.formulas._better_solved", lambda *_: None)
    kept = Synthesizer(seed=1, schema=schema).fit(frame).sample(ROWS).ratio
    assert 1.03 <= kept.min() <= kept.max() <= 2.4
    monkeypatch.setattr(tabular_model, "broken_from", lambda rows, *_: np.full(len(rows["ratio"][0]), -1))
    wild = Synthesizer(seed=1, schema=schema).fit(frame).sample(ROWS).ratio
    assert ((wild < frame.ratio.min()) | (wild > frame.ratio.max())).mean() > 0.02
