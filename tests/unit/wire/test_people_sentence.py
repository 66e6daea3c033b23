"""Whatever is to be said to people, the other side takes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.wire.people_sentence import people_sentence
from syncline.wire.strict import MAX_SENTENCE, sentence


@given(st.text(st.characters(codec=None), max_size=40).map(lambda text: text * 60))
def test_every_text_becomes_a_sentence_that_is_accepted(text):
    made = people_sentence(text)
    assert sentence("reason", made) == made


def test_a_short_one_line_text_stays_as_it_is():
    assert people_sentence("north did not answer") == "north did not answer"
    assert people_sentence("x" * MAX_SENTENCE) == "x" * MAX_SENTENCE


def test_a_cut_is_shown():
    assert people_sentence("x" * 1001).endswith("x ...")


@pytest.mark.parametrize("most", range(12, 26))
def test_a_cut_comes_between_words(most: int) -> None:
    text = "north did not answer in time"
    kept = people_sentence(text, most)
    assert len(kept) <= most
    assert text.startswith(f"{kept.removesuffix(' ...')} ")
