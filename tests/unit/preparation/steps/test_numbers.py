"""Numbers of every declared form are read exactly, in one way, and nothing else is read as a number."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import DataError, DocumentError
from syncline.preparation.steps.exact_numbers import read_decimal
from syncline.preparation.steps.number_form import Brackets, DecimalMark, LimitForm, NumberForm, ThousandsMark
from tests.unit.preparation.steps.slow_numbers import MARKS, values
from tests.unit.preparation.steps.stepping import AWKWARD, stepped, view_of

UNITS = ["", "$", "€", "EUR", "kr.", "Fr.", "%", "mg/dL", "10^9/L", "m2", "days", "day", "d", "E", "x"]
FACTORS = ["1", "0.01", "38.67", "7", "-1"]


@st.composite
def forms(draw: st.DrawFn) -> NumberForm:
    decimal = draw(st.sampled_from(DecimalMark))
    same = ThousandsMark.DOT if decimal is DecimalMark.POINT else ThousandsMark.COMMA
    thousands = draw(st.sampled_from([mark for mark in ThousandsMark if mark is not same]))
    units = draw(st.dictionaries(st.sampled_from(UNITS), st.sampled_from(FACTORS).map(Decimal), min_size=1))
    return NumberForm(
        decimal, thousands, draw(st.sampled_from(Brackets)), draw(st.sampled_from(LimitForm)), units
    )


@st.composite
def written(draw: st.DrawFn) -> tuple[NumberForm, str, Fraction]:
    """Return a form, a cell that is written in it, and the number that was written."""
    form = draw(forms())
    number = draw(st.decimals(-(10**9), 10**9, places=draw(st.integers(0, 4)), allow_nan=False))
    unit = draw(st.sampled_from(sorted(form.units)))
    digits, _, fraction = f"{abs(number):f}".partition(".")
    mark = MARKS.get(form.thousands, "")[:1]
    if mark and draw(st.booleans()):
        digits = f"{int(digits):,}".replace(",", mark)
    text = digits + (("." if form.decimal is DecimalMark.POINT else ",") + fraction if fraction else "")
    gap = draw(
        st.sampled_from([" ", "\u00a0"] if unit[:1].isdigit() or unit[-1:].isdigit() else ["", " ", "\u202f"])
    )
    text = draw(st.sampled_from([f"{unit}{gap}{text}", f"{text}{gap}{unit}"])) if unit else text
    if number.is_signed():
        ways = ["-{}", "- {}", "\u2212{}", *(["({})", "( {} )"] if form.brackets is Brackets.MINUS else [])]
        text = draw(st.sampled_from(ways)).format(text)
    return form, text, Fraction(number) * Fraction(form.units[unit])


@given(written())
def test_what_is_written_is_read(case: tuple[NumberForm, str, Fraction]) -> None:
    form, text, number = case
    found = form.read(text)
    assert found is not None, text
    assert Fraction(found) == number
    assert read_decimal(found) is not None


PIECES = [
    *"0123456789",
    *".,'()<>+- eE",
    "\u2212",
    "\u00a0",
    "\u2264",
    *filter(None, UNITS),
    "1,234",
    "00",
    "(",
]
cells = (
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
    | st.sampled_from(AWKWARD)
    | st.text(max_size=6)
)


@given(forms(), cells)
def test_a_cell_is_read_as_its_slow_description_says(form: NumberForm, text: str) -> None:
    meant, found = values(text, form), form.read(text)
    if found is None:
        assert not meant, (text, form)
    else:
        assert (None if found == "" else Fraction(found)) in meant
        assert len(meant) == 1 or "E" in form.units or len(form.units) > 1


@pytest.mark.parametrize(
    ("keys", "cells"),
    [
        (
            {"units": {"€": "1"}, "decimal": "comma", "thousands": "dot"},
            {"1.234,50 €": "1234.50", "€ -3,5": "-3.5", "-12 €": "-12", "1.234\u00a0€": "1234"},
        ),
        (
            {"units": {"$": "1"}, "thousands": "comma", "brackets": "minus"},
            {
                "$1,234.50": "1234.50",
                "($12.50)": "-12.50",
                "$(7)": "-7",
                "-$5": "-5",
                "$-5": "-5",
                "$0.00": "0.00",
            },
        ),
        ({"brackets": "minus"}, {"(12.5)": "-12.5", "12.5": "12.5", "(0)": "0", "12.5-": "-12.5"}),
        ({"units": {"%": "1"}}, {"12 %": "12", "12%": "12", "-.5%": "-0.5"}),
        ({"units": {"%": "0.01"}}, {"12 %": "0.12", "100%": "1"}),
        ({"units": {"mg/dL": "1", "mmol/L": "38.67"}}, {"5 mg/dL": "5", "5mmol/L": "193.35"}),
        (
            {"units": {"day": "1", "days": "1", "weeks": "7"}},
            {"1 day": "1", "30 days": "30", "2 weeks": "14"},
        ),
        ({"limits": "number"}, {"< 5": "5", ">=100": "100", "7": "7"}),
        ({"limits": "half"}, {"< 5": "2.5", "> 5": "5"}),
        ({"limits": "missing"}, {"<5": None, "5": "5"}),
        ({"units": {"10^9/L": "1"}}, {"4.5 10^9/L": "4.5"}),
        ({"thousands": "space", "decimal": "comma"}, {"1\u202f234,5": "1234.5"}),
    ],
)
def test_forms_of_hospital_files(keys: dict[str, object], cells: dict[str, str | None]) -> None:
    table = [{"a": cell, "b": None, "c": None} for cell in cells]
    found = stepped([{"step": "numbers", "columns": ["a"], **keys}], table)
    assert [row["a"] for row in found] == list(cells.values())


@pytest.mark.parametrize(
    ("keys", "cell"),
    [
        ({"units": {"$": "1"}}, "€5"),  # another currency is another number
        ({"units": {"kg": "1"}}, "5"),  # a number without its unit may be one of another
        ({"units": {"kg": "1", "lb": "0.45359237"}}, "5 kg lb"),
        ({}, "(5)"),
        ({"brackets": "minus"}, "(5"),
        ({"brackets": "minus"}, "(-5)"),
        ({}, "--5"),
        ({}, "-5-"),
        ({}, "1,234"),
        ({"thousands": "comma"}, "12,34"),
        ({"thousands": "comma"}, "1,2345"),
        ({"decimal": "comma", "thousands": "dot"}, "1.5"),
        ({}, "< 5"),
        ({}, "5 6"),
        ({}, ""),
        ({}, "."),
        ({}, "e5"),
        ({}, "٣"),
        ({}, "9" * 1001),
    ],
)
def test_what_is_in_no_declared_form_stops_and_names_the_row(keys: dict[str, object], cell: str) -> None:
    step = {"step": "numbers", "columns": ["a"], **keys}
    table = [{"a": None, "b": "x", "c": None}, {"a": cell or " ", "b": None, "c": None}]
    with pytest.raises(DataError) as caught:
        stepped([{"step": "filter", "column": "c", "present": "false"}, step], table)
    assert "steps[1].numbers: row 2, column 'a' holds a cell that is no number of the form declared" in str(
        caught.value
    )
    assert cell not in str(caught.value) or len(cell) < 4
    assert stepped([{**step, "unlisted": "keep"}], table)[1]["a"] == (cell or " ")
    assert stepped([{**step, "unlisted": "missing"}], table)[1]["a"] is None


def test_the_row_that_is_named_is_the_source_s_behind_steps_that_leave_rows_out() -> None:
    table = [{"a": str(k), "b": None, "c": "x" if k % 3 else None} for k in range(40)]
    table[31]["a"] = "n/a"
    steps: list[dict[str, object]] = [
        {"step": "filter", "column": "c", "present": "true"},
        {"step": "range", "columns": ["a"], "low": "10", "outside": "reject"},
        {"step": "numbers", "columns": ["a"]},
    ]
    for batch_rows in (1, 7, 100):
        with pytest.raises(DataError, match=r"steps\[2\].numbers: row 32, column 'a'"):
            stepped(steps, table, batch_rows)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"units": {}}, "must list 1 to 200 units"),
        ({"units": {"-": "1"}}, "must name units"),
        ({"units": {"e5": "1"}}, "must name units"),
        ({"units": {"100 g": "1"}}, "must name units"),
        ({"units": {"(x": "1"}}, "must name units"),
        ({"units": {"x" * 65: "1"}}, "must name units"),
        ({"units": {"kg": "0"}}, "by zero"),
        ({"units": {"kg": "x"}}, "must be a number"),
        ({"units": {"kg": "1", " kg": "2"}}, "twice"),
        ({"units": {f"u{'x' * k}": "1" for k in range(201)}}, "must (list 1 to 200|name) units"),
        ({"decimal": "comma", "thousands": "comma"}, "one mark for fractions and for thousands"),
        ({"thousands": "lakh"}, "none, comma, dot, space"),
        ({"currency": "$"}, "currency is not a known key"),
    ],
)
def test_a_form_that_could_be_read_in_two_ways_is_refused(keys: dict[str, object], message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        view_of([{"step": "numbers", "columns": ["a"], **keys}], [])


def test_long_cells_and_many_units_take_no_time() -> None:
    form = NumberForm(
        thousands=ThousandsMark.SPACE,
        brackets=Brackets.MINUS,
        limits=LimitForm.HALF,
        units={f"unit{chr(97 + k % 26)}{chr(97 + k // 26)}": Decimal(1) for k in range(200)},
    )
    start = time.process_time()
    for text in ("9" * 10**6, " " * 10**6 + "x", "1 " * 499, "-" * 999, "(" * 999, "1 234 " * 160 + "x"):
        assert form.read(text) is None
    assert time.process_time() - start < 2
