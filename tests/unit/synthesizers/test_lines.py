"""Values of a leaf lie along a line through other columns, and keep their distribution."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.questions.moments import PRECISION, Moments
from syncline.questions.sums import Sums
from syncline.synthesizers import formulas
from syncline.synthesizers.cart import lines, refining
from syncline.synthesizers.cart.regression import forward, through
from syncline.synthesizers.computed_columns import line_notes
from syncline.synthesizers.second_moments import MomentTerm, SecondMoments
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel
from tests.unit.study.local_fit import fit


def related(n: int, seed: int, *, gaps: float = 0.0) -> tuple[pa.Table, Schema]:
    """Return a table of three numbers along lines, within two kinds whose lines run the other way."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 2, n)
    x = rng.normal(40, 8, n) + 25 * kind
    y = 0.9 * x - 60 * kind + rng.normal(0, 3, n)
    z = x + y + rng.normal(0, 1.5, n)
    table = {"kind": np.array(["a", "b"])[kind], "x": x.round(2), "y": y.round(2), "z": z.round(2)}
    variables = [
        {"name": "kind", "kind": "categorical", "categories": ["a", "b"]},
        *({"name": name, "kind": "continuous", "decimals": 2, "range": [-100, 300]} for name in "xyz"),
    ]
    arrays = {
        name: pa.array(values, mask=rng.random(n) < gaps if name in "xy" else None)
        for name, values in table.items()
    }
    return pa.table(arrays), Schema.model_validate({"variables": variables})


def model_of(real: pa.Table, schema: Schema) -> TabularModel:
    model = fit([real], schema, min_leaf=150, coded=False).model
    assert isinstance(model, TabularModel)
    return model


def numbers(model: TabularModel, n: int) -> dict[str, np.ndarray]:
    """Return the numbers of drawn rows, NaN where one is missing."""
    rows = model.partition(0, n, Seed.of_number(5))
    return {name: np.where(rows[name][1], np.nan, rows[name][0] / 100) for name in "xyz"}


def correlations(columns: dict[str, np.ndarray]) -> np.ndarray:
    held = ~np.isnan(np.stack([columns[name] for name in "xyz"])).any(axis=0)
    return np.corrcoef(np.stack([columns[name][held] for name in "xyz"]))


@pytest.mark.parametrize(("gaps", "most"), [(0.0, 0.3), (0.1, 0.7)])
def test_correlations_are_those_of_the_records(
    gaps: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By moments of whole columns, by coarser tables of pairs where there are gaps."""
    real, schema = related(600, seed=1, gaps=gaps)
    wanted = correlations({name: real[name].to_numpy(zero_copy_only=False) for name in "xyz"})
    model = model_of(real, schema)
    assert any(draw.reordering is not None for draw in model.draws)
    off = np.abs(correlations(numbers(model, 4000)) - wanted).max()
    monkeypatch.setattr(refining, "Lines", lambda *given: None)
    without = np.abs(correlations(numbers(model_of(real, schema), 4000)) - wanted).max()
    assert off < most * without


def test_a_line_changes_no_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values of a column are the same set, with lines and without, until the next column is drawn."""
    real, schema = related(600, seed=2)
    model = model_of(real, schema)
    first = next(draw for draw in model.draws if draw.reordering is not None)
    with_lines = numbers(model, 3000)[first.column]
    monkeypatch.setattr(refining, "Lines", lambda *given: None)
    without = numbers(model_of(real, schema), 3000)[first.column]
    assert not np.array_equal(with_lines, without)
    assert np.array_equal(np.sort(with_lines), np.sort(without))


def test_values_change_places_within_their_leaf_alone() -> None:
    """Each value goes to a row of the leaf that it came from; rows without a number give and get none."""
    real, schema = related(600, seed=3, gaps=0.1)
    model = model_of(real, schema)
    line = next(draw.reordering for draw in model.draws if draw.reordering is not None)
    rows = model.partition(0, 2000, Seed.of_number(4))
    states = np.random.default_rng(5).integers(0, 7, 2000)
    to, of = line.order(rows, states, {column.codes.name: column for column in model.columns})
    missing = rows[line.own.column][1]
    assert np.array_equal(states[to], states[of])
    assert np.array_equal(np.sort(to), np.flatnonzero(~missing))
    assert np.array_equal(np.sort(of), np.sort(to))


def powers(n: int, seed: int) -> tuple[pa.Table, Schema]:
    """Return lengths and widths, and what follows from them by powers, as of leaves of plants."""
    rng = np.random.default_rng(seed)
    x, y = np.exp(rng.normal(2.5, 0.7, n)).round(3), np.exp(rng.normal(1.5, 0.5, n)).round(3)
    z = (0.7 * x * y**2 * np.exp(rng.normal(0, 0.01, n))).round(4)
    variables = [{"name": name, "kind": "continuous", "decimals": 4, "range": [0, 1e6]} for name in "xyz"]
    return pa.table({"x": x, "y": y, "z": z}), Schema.model_validate({"variables": variables})


def off_by(model: TabularModel) -> float:
    """Return by how much at most z is another power of x and y in nine of ten drawn rows, in logarithms."""
    rows = model.partition(0, 3000, Seed.of_number(5))
    x, y, z = (rows[name][0] / 1e4 for name in "xyz")
    return float(np.quantile(np.abs(np.log(z / (0.7 * x * y**2))), 0.9))


def test_what_follows_by_powers_lies_along_a_line_of_logarithms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line tells nearly all of z, so it computes the values: their order in leaves would not do."""
    real, schema = powers(1500, seed=1)
    model = model_of(real, schema)
    line = model.draws[-1].reordering
    assert line is not None
    assert line.own.log
    assert line.computed is not None
    (note,) = line_notes(model.draws)
    assert str(note).startswith(
        "column 'x': computed: values within its range: its logarithm lies on a line through"
    )
    values = {column.codes.name: column.values for column in model.columns}
    for name, (keys, missing) in model.partition(0, 3000, Seed.of_number(5)).items():
        low, high = values[name].extent
        assert not missing.any()
        assert ((keys >= low) & (keys <= high)).all()
    found = off_by(model)
    assert 0.01 < found < 0.03  # nine of ten records are within .0165
    monkeypatch.setattr(lines, "NO_LEAVES", 0.0)
    in_order = off_by(model_of(real, schema))
    monkeypatch.setattr(formulas, "_MOST_WITH_LOGS", 0)
    assert 2 * found < in_order < off_by(model_of(real, schema))


def test_independent_draws_have_no_line() -> None:
    """Rows that are drawn by themselves change no places."""
    real, schema = related(600, seed=2)
    model = fit([real], schema, draws="independent", coded=False).model
    assert isinstance(model, TabularModel)
    lone = np.concatenate([model.partition(place, 1, Seed.of_number(1))["z"][0] for place in range(40)])
    assert len(set(lone.tolist())) > 10


@given(
    rows=st.lists(st.tuples(*[st.integers(-999, 999)] * 3), min_size=4, max_size=30),
    missing=st.integers(0, 3),
)
def test_second_moments_are_those_of_numpy(rows: list[tuple[int, int, int]], missing: int) -> None:
    x = np.array(rows, np.int64)
    x[:missing] = 0
    products = [int((x[:, i] * x[:, j]).sum()) for i in range(3) for j in range(i, 3)]
    answer = Sums((len(x), *x.sum(axis=0).tolist(), *products))
    found = SecondMoments.of(Moments((("a", 3), ("b", 0), ("c", -2))), answer)
    scaled = x / 2.0**PRECISION
    assert found.covariance == pytest.approx(np.cov(scaled.T, bias=True), rel=1e-9, abs=1e-18)
    assert found.mean_of(MomentTerm("a")) == pytest.approx(float(scaled[:, 0].mean()) * 8)
    places = (np.array([found.terms[MomentTerm(name)]]) for name in "ac")
    assert found.covariances_of(*places, np.array([1]))[0] == pytest.approx(found.covariance[0, 2] * 2**2)


@pytest.mark.parametrize("seed", range(5))
def test_regressions_are_those_of_least_squares(seed: int) -> None:
    """Forward selection takes terms that tell; slopes are those of NumPy's least squares on them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 6)) @ rng.normal(size=(6, 6))
    y = x[:, [1, 4]] @ [2.0, -1.0] + rng.normal(0, 0.5, 400)
    covariance = np.cov(np.column_stack([x, y]).T, bias=True)
    found = forward(covariance[:-1, :-1], covariance[:-1, -1], covariance[-1, -1], 400)
    centred = x - x.mean(axis=0)
    slopes, left, *_ = np.linalg.lstsq(centred[:, found.terms], y - y.mean(), rcond=None)
    assert found.slopes[found.terms] == pytest.approx(slopes)
    assert covariance[-1, -1] - found.told == pytest.approx(float(left[0]) / 400)
    assert found.told > 0.9 * (covariance[-1, -1] - 0.25)
    again = through(covariance[:-1, :-1], covariance[:-1, -1], found.terms)
    assert again[found.terms] == pytest.approx(slopes)


def test_a_copy_of_a_column_is_no_further_term() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=300)
    covariance = np.cov(np.stack([x, x, x + rng.normal(0, 0.1, 300)]), bias=True)
    found = forward(covariance[:2, :2], covariance[:2, 2], covariance[2, 2], 300)
    assert found.terms == [0]
    assert np.isfinite(found.slopes).all()
