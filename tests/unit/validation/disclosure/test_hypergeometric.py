from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from syncline.validation.disclosure.hypergeometric import exactly_one, hypergeometric


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_law_is_the_one_of_scipy(people: int, marked: int, drawn: int) -> None:
    marked, drawn = min(marked, people), min(drawn, people)
    expected = stats.hypergeom(people, marked, drawn).pmf(np.arange(drawn + 1))
    assert hypergeometric(people, marked, drawn) == pytest.approx(expected, abs=1e-12)


@given(st.integers(1, 60), st.integers(0, 60))
def test_exactly_one_is_the_laws_second_entry(people: int, drawn: int) -> None:
    drawn, marked = min(drawn, people), np.arange(people + 1)
    expected = stats.hypergeom(people, marked, drawn).pmf(1)
    assert exactly_one(people, marked, drawn) == pytest.approx(expected, abs=1e-12)
