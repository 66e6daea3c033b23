"""Bins are called by what they hold, in words that read, and lie where their values are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from syncline.data.variable import Variable
from syncline.questions.growth import ColumnBins
from syncline.validation.utility.bin_names import axis_of, bins_of_line, names_of_line

NO_CODES = np.zeros(0, np.uint16)


def variable(kind: str, **more: Any) -> Variable:
    return Variable.model_validate({"name": "x", "kind": kind, **more})


def line(*low: int) -> ColumnBins:
    return ColumnBins("x", True, np.array(low, np.int64), NO_CODES, len(low) + 2)


def key(of: Variable, value: float) -> int:
    assert of.grid is not None
    return int(of.grid.keys_from_numbers(np.array([value]))[0])


FLOAT = variable("continuous")
POSITIVE = variable("continuous", range=["0", "10"])
DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("of", "low", "names"),
    [
        (variable("integer"), [1, 2, 5], "below 1 | 1 | 2 to 4 | 5 or more"),
        (variable("integer", range=["0", "5"]), [1, 2, 5], "0 | 1 | 2 to 4 | 5"),
        (variable("integer", range=["7", "7"]), [], "7"),
        (variable("integer"), [], "any"),
        (variable("continuous", decimals="1"), [555, 595], "below 55.5 | 55.5 to 59.4 | 59.5 or more"),
        (variable("date"), [0, 31], "before 1970-01-01 | 1970-01-01 to 1970-01-31 | 1970-02-01 or later"),
        (
            variable("datetime"),
            [0, 31 * DAY],
            "before 1970-01-01 | 1970-01-01 to before 1970-02-01 | 1970-02-01 or later",
        ),
        (variable("time", range=["00:00", "23:59"]), [7_440_000_000], "before 02:04 | 02:04 or later"),
        (
            variable("duration"),
            [90_000_000, 2 * DAY],
            "below 00:01:30 | 00:01:30 to below 2 d 00:00 | 2 d 00:00 or more",
        ),
        (
            FLOAT,
            [key(FLOAT, -1.4855467286914164), key(FLOAT, 0.25)],
            "below -1.486 | -1.486 to below 0.25 | 0.25 or more",
        ),
        (
            POSITIVE,
            [key(POSITIVE, 0) + 1, key(POSITIVE, 2e-6)],
            "0 | more than 0 to below 2e-06 | 2e-06 or more",
        ),
        (POSITIVE, [key(POSITIVE, 0) + 1], "0 | more than 0"),
    ],
    ids=lambda value: value.kind if isinstance(value, Variable) else None,
)
def test_a_bin_is_called_by_what_it_holds(of: Variable, low: list[int], names: str) -> None:
    assert names_of_line(line(*low), of) == names.split(" | ")


def test_edges_that_nearly_agree_are_written_until_they_differ() -> None:
    close = [key(FLOAT, 1.0000001), key(FLOAT, 1.0000002)]
    named = ["below 1.0000001", "1.0000001 to below 1.0000002", "1.0000002 or more"]
    assert names_of_line(line(*close), FLOAT) == named


@pytest.mark.parametrize("seed", range(5))
def test_every_key_lies_in_its_bin_on_the_axis_as_it_is_coded(seed: int) -> None:
    rng = np.random.default_rng(seed)
    of = variable("integer", range=["0", "1000"])
    keys = rng.integers(0, 1001, 500)
    column = line(*np.unique(rng.integers(1, 1000, 6)).tolist())
    found = axis_of(column, of, keys)
    assert found is not None
    edges, codes = found["edges"], column.encode(keys, np.ones(len(keys), np.bool_))
    assert isinstance(edges, list)
    assert len(edges) == len(bins_of_line(column, of)) + 1
    inner = np.searchsorted(np.array(edges[1:-1], float), keys.astype(float), side="right") + 1
    assert (inner == codes).all()


def test_open_ends_are_twice_as_far_as_the_median_and_tell_no_extreme() -> None:
    of = variable("integer")
    even = np.repeat(np.arange(140, 200), 7)
    found = axis_of(line(150, 190), of, even)
    assert found is not None
    assert (found["edges"], found["open"]) == ([139.5, 149.5, 189.5, 199.5], [True, True])
    far = np.append(even, [-(10**9), 10**12])
    told = axis_of(line(150, 190), of, far)
    assert told is not None
    assert isinstance(told["edges"], list)
    assert np.allclose(np.array(told["edges"], float), np.array(found["edges"], float), atol=1)


def test_what_the_schema_allows_ends_the_axis() -> None:
    of = variable("integer", range=["0", "200"])
    found = axis_of(line(1, 190), of, np.array([0, 0, 5, 100, 200, 200]))
    assert found is not None
    assert (found["edges"], found["open"]) == ([-0.5, 0.5, 189.5, 200.5], [False, False])


@pytest.mark.parametrize(
    ("of", "scale", "edges"),
    [
        (variable("date"), "date", [-86_400, 0, 864_000, 1_728_000]),
        (variable("continuous", decimals="2"), "number", [-0.015, -0.005, 0.095, 0.195]),
    ],
)
def test_edges_are_told_in_the_unit_of_the_scale(of: Variable, scale: str, edges: list[float]) -> None:
    found = axis_of(line(0, 10), of, np.array([-1, 5, *range(10, 20)]))
    assert found is not None
    assert found["scale"] == scale
    assert found["edges"] == pytest.approx(edges)


def test_one_bin_and_categories_have_no_axis() -> None:
    assert axis_of(line(), variable("integer"), np.array([1, 2])) is None
    assert axis_of(line(), variable("categorical", categories=["a"]), np.array([0])) is None


def test_named_states_lie_beside_the_axis() -> None:
    of = variable("integer", range=["0", "90"], codes={"N": "not applicable", "-8": "refused"})
    states = [of.states.first, of.states.last]
    found = axis_of(line(10, 40, *states), of, np.array([3, 5, 20, 50, *states]))
    plain = axis_of(line(10, 40), variable("integer", range=["0", "90"]), np.array([3, 5, 20, 50]))
    assert found is not None
    assert found == plain
