"""Two texts that look alike are one label, and a label is on one line."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.cell_text import normal_text, unseen_cells
from syncline.data.labels import invisible_twins, is_printable_line, normal_label
from tests.unit.preparation.seen_text import seen_text

TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\u200b\u200c\u200d\n\t\u2028 \u3000\u00e9")
)


@given(TEXTS)
def test_a_label_is_a_printable_line_and_stays_as_it_is(text: str) -> None:
    label = normal_label(text)
    assert is_printable_line(label)
    assert normal_label(label) == label == seen_text(text)


@given(st.lists(TEXTS, max_size=5))
def test_whole_columns_become_the_same_labels(texts: list[str]) -> None:
    assert normal_text(pa.array(texts, pa.string())).to_pylist() == [normal_label(text) for text in texts]


@pytest.mark.parametrize(
    "text", ["a\u200b", "a\nb", "\u202ea", "a\u200db", "\u200d\u00e9", "a\x07", "\ud800"]
)
def test_what_is_not_seen_or_breaks_the_line_is_not_printable(text: str) -> None:
    assert not is_printable_line(text)


def test_twins_are_labels_that_differ_only_by_what_is_not_seen() -> None:
    assert invisible_twins(["A", "A\u200b", "B", " A "]) == {"A": ["A", "A\u200b"]}
    assert unseen_cells(pa.array(["A", "A\u200b", None, "B\n", "x\ny", "x\ny"])) == 3
    joined = ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f469"]
    assert unseen_cells(pa.array(joined)) == 0  # joiners between signs beyond ASCII are spelling
