from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.batch import Status
from syncline.data.schema import Schema
from syncline.errors import UsageError
from syncline.validation.cell_table import CellTable
from syncline.validation.utility.design import FIXED_BITS, MOST_LEVELS, MOST_SPREADS, Design, NumericTerm
from syncline.validation.utility.formula import ModelFormula
from syncline.validation.utility.overlap import overlap, regression_figure
from syncline.validation.utility.regression import (
    MOST_COEFFICIENT,
    MOST_ROWS,
    RegressionFit,
    RegressionModel,
    fit,
)
from tests.unit.validation.compared import regressions
from tests.unit.validation.utility.made_up import persons, shuffled

TRAIN, HOLDOUT, FRESH = persons(3000, 1), persons(2000, 2), persons(2500, 3)
LINEAR = "pressure ~ age + ward"
LOGISTIC = "ill ~ age + pressure + ward"


def dense(formula: str, candidate: CellTable, table: CellTable) -> tuple[np.ndarray, np.ndarray]:
    """Return matrix and response in floats, column by column, from the definition of the coding."""
    response, *terms = formula.replace("~", "+").replace(" ", "").split("+")
    complete = np.all([table.valid(table.place(name)) for name in (response, *terms)], axis=0)

    def numbers(name: str) -> np.ndarray:
        place = candidate.place(name)
        made = candidate.keys[place][candidate.valid(place)]
        return np.asarray((table.keys[place][complete] - round(made.mean())) / round(made.std()))

    columns = [np.ones(complete.sum())]
    for name in terms:
        place = table.place(name)
        categories = table.schema.modelled[place].categories
        if not categories:
            columns.append(numbers(name))
            continue
        counts = np.bincount(candidate.keys[place][candidate.valid(place)], minlength=len(categories))
        columns += [
            table.keys[place][complete] == key for key in range(len(categories)) if key != counts.argmax()
        ]
    place = table.place(response)
    y = table.keys[place][complete] if table.schema.modelled[place].categories else numbers(response)
    return np.column_stack(columns).astype(float), np.asarray(y, float)


def naive_logistic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ beta)))
        cov = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
        beta = beta + cov @ (x.T @ (y - p))
    return beta, np.sqrt(np.diag(cov))


def test_linear_coefficients_are_those_of_least_squares() -> None:
    x, y = dense(LINEAR, FRESH, TRAIN)
    beta, (squares,), *_ = np.linalg.lstsq(x, y)
    errors = np.sqrt(squares / (len(y) - x.shape[1]) * np.diag(np.linalg.inv(x.T @ x)))
    found = fit(RegressionModel.of(LINEAR, FRESH), TRAIN)
    assert found.rows == len(y) < TRAIN.n_rows
    base = int(np.bincount(FRESH.keys[2]).argmax())
    wards = tuple(f"ward={name}" for key, name in enumerate(("a", "b", "c", "rare")) if key != base)
    assert found.names == ("(intercept)", "age", *wards)
    assert found.estimates == pytest.approx(beta, abs=1e-3)
    assert found.errors == pytest.approx(errors, rel=1e-3)
    assert found.support.tolist() == pytest.approx((np.abs(x) > 2**-11).sum(axis=0).tolist())


def test_logistic_coefficients_are_those_of_a_naive_newton() -> None:
    beta, errors = naive_logistic(*dense(LOGISTIC, FRESH, TRAIN))
    found = fit(RegressionModel.of(LOGISTIC, FRESH), TRAIN)
    assert found.estimates == pytest.approx(beta, abs=2e-3)
    assert found.errors == pytest.approx(errors, rel=2e-3)
    assert found.events == TRAIN.keys[3][TRAIN.valid(1)].sum()


@pytest.mark.parametrize("formula", [LINEAR, LOGISTIC])
@given(cut=st.integers(0, 3000))
def test_sums_add_over_suppliers(formula: str, cut: int) -> None:
    model = RegressionModel.of(formula, FRESH)
    at = np.full(len(model.start), 3 << 18, np.int64)
    first, second = TRAIN.take(np.arange(cut)), TRAIN.take(np.arange(cut, 3000))
    whole = model.sums(TRAIN, at)
    assert whole.shape == (model.size,)
    assert (model.sums(first, at) + model.sums(second, at) == whole).all()


def test_blocks_of_rows_add_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    model = RegressionModel.of(LOGISTIC, FRESH)
    whole = model.sums(TRAIN, model.start)
    monkeypatch.setattr("syncline.validation.utility.regression._BLOCK_CELLS", 40)
    assert (model.sums(TRAIN, model.start) == whole).all()


@pytest.mark.parametrize("response", ["pressure ~ age", "ill ~ pressure"])
def test_the_sums_of_as_many_rows_as_are_allowed_fit(response: str) -> None:
    model = RegressionModel.of(response, FRESH)
    keys = [np.array([10**6]), np.array([10**6]), np.array([0]), np.array([0])]
    far = CellTable(
        FRESH.schema, tuple(keys), tuple(np.zeros(1, np.uint8) for _ in keys), np.zeros(1, np.int64)
    )
    sums = [int(total) for total in model.sums(far, model.start)]
    assert max(sums) == 1 << 2 * (FIXED_BITS + 4) if model.line else max(sums) <= 1 << 36
    assert max(map(abs, sums)) * MOST_ROWS < 2**63
    with pytest.raises(ValueError, match="at most"):
        model.solve(np.array([MOST_ROWS + 1, *sums[1:]]), model.start)


def test_separation_stays_bounded_and_is_not_taken_for_knowledge() -> None:
    keys = (*FRESH.keys[:3], (FRESH.keys[2] == 1).astype(np.int64))
    apart = CellTable(FRESH.schema, keys, FRESH.status, FRESH.owner)
    found = fit(RegressionModel.of("ill ~ ward", apart), apart)
    assert np.isfinite(found.estimates).all()
    assert np.abs(found.estimates).max() <= MOST_COEFFICIENT
    assert np.isinf(found.errors).all()


def test_columns_that_tell_each_other_are_not_estimable_alone() -> None:
    keys = (FRESH.keys[0], FRESH.keys[0], FRESH.keys[2], FRESH.keys[3])
    status = (FRESH.status[0], FRESH.status[0], *FRESH.status[2:])
    twice = CellTable(FRESH.schema, keys, status, FRESH.owner)
    found = fit(RegressionModel.of("ill ~ age + pressure + ward", twice), twice)
    assert np.isinf(found.errors[1:3]).all()
    assert np.isfinite(found.errors[3:]).all()


def test_the_same_rows_overlap_wholly_and_torn_ones_do_not() -> None:
    same, torn, fresh = (
        regressions(TRAIN, table, HOLDOUT, (LINEAR, LOGISTIC), 11)
        for table in (TRAIN, shuffled(FRESH, 4), FRESH)
    )
    for own, bad, good in zip(same, torn, fresh, strict=True):
        assert own.value == pytest.approx(1, abs=0.05)
        assert bad.value is not None
        assert good.value is not None
        assert good.floor is not None
        assert bad.value < good.value - 0.15
        assert good.value == pytest.approx(good.floor, abs=0.35)
    assert [metric.name for metric in same] == [f"regression:{LINEAR}", f"regression:{LOGISTIC}"]


def made(estimates: list[float], errors: list[float], rows: int = 100, support: int = 50) -> RegressionFit:
    names = tuple(f"x{k}" for k in range(len(estimates)))
    n = len(names)
    return RegressionFit(
        names,
        (True,) * n,
        np.zeros(n, np.int64),
        np.array(estimates),
        np.array(errors),
        np.diag(np.where(np.isfinite(errors), np.square(errors), 0.0)),
        rows,
        np.full(n, support),
        None,
    )


def test_overlap_is_the_mean_share_of_both_intervals() -> None:
    half = 1 / 1.96
    real = made([0.0, 0.0, 0.0, 0.0, 0.0], [half, half, half, half, np.inf])
    other = made([1.0, 0.0, 5.0, 0.0, 0.0], [half, half / 2, half, np.inf, half])
    found = overlap(real, other)
    assert [each.overlap for each in found] == pytest.approx([0.5, 0.75, 0.0, 0.0])
    assert [each.difference for each in found] == [pytest.approx(1.96), 0.0, pytest.approx(9.8), None]


@pytest.mark.parametrize("apart", [0, 1, 1.9, 3, 4.5])
def test_the_interval_of_the_overlap_covers_its_mean(apart: float) -> None:
    """Two tables of people who differ by so many standard errors, drawn again and again."""
    rng = np.random.default_rng(5)
    spread = np.array([[9, 4, 0], [4, 6, 1], [0, 1, 4]]) / 900
    errors = np.sqrt(np.diag(spread))
    values, limits = [], []
    for _ in range(600):
        own, other = (
            replace(made(list(draw), list(errors)), covariance=spread)
            for draw in (rng.multivariate_normal(mean, spread) for mean in (np.zeros(3), apart * errors))
        )
        found = regression_figure("name", own, other, None, 11)
        values.append(found.value)
        limits.append(found.interval)
    low, high = np.array(limits, float).T
    mean = np.mean(np.array(values, float))
    assert 0.9 < np.mean((low <= mean) & (mean <= high)) <= 1


def test_an_overlap_at_its_bounds_has_an_interval_too() -> None:
    nested = regression_figure("name", made([0.0], [1.0]), made([0.3], [0.2]), None, 11)
    apart = regression_figure("name", made([0.0], [1.0]), made([4.2], [1.0]), None, 11)
    far = regression_figure("name", made([0.0], [1.0]), made([40.0], [1.0]), None, 11)
    assert nested.interval is not None
    assert apart.interval is not None
    assert nested.interval[1] - nested.interval[0] > 0.05
    assert apart.value == 0
    assert apart.interval[1] > 0.1
    assert far.interval == (0, 0)


def test_one_step_from_near_enough_is_the_whole_way() -> None:
    model = RegressionModel.of(LOGISTIC, FRESH)
    whole = fit(model, TRAIN)
    near = fit(model, HOLDOUT).coefficients
    step = model.solve(model.sums(TRAIN, near), near, settles=False)
    assert step.estimates == pytest.approx(whole.estimates, abs=0.2 * float(whole.errors.max()))
    assert np.isfinite(step.errors).all()
    far = np.full_like(near, 2 << 20)
    assert np.isinf(model.solve(model.sums(TRAIN, far), far).errors).any(), "it has not settled"


def test_the_floor_is_that_of_a_sample_of_the_synthetic_size() -> None:
    rng = np.random.default_rng(7)
    expected, found = [], []
    n, held, m = 1000, 100, 800
    for _ in range(4000):
        real, small, large = (rng.normal(0, 1 / np.sqrt(rows)) for rows in (n, held, m))
        own = made([real], [1 / np.sqrt(n)], n)
        second = made([large], [1 / np.sqrt(m)], m)
        expected.append(overlap(own, second)[0].overlap)
        control = made([small], [1 / np.sqrt(held)], held)
        found.append(regression_figure("name", own, second, control, 11).floor)
    assert np.mean(found) == pytest.approx(np.mean(expected), abs=0.01)


def test_what_rests_on_few_persons_is_left_out() -> None:
    few = made([1.0, 2.0], [0.1, 0.1], support=5)
    assert regression_figure("name", few, few, None, 11).value is None
    assert regression_figure("name", few, few, None, 5).value == pytest.approx(1)
    most = made([1.0, 2.0], [0.1, 0.1], support=95)
    assert regression_figure("name", most, most, None, 11).value is None
    found = regressions(TRAIN, FRESH, None, (LINEAR,), 40)[0]
    assert found.value is not None
    assert (found.detail, found.floor) == (None, None), "errors would tell how many are left out"


def test_names_in_backquotes_hold_blanks() -> None:
    found = ModelFormula.of("  `blood pressure` ~ age+`a + b` +native-country ")
    assert (found.response, found.terms) == ("blood pressure", ("age", "a + b", "native-country"))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y", "write y ~ a [+] b"),
        ("y ~", "write y ~ a [+] b"),
        ("~ a", "write y ~ a [+] b"),
        ("y ~ log(a)", "no functions"),
        ("y ~ a * b", "write y ~ a [+] b"),
        ("y ~ a b", "backquotes"),
        ("y ~ a ~ b", "write y ~ a [+] b"),
        ("ill ~ age + age", "names 'age' twice"),
        ("ill ~ ill", "names 'ill' twice"),
        ("ill ~ " + " + ".join(f"x{k}" for k in range(21)), "has 21 terms"),
        ("ill ~ agee", "no column 'agee'; did you mean age"),
        ("ward ~ age", "has 4 categories"),
    ],
)
def test_a_formula_that_cannot_be_fitted_is_named_with_its_key(formula: str, words: str) -> None:
    with pytest.raises(UsageError, match=rf"validation.models: .*{words}"):
        RegressionModel.of(formula, FRESH)


WIDE = Schema.from_yaml(
    "variables:\n"
    "  - {name: exact, kind: continuous}\n"
    "  - {name: moment, kind: datetime}\n"
    f"  - {{name: town, kind: categorical, categories: [{', '.join(f't{k}' for k in range(30))}]}}\n"
)


def wide(exact: np.ndarray, moment: np.ndarray, town: np.ndarray) -> CellTable:
    grid = WIDE.modelled[0].grid
    assert grid is not None
    keys = (grid.keys_from_numbers(exact), moment.astype(np.int64), town.astype(np.int64))
    return CellTable(WIDE, keys, tuple(np.full(len(town), Status.VALID) for _ in keys), np.arange(len(town)))


@pytest.mark.parametrize("size", [1e-300, 1e-3, 1.0, 1e300])
def test_numbers_are_standardized_on_every_grid(size: float) -> None:
    rng = np.random.default_rng(8)
    exact, moment = rng.normal(3, 2, 500), rng.integers(0, 4 * 10**15, 500)
    table = wide(exact * size, moment, rng.integers(0, 30, 500))
    for place, values in ((0, exact), (1, moment.astype(float))):
        line = NumericTerm.of(table, place)
        z = line.standardized(table.keys[place]) / 2**FIXED_BITS
        assert z == pytest.approx((values - values.mean()) / values.std(), abs=2**-FIXED_BITS)
    beyond = wide(np.array([size * 1e6, -size * 1e6]), np.array([2**59, -(2**59)]), np.zeros(2))
    for place in (0, 1):
        z = NumericTerm.of(table, place).standardized(beyond.keys[place]) / 2**FIXED_BITS
        assert z.tolist() == [MOST_SPREADS, -MOST_SPREADS]


def test_a_column_of_one_value_has_a_spread_all_the_same() -> None:
    table = wide(np.zeros(5), np.full(5, 7), np.zeros(5))
    assert [NumericTerm.of(table, place).standardized(table.keys[place]).tolist() for place in (0, 1)] == [
        [0] * 5
    ] * 2


def test_of_many_categories_the_rarer_ones_share_a_dummy() -> None:
    town = np.repeat(np.arange(25), np.arange(30, 5, -1))
    table = wide(np.zeros(len(town)), np.zeros(len(town)), town)
    design = Design.of(table, ("town",))
    assert design.names == ("(intercept)", *(f"town=t{k}" for k in range(1, MOST_LEVELS)), "town=other")
    real = wide(np.zeros(4), np.zeros(4), np.array([0, 3, 22, 29]))
    cells = design.matrix(real, np.arange(4)) >> FIXED_BITS
    assert [np.flatnonzero(row).tolist() for row in cells] == [[0], [0, 3], [0, 20], [0, 20]]


@pytest.mark.parametrize("formula", [LINEAR, LOGISTIC])
def test_neither_the_order_of_the_candidate_nor_of_the_rows_changes_a_sum(formula: str) -> None:
    order = np.random.default_rng(9).permutation(2000)
    candidate, table = FRESH.take(np.arange(2000)), TRAIN.take(np.arange(2000))
    model, mixed = RegressionModel.of(formula, candidate), RegressionModel.of(formula, candidate.take(order))
    at = np.full(len(model.start), 5 << 17, np.int64)
    assert (model.sums(table, at) == mixed.sums(table.take(order), at)).all()


@pytest.mark.filterwarnings("error")
def test_a_response_without_spread_is_told_without_a_warning() -> None:
    """What is not estimable has an infinite error, also where nothing is left to explain."""
    place = TRAIN.place("pressure")
    flat = tuple(np.full_like(k, 120) if i == place else k for i, k in enumerate(TRAIN.keys))
    table = replace(TRAIN, keys=flat).take(TRAIN.keys[TRAIN.place("ward")] != 1)
    found = fit(RegressionModel.of(LINEAR, FRESH), table)
    assert np.isinf(found.errors[1:]).any()
    assert not np.isnan(found.errors).any()
