"""An inferred range and grid hold the table that they were inferred from, and a few cells decide neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.batch import Status
from syncline.data.inference import Inference, infer, number_columns
from syncline.data.variable import Variable
from syncline.preparation.column_reader import OrderedReader

SEEDS = range(6)
MANY = 1500
Texts = list[str]


def wide_floats(rng: np.random.Generator) -> Texts:
    """32-bit floats, written with all decimals of their 64-bit copies."""
    return [repr(float(x)) for x in rng.choice(rng.uniform(0, 3, 40), MANY).astype(np.float32)]


def beside_the_step(rng: np.random.Generator) -> Texts:
    """Thousands, and at each end one cell between two of them."""
    low, high = sorted(int(x) for x in rng.integers(1, 999, 2))
    return [str(1000 * x) for x in rng.integers(1, 900_000, MANY)] + [str(low), str(900_000_000 + high)]


def beside_the_decimal(rng: np.random.Generator) -> Texts:
    return [f"{x:.1f}" for x in rng.uniform(3, 9, MANY)] + ["2.9999", "9.3456"]


def beside_the_quarter(rng: np.random.Generator) -> Texts:
    """Times of day on quarters of an hour, and one minute before midnight."""
    times = [f"{x // 4:02}:{x % 4 * 15:02}:00" for x in rng.integers(2, 96, MANY)]
    return [*times, "00:04:00", "23:59:00"]


def moments(rng: np.random.Generator) -> Texts:
    days = [f"2020-01-{1 + x // 24:02}T{x % 24:02}:00:00" for x in rng.integers(24, 700, MANY)]
    return [*days, "2020-01-01T22:31:00", "2020-01-31T11:47:00"]


TABLES = [wide_floats, beside_the_step, beside_the_decimal, beside_the_quarter, moments]


def found(texts: Sequence[str]) -> Inference:
    return infer(pa.table({"x": pa.array(texts, pa.string())}))


def violations(texts: Sequence[str], variable: Variable) -> int:
    assert variable.grid is not None
    cells = OrderedReader(variable, variable.grid).read(pa.array(texts, pa.string()), "x")
    return int(np.count_nonzero(cells.status >= Status.OUT_OF_RANGE))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_the_inferred_range_holds_every_cell(table: Callable[..., Texts], seed: int) -> None:
    texts = table(np.random.default_rng(seed))
    assert violations(texts, found(texts).schema.variable("x")) == 0


def test_a_range_of_what_the_cells_mean_refuses_its_own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other half: the range was that of the shortest decimals of 32-bit floats, rounded by themselves."""

    def shortest(variable: Variable, numbers: Any) -> Variable:
        ends = [
            round(float(str(np.float32(x))), variable.decimals or 9) for x in (numbers.min(), numbers.max())
        ]
        return Variable(**{**dict(variable), "range": tuple(ends)})

    tables = [wide_floats(np.random.default_rng(seed)) for seed in SEEDS]
    monkeypatch.setattr(number_columns, "with_range", shortest)
    assert any(violations(texts, found(texts).schema.variable("x")) for texts in tables)


@pytest.mark.parametrize(
    ("given", "texts", "numbers"),
    [
        ({"kind": "integer", "step": "1000", "range": [1300, 9400]}, ("1300", "1499", "9400"), (2, 2, 9)),
        ({"kind": "continuous", "step": "0.5", "range": [0.2, 3.3]}, ("0.2", "3.3", "1.1"), (1, 6, 2)),
        ({"kind": "date", "step": "month", "range": ["2020-01-15", "2020-06-30"]}, ("2020-01-20",), (601,)),
        ({"kind": "time", "step": "15min"}, ("23:59:59", "00:01"), (95, 0)),
    ],
)
def test_a_cell_within_a_declared_range_is_counted_at_the_nearest_step_within_it(
    given: dict[str, Any], texts: Sequence[str], numbers: Sequence[int]
) -> None:
    variable = Variable(name="x", **given)
    assert variable.grid is not None
    cells = OrderedReader(variable, variable.grid).read(pa.array(texts, pa.string()), "x")
    assert cells.status.tolist() == [Status.VALID] * len(texts)
    assert cells.keys.tolist() == list(numbers)


def test_a_cell_beyond_the_declared_range_stays_one() -> None:
    variable = Variable(name="x", kind="integer", step="1000", range=[1300, 9400])  # type: ignore[arg-type]
    assert violations(["1299", "9600", "5000"], variable) == 2


def test_a_few_finer_cells_are_moved_and_named() -> None:
    rng = np.random.default_rng(1)
    inference = found([f"{x:.1f}" for x in rng.uniform(8, 39, 900)] + ["25.75", "19.25", "30.15"])
    assert inference.schema.variable("x").decimals == 1
    assert any("3 cells moved to the nearest value of the grid" in str(note) for note in inference.notes)


def test_cents_of_a_few_are_no_step() -> None:
    """Nearly all incomes are whole, and multiples of 0.04 as whole numbers are: the cents are what tells."""
    rng = np.random.default_rng(2)
    whole = [str(x) for x in rng.integers(15_000, 200_000, 2950)]
    inference = found(whole + [f"{x:.2f}" for x in rng.uniform(15_000, 200_000, 50)])
    variable = inference.schema.variable("x")
    assert (variable.decimals, variable.step) == (2, None)
    assert any(
        "2,949 cells are whole numbers" in str(n) and "declare step: 1" in str(n) for n in inference.notes
    )


def test_halves_are_a_step_still() -> None:
    rng = np.random.default_rng(3)
    variable = found([repr(float(x / 2)) for x in rng.integers(0, 60, 800)]).schema.variable("x")
    assert variable.step == "0.5"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([str(10 * x) for x in range(200, 600)] + [str(x) for x in range(2001, 2051)], "multiples of 10"),
        ([f"{x / 10:.1f}" for x in range(400)] + [f"{x / 10:.4f}1" for x in range(40)], "at most 1 decimal:"),
        ([str(x) for x in range(200, 600)], None),
        ([f"{x / 10:.1f}" for x in range(400)], None),
    ],
)
def test_values_rounder_than_their_grid_are_named(texts: Sequence[str], said: str | None) -> None:
    rng = np.random.default_rng(4)
    notes = [str(note) for note in found(list(rng.permutation(np.array(texts)))).notes]
    assert [note for note in notes if "finer grid" in note and (said or "") in note] or said is None
    assert said is not None or not any("finer grid" in note for note in notes)


@pytest.mark.parametrize(
    ("numbers", "step", "origin"),
    [
        ([3 + 7 * k for k in range(40)], "7", "3"),
        ([3 + 7 * k for k in range(-40, 0)], "7", "3"),
        ([k + 0.99 for k in range(3, 40)], "1", "0.99"),
        ([k + 0.5 for k in range(18, 60)], "1", "0.5"),
        ([1 + 2 * k for k in range(100)], "2", "1"),
        ([1 + 2 * k for k in range(10)], None, None),  # which is chance in one of 500 tables
        ([7 * k for k in range(40)], "7", None),
        ([0.5 * k for k in range(40)], "0.5", None),
        ([3 + 7 * k for k in range(40)] + [4], None, None),
        ([*range(40)], None, None),
    ],
)
def test_a_step_begins_where_its_values_do(
    numbers: Sequence[float], step: str | None, origin: str | None
) -> None:
    variable = infer(pa.table({"x": pa.array(numbers).take(pa.array(np.arange(120) % len(numbers)))})).schema
    assert (variable.variables[0].step, variable.variables[0].origin) == (step, origin)


def test_a_few_cells_beside_the_origin_are_moved_and_named() -> None:
    cells = np.append(np.tile(3 + 7 * np.arange(40), 40), 5)
    inference = infer(pa.table({"x": cells}))
    assert inference.schema.variables[0].origin == "3"
    (note,) = inference.notes
    assert (note.cells, note.why) == (1, "all others are 3 past multiples of 7")
