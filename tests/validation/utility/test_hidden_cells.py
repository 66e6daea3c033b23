"""What must not be shown of single columns, so that nobody can compute it from what is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.validation.utility.tables import SetCounts

MIN_CELL = 11


@st.composite
def counted(draw: st.DrawFn) -> SetCounts:
    """Draw the cells of a column, of rows that are persons or of persons in buckets."""
    n_cells = draw(st.integers(1, 8))
    cell = st.one_of(st.just(0), st.integers(1, 14), st.integers(15, 400))
    train = np.array(draw(st.lists(cell, min_size=n_cells, max_size=n_cells)), np.int64)
    made = np.array(draw(st.lists(cell, min_size=n_cells, max_size=n_cells)), np.int64)
    if not draw(st.booleans()):
        return SetCounts(("x",), made, train, train[::-1])
    masks = [draw(st.integers(1, 2**64 - 1)) if rows else 0 for rows in train.tolist()]
    buckets = np.array(masks, np.uint64)
    return SetCounts(("x",), made, train, train[::-1], (buckets, buckets[::-1]))


@given(counted())
def test_what_the_shown_cells_leave_is_of_enough_persons_or_all(found: SetCounts) -> None:
    hidden = found.hidden(MIN_CELL)
    each = found.people_each()
    assert hidden[(each > 0) & (each < MIN_CELL)].all()
    assert not hidden[found.train == 0].any()
    if hidden.any():
        assert found.people(hidden) >= MIN_CELL or not found.train[~hidden].any()


@given(counted())
def test_a_small_cell_may_have_any_small_number_of_persons_for_all_that_is_shown(found: SetCounts) -> None:
    """Whoever knows the rule that hides cells, and how many persons all hidden ones have, learns no more."""
    hidden, each = found.hidden(MIN_CELL), found.people_each()
    few = (each > 0) & (each < MIN_CELL)
    shown = each[~hidden & (found.train > 0)]
    if not few.any() or not len(shown):
        return
    ranges = [(1, MIN_CELL - 1)] * (int(few.sum()) - 1) + [(MIN_CELL, int(shown.min()))] * int(
        (hidden & ~few).sum()
    )
    for number in (1, MIN_CELL - 1):
        rest = int(each[hidden].sum()) - number
        assert sum(low for low, _ in ranges) <= rest <= sum(high for _, high in ranges)


def test_a_hidden_cell_next_to_a_shown_one_of_its_size_tells_nothing() -> None:
    train = np.array([0, 6, 13, 14, 60, 500])
    found = SetCounts(("x",), train, train, None)
    assert found.hidden(MIN_CELL).tolist() == [False, True, True, True, False, False]


@given(counted(), st.data())
def test_sums_that_may_be_shown_leave_no_small_cell(found: SetCounts, data: st.DataObject) -> None:
    """Whoever knows the shown cells and a sum over some cells learns of no group of few persons."""
    n_cells = len(found.train)
    cells = data.draw(st.lists(st.integers(0, n_cells - 1), unique=True, min_size=1))
    hidden = found.hidden(MIN_CELL)
    if found.may_be_shown(cells, MIN_CELL):
        inside = hidden[cells]
        assert inside.all() or not inside.any() or inside.sum() == hidden.sum()
        assert found.people(cells) >= MIN_CELL or not found.train[cells].any()


@given(counted())
def test_the_distance_is_a_function_of_what_is_shown(found: SetCounts) -> None:
    hidden = found.hidden(MIN_CELL)
    shares = [counts / max(counts.sum(), 1) for counts in (found.synthetic, found.train)]
    shown = np.abs(shares[0] - shares[1])[~hidden].sum()
    left = abs(sum(sign * share[hidden].sum() for sign, share in zip((1, -1), shares, strict=True)))
    assert found.told(MIN_CELL).distance == pytest.approx((shown + left) / 2)


def test_a_lone_small_cell_takes_the_next_smallest_with_it() -> None:
    train = np.array([0, 500, 10, 30, 200])
    found = SetCounts(("x",), train, train, None)
    assert found.hidden(MIN_CELL).tolist() == [False, False, True, True, False]
    assert not found.may_be_shown([3], MIN_CELL)
    assert not found.may_be_shown([1, 3], MIN_CELL)
    assert found.may_be_shown([2, 3], MIN_CELL)
    assert found.may_be_shown([1, 4], MIN_CELL)
    assert not found.hidden(1).any()


def test_where_all_are_few_all_is_hidden() -> None:
    few = SetCounts(("x",), np.array([3, 4]), np.array([3, 4]), None)
    assert few.hidden(MIN_CELL).all()
    assert few.told(MIN_CELL).distance == 0
