"""Columns of text as places in a list of texts that grows from batch to batch."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.preparation import text_encoder
from syncline.preparation.dictionary_memo import DictionaryMemo
from syncline.preparation.text_encoder import TextEncoder, decoded, is_encoded

cells = st.lists(st.none() | st.sampled_from(["", "a", "b", "é", " a"]), max_size=8)


@given(batches=st.lists(cells, max_size=5), max_texts=st.integers(0, 8))
def test_a_column_keeps_its_texts(batches: list[list[str | None]], max_texts: int) -> None:
    encoder = TextEncoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoder, "MAX_TEXTS", max_texts)
        for batch in batches:
            column = encoder.encode(pa.array(batch, pa.string()))
            assert decoded(column).to_pylist() == [text or None for text in batch]
            if is_encoded(column):
                assert len(column.dictionary) <= max(max_texts, 1)
                assert column.indices.null_count == 0


def test_a_column_of_many_texts_is_left_as_text() -> None:
    encoder = TextEncoder()
    few = encoder.encode(pa.array(["a", "b"]))
    many = encoder.encode(pa.array([str(number) for number in range(text_encoder.MAX_TEXTS)]))
    assert is_encoded(few)
    assert not is_encoded(many)
    assert not is_encoded(encoder.encode(pa.array(["a"])))


def test_long_texts_are_not_kept() -> None:
    column = pa.array(["a", "x" * text_encoder.MAX_TEXT_BYTES])
    assert not is_encoded(TextEncoder().encode(column))


def test_each_text_of_a_growing_dictionary_is_reckoned_once() -> None:
    reckoned: list[str] = []

    def reckon(texts: pa.Array) -> list[str]:
        reckoned.extend(texts.to_pylist())
        return [text.upper() for text in texts.to_pylist()]

    memo = DictionaryMemo(reckon, lambda one, two: one + two)
    assert memo.of(pa.array(["a", "b"])) == ["A", "B"]
    assert memo.of(pa.array(["a", "b"])) == ["A", "B"]
    assert memo.of(pa.array(["a", "b", "c"])) == ["A", "B", "C"]
    assert reckoned == ["a", "b", "c"]


def test_another_dictionary_is_reckoned_anew() -> None:
    memo = DictionaryMemo(lambda texts: texts.to_pylist(), lambda one, two: one + two)
    for texts in (["a", "b"], ["b", "a"], ["b"], [], ["c", "d"]):
        assert memo.of(pa.array(texts, pa.string())) == texts
