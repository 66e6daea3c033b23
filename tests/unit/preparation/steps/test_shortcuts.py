"""What a rule for whole columns reaches, it treats as the function of a single text would."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.preparation.steps.cells import Change, Shortcut, TextMap
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.shortcuts import (
    leave_all_but_codes,
    leave_ascii,
    leave_plain,
    lower_ascii,
    point_for_comma,
    upper_ascii,
)
from syncline.preparation.steps.text_forms import Thousands, point_writer, without_accents
from tests.unit.preparation.steps.stepping import AWKWARD

NUMERIC = st.text("0123456789+-.,eE '\u00a0", min_size=1, max_size=9)
TEXTS = st.lists(
    st.none() | st.sampled_from(AWKWARD).filter(bool) | NUMERIC | st.text(min_size=1, max_size=5)
)
MARKS = {"none": None, "dot": r"\.", "space": "[ \u00a0\u202f\u2009]", "apostrophe": "['\u2019]"}


def changed(texts: list[str | None], change: Change, shortcut: Shortcut | None) -> list[str | None]:
    column = pa.array([None, *texts, "x"], pa.string()).slice(1, len(texts))
    return TextMap(change, shortcut).of(column).to_pylist()


@pytest.mark.parametrize(
    ("change", "shortcut"),
    [
        (str.strip, leave_plain),
        (str.lower, lower_ascii),
        (str.upper, upper_ascii),
        (without_accents, leave_ascii),
        *((point_writer(Thousands(word)), point_for_comma(mark)) for word, mark in MARKS.items()),
    ],
)
@given(texts=TEXTS)
def test_a_rule_is_the_function_of_each_text(
    change: Change, shortcut: Shortcut, texts: list[str | None]
) -> None:
    assert changed(texts, change, shortcut) == changed(texts, change, None)


@st.composite
def written(draw: st.DrawFn, number: Decimal) -> str:
    """Return one of the many ways to write a number."""
    shift = draw(st.integers(-4, 4))
    digits = format(number.scaleb(-shift) if shift else number, "f")
    point = "" if "." in digits else draw(st.sampled_from(["", "."]))
    zeros = "0" * draw(st.integers(0, 2)) if "." in digits or point else ""
    sign = "-" if number < 0 else draw(st.sampled_from(["", "+"]))
    leading = "0" * draw(st.integers(0, 2))
    exponent = f"{draw(st.sampled_from('eE'))}{shift}" if shift else ""
    pad = draw(st.sampled_from(["", " "]))
    return f"{pad}{sign}{leading}{digits.lstrip('-')}{point}{zeros}{exponent}"


@given(st.data())
def test_a_code_is_found_however_it_is_written(data: st.DataObject) -> None:
    numbers = st.decimals(-999, 999, places=data.draw(st.integers(0, 2)))
    chosen = data.draw(st.lists(numbers, min_size=1, max_size=3, unique=True))
    codes = CodeList({format(number, "f"): True for number in chosen})
    shortcut = leave_all_but_codes(codes.labels, codes.numbers)
    texts = [data.draw(written(number)) for number in chosen] + ["1", "x"]
    found = changed(texts, lambda text: None if codes.find(text) else text, shortcut)
    assert found[: len(chosen)] == [None] * len(chosen)
    assert found == [None if codes.find(text) else text for text in texts]
