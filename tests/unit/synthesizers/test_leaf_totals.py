"""Leaves that back off from small counts still have, together, the shares of the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.synthesizers.leaf_draws import raked_shares


@given(
    counts=st.lists(st.lists(st.integers(0, 60), min_size=3, max_size=3), min_size=1, max_size=6).filter(
        lambda rows: all(sum(row) for row in rows)
    ),
    shift=st.floats(0.02, 0.2),
)
def test_leaves_together_have_the_shares_of_the_root(counts: list[list[int]], shift: float) -> None:
    """However the small-count rule bends each leaf, codes are drawn as often as they were counted."""
    leaves = np.array(counts, np.float64)
    sizes, whole = leaves.sum(axis=1), leaves.sum(axis=0) / leaves.sum()
    bent = leaves / sizes[:, None] * (1 - shift) + shift / 3
    raked = raked_shares(bent, sizes, whole)
    assert raked.sum(axis=1) == pytest.approx(1.0)
    drawn = (raked * sizes[:, None]).sum(axis=0) / sizes.sum()
    before = (bent * sizes[:, None]).sum(axis=0) / sizes.sum()
    assert np.abs(drawn - whole).max() <= max(0.02, 0.5 * np.abs(before - whole).max())
    assert (raked[:, whole == 0] == 0).all()
