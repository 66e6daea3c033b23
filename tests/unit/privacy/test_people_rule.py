"""What may be told of numbers of people: the laws of the one rule."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import StudyFailed
from syncline.privacy import people_rule
from syncline.privacy.people_rule import (
    apart,
    few,
    hidden_cells,
    in_runs,
    in_steps,
    outwards,
    require_enough,
    runs_of,
    step_of,
)

LEAST = 11
CELL = st.one_of(st.just(0), st.integers(1, 14), st.integers(15, 400))
LINES = st.lists(CELL, min_size=1, max_size=9).map(lambda cells: np.array(cells, np.int64))
SHAPES = st.sampled_from([(3, 4), (2, 2), (5, 2), (2, 3, 4), (3, 3, 3)])


@st.composite
def tables(draw: st.DrawFn) -> Any:
    """Draw people by cell, a line or a table of several axes."""
    if draw(st.booleans()):
        return draw(LINES)
    shape = draw(SHAPES)
    size = int(np.prod(shape))
    return np.array(draw(st.lists(CELL, min_size=size, max_size=size)), np.int64).reshape(shape)


def test_nobody_and_enough_may_be_told_and_what_lies_between_may_not() -> None:
    assert [few(number, LEAST) for number in (0, 1, 10, 11, 12)] == [False, True, True, False, False]
    assert few(np.array([0, 3, 11]), LEAST).tolist() == [False, True, False]
    assert apart(30, 30, LEAST)
    assert not apart(30, 20, LEAST)
    assert not any(few(number, 1) for number in range(5))


@pytest.mark.parametrize("held", [0, 1, 10])
@pytest.mark.parametrize("used", [0, 1, 10, 11, 500])
def test_a_refusal_tells_neither_how_many_nor_of_which_kind(used: int, held: int) -> None:
    said = set()
    for numbers in ((used, held), (3, 400), (400, 0)):
        with pytest.raises(StudyFailed) as refused:
            require_enough("all suppliers together have", *numbers, LEAST)
        said.add(str(refused.value))
    assert len(said) == 1


def test_enough_of_either_kind_are_not_refused() -> None:
    require_enough("they have", 11, 11, LEAST)
    require_enough("they have", 11, None, LEAST)
    require_enough("they have", 1, 0, 1)


@given(tables())
def test_what_the_told_cells_leave_of_any_line_is_of_enough_people_or_nobody(people: Any) -> None:
    hidden = hidden_cells([people], LEAST)
    assert hidden[few(people, LEAST)].all()
    for axis in range(people.ndim):
        rest = np.where(hidden, people, 0).sum(axis=axis)
        open_ = ~hidden.all(axis=axis)
        assert not few(rest, LEAST)[open_].any()
        if people.ndim > 1:
            assert (hidden.sum(axis=axis)[open_ & (rest > 0)] != 1).all()


@given(LINES)
def test_a_small_cell_of_a_line_may_have_any_small_number_for_all_that_is_told(people: Any) -> None:
    """Whoever knows the rule, the told cells and how many people all hidden ones have, learns no more."""
    hidden = hidden_cells([people], LEAST)
    small = hidden & (people < LEAST)
    told = people[~hidden & (people > 0)]
    if not few(people, LEAST).any() or not len(told):
        return
    ranges = [(0, LEAST - 1)] * (int(small.sum()) - 1)
    ranges += [(LEAST, int(told.min()))] * int((hidden & ~small).sum())
    for number in (0, LEAST - 1):
        rest = int(people[hidden].sum()) - number
        assert sum(low for low, _ in ranges) <= rest <= sum(high for _, high in ranges)


@given(tables(), st.data())
def test_people_moved_between_hidden_cells_change_nothing_that_is_told(people: Any, data: Any) -> None:
    """The law of the rule: fewer than ``LEAST`` moved among small cells, along lines, are not seen."""
    hidden = hidden_cells([people], LEAST)
    moved = people.copy()
    axis = data.draw(st.integers(0, people.ndim - 1))
    line = tuple(
        slice(None) if a == axis else data.draw(st.integers(0, n - 1)) for a, n in enumerate(people.shape)
    )
    if people.ndim > 1:  # two lines swap people, so that no sum changes
        other = tuple(
            slice(None) if a == axis else data.draw(st.integers(0, n - 1)) for a, n in enumerate(people.shape)
        )
    places = np.flatnonzero(people[line] < LEAST)
    if len(places) < 2 or not few(people, LEAST).any():
        return
    one, two = places[0], places[-1]
    number = data.draw(st.integers(0, int(min(people[line][one], LEAST - 1 - people[line][two]))))
    moved[line][one] -= number
    moved[line][two] += number
    if people.ndim > 1:  # two lines swap people, so that no sum changes
        if other == line or max(people[other][one], people[other][two]) >= LEAST:
            return
        number = min(number, int(people[other][two]), LEAST - 1 - int(people[other][one]))
        moved = people.copy()
        for here, sign in ((line, -1), (other, 1)):
            moved[here][one] += sign * number
            moved[here][two] -= sign * number
    if not few(moved, LEAST).any():
        return
    assert moved.sum() == people.sum()
    assert (hidden_cells([moved], LEAST) == hidden).all()
    assert (moved[~hidden] == people[~hidden]).all()


def test_empty_cells_are_hidden_beside_small_ones_and_told_beside_large_ones() -> None:
    assert hidden_cells([np.array([0, 500, 300])], LEAST).tolist() == [False, False, False]
    assert hidden_cells([np.array([0, 4, 300, 50, 20])], LEAST).tolist() == [True, True, False, False, True]
    assert hidden_cells([np.array([3, 4])], LEAST).all()
    assert not hidden_cells([np.array([0, 3, 4])], 1).any()


def test_a_fold_of_few_hides_the_cell_in_both() -> None:
    train, held = np.array([100, 200, 300, 150]), np.array([4, 30, 50, 40])
    assert hidden_cells([train, held], LEAST).tolist() == [True, True, False, False]


def test_a_small_cell_of_two_by_two_hides_all_four() -> None:
    assert hidden_cells([np.array([[300, 200], [250, 5]])], LEAST).all()


def test_where_nobody_can_be_nothing_is_hidden() -> None:
    never = np.array([True, False, False, False, False])
    found = hidden_cells([np.array([0, 4, 300, 50, 20])], LEAST, None, never)
    assert found.tolist() == [False, True, False, False, True]


SCORES = st.lists(st.integers(0, 30), min_size=1, max_size=40).map(lambda n: np.array(n, np.int64))


@given(SCORES, st.data())
def test_runs_hold_nobody_or_enough_people_of_each_kind_and_lose_nobody(one: Any, data: Any) -> None:
    cells = st.integers(0, 30)
    two = np.array(data.draw(st.lists(cells, min_size=len(one), max_size=len(one))), np.int64)
    runs = runs_of(LEAST, one, two)
    assert (np.diff(runs) >= 0).all()
    assert runs[0] == 0
    for kind in (one, two):
        found = in_runs(runs, kind)
        assert found.sum() == kind.sum()
        assert not few(found, LEAST).any() or len(found) == 1
    assert (runs_of(1, one, two) == np.arange(len(one))).all()


@given(st.integers(1, 10**6), st.integers(2, 100), st.floats(0, 1))
def test_steps_hold_enough_people_and_do_not_tell_how_many_there_are(
    people: int, least: int, value: float
) -> None:
    step = step_of(people, least)
    assert step >= min(least / people, 1) * (1 - 1e-9)
    digit = step / 10 ** np.floor(np.log10(step) + 1e-9)
    assert digit == pytest.approx(round(digit))
    assert abs(in_steps(value, step) - value) <= step / 2 + 1e-12
    low, high = outwards((value, value), step)
    assert low <= value + 1e-12
    assert high >= value - 1e-12


def test_the_rule_taken_out_tells_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    people = np.array([[300, 200], [250, 5]])
    monkeypatch.setattr(people_rule, "few", lambda number, least: np.zeros_like(number) > 0)
    assert not hidden_cells([people], LEAST).any()
    assert (runs_of(LEAST, people[1]) == [0, 1]).all()
    assert apart(30, 29, LEAST)
    assert step_of(100, LEAST) == 0
    require_enough("they have", 1, 0, LEAST)
