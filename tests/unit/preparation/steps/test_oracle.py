"""Every step does, at every batch size, what its slow description says of every row."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.preparation import text_encoder
from syncline.preparation.steps.number_form import DecimalMark, NumberForm, ThousandsMark
from syncline.preparation.steps.vocabulary import STEPS
from tests.unit.preparation.steps import slow_numbers
from tests.unit.preparation.steps import slow_steps as slow
from tests.unit.preparation.steps.slow_steps import Row, Rows
from tests.unit.preparation.steps.stepping import NAMES, entered, rows, stepped

Case = tuple[str, dict[str, object], Callable[[Rows], Rows]]

KEY = "a key of the tests, long enough"


def dates(text: str) -> str:
    found = slow.mixed_day(text)
    return text if found is None else found.isoformat()


COMMA = NumberForm(DecimalMark.COMMA, ThousandsMark.DOT)
DOUBLED = NumberForm(units={"": Decimal(2), "x": Decimal(3)})


def number_of(form: NumberForm) -> Callable[[str], str | None]:
    """Return what writes the one number that a cell may be, as far as the step writes it."""

    def write(text: str) -> str | None:
        found = slow_numbers.values(text, form)
        assert len(found) < 2
        return form.read(text) if found else None

    return write


def filled(table: Rows) -> Rows:
    rule = slow.recoded({"7": "seven", "?": ""}, "keep")
    cells = ((row, row["a"]) for row in table)
    return [
        {**row, "a": "none" if not slow.label(text or "") else rule(text or "") or None}
        for row, text in cells
    ]


def split(table: Rows) -> Rows:
    return [
        {**row, "d": slow.part(row["a"], 0) or None, "e": slow.part(row["a"], 1) or None} for row in table
    ]


def joined(row: Row) -> str | None:
    present = [text for text in (row["b"], row["a"]) if text is not None]
    return "+".join(present) if present else None


def band(text: str) -> str | None:
    value = slow.number(text)
    return None if value is None else "low" if value < 1 else "mid" if value < 100 else "high"


def turned(text: str) -> str:
    value = slow.number(text)
    return text if value is None else slow.plain(11 - value)


def swapped(text: str) -> str:
    return "f" if slow.same_code(text, "7") else "7" if slow.same_code(text, "f") else text


def ratio(one: Fraction, other: Fraction) -> Fraction | None:
    return one / other if other else None


def equal(row: Row) -> str | None:
    text = row["a"]
    return None if text is None else str(slow.same_code(text, "7")).lower()


LONG = ["a", "b", "c"]
FORMATS = ["YYYY-MM-DD", "YYYYMMDD", "DD.MM.YYYY", "MM/YYYY", "YYYY"]
RECODE = {"7": "seven", "?": "", "e\u0301": "acute"}
CASES: list[Case] = [
    ("trim", {}, slow.cells(lambda text: text.strip())),
    ("trim", {"columns": ["b"]}, slow.cells(lambda text: text.strip(), "b")),
    ("missing", {"codes": ["-9", "?", "é"]}, slow.cells(slow.codes_missing("-9", "?", "é"))),
    ("missing", {"codes": ["7.0"], "columns": ["a"]}, slow.cells(slow.codes_missing("7.0"), "a")),
    (
        "range",
        {"columns": ["a", "b"], "low": "0", "high": "100", "outside": "missing"},
        slow.cells(lambda text: None if slow.outside(text, 0, 100) else text, "a", "b"),
    ),
    (
        "range",
        {"columns": ["a", "b"], "low": "0", "high": "100", "outside": "reject"},
        slow.kept(lambda row: not any(slow.outside(row[name], 0, 100) for name in "ab")),
    ),
    (
        "range",
        {"columns": ["a"], "low": "2000-01-01", "high": "2020-03-01", "outside": "reject"},
        slow.kept(lambda row: not slow.outside_days(row["a"], "2000-01-01", "2020-03-01")),
    ),
    (
        "unparsable",
        {"columns": ["a"], "kind": "number", "then": "missing"},
        slow.cells(lambda text: text if slow.number(text) is not None else None, "a"),
    ),
    (
        "unparsable",
        {"columns": ["a"], "kind": "integer", "then": "reject"},
        slow.kept(lambda row: row["a"] is None or slow.is_whole(row["a"])),
    ),
    (
        "unparsable",
        {"columns": ["a"], "kind": "date", "then": "missing"},
        slow.cells(lambda text: text if slow.day(text) else None, "a"),
    ),
    ("duplicates", {}, slow.once()),
    ("duplicates", {"by": ["a", "c"]}, slow.once("a", "c")),
    ("filter", {"column": "a", "equals": "7"}, slow.kept(lambda row: slow.same_code(row["a"] or "", "7"))),
    (
        "filter",
        {"column": "a", "in": ["7", "?"]},
        slow.kept(lambda row: any(slow.same_code(row["a"] or "", code) for code in "7?")),
    ),
    (
        "filter",
        {"column": "a", "not_in": ["7", "?"]},
        slow.kept(lambda row: not any(slow.same_code(row["a"] or "", code) for code in "7?")),
    ),
    (
        "filter",
        {"column": "a", "at_least": "7"},
        slow.kept(lambda row: slow.number(row["a"]) is not None and slow.number(row["a"]) >= 7),
    ),
    (
        "filter",
        {"column": "a", "at_most": "2020-03-01"},
        slow.kept(lambda row: slow.day(row["a"]) is not None and str(slow.day(row["a"])) <= "2020-03-01"),
    ),
    ("filter", {"column": "a", "present": "true"}, slow.kept(lambda row: row["a"] is not None)),
    ("filter", {"column": "a", "present": "false"}, slow.kept(lambda row: row["a"] is None)),
    ("recode", {"columns": LONG, "codes": RECODE}, slow.cells(slow.recoded(RECODE, "keep"))),
    (
        "recode",
        {"columns": ["a"], "codes": RECODE, "unlisted": "missing"},
        slow.cells(slow.recoded(RECODE, "missing"), "a"),
    ),
    ("recode", {"columns": ["a"], "codes": {"7": "seven", "?": "", "": "none"}}, filled),
    (
        "units",
        {"columns": ["a"], "factor": "0.02586", "decimals": "2"},
        slow.cells(slow.converted(Fraction("0.02586"), Fraction(0), 2), "a"),
    ),
    (
        "units",
        {"columns": ["a"], "from": "inch", "to": "cm", "decimals": "1"},
        slow.cells(slow.converted(Fraction("2.54"), Fraction(0), 1), "a"),
    ),
    (
        "dates",
        {"columns": LONG, "formats": FORMATS, "day": "middle", "month": "last"},
        slow.cells(dates),
    ),
    (
        "dates",
        {"columns": ["a"], "formats": ["YYYY-MM"], "day": "last"},
        slow.cells(slow.last_of_month, "a"),
    ),
    ("spans", {"columns": LONG, "form": "h:mm"}, slow.cells(slow.span(60))),
    ("spans", {"columns": ["a"], "form": "m:ss", "unlisted": "keep"}, slow.cells(slow.span(1), "a")),
    ("case", {"columns": LONG, "to": "lower"}, slow.cells(lambda text: text.lower())),
    ("case", {"columns": LONG, "to": "upper"}, slow.cells(lambda text: text.upper())),
    ("accents", {"columns": LONG}, slow.cells(slow.accents_gone)),
    ("decimal_comma", {"columns": LONG, "thousands": "dot"}, slow.cells(slow.comma_gone)),
    (
        "numbers",
        {"columns": LONG, "decimal": "comma", "thousands": "dot", "unlisted": "missing"},
        slow.cells(number_of(COMMA)),
    ),
    (
        "numbers",
        {"columns": ["a", "b"], "units": {"": "2", "x": "3"}, "unlisted": "keep"},
        slow.cells(lambda text: number_of(DOUBLED)(text) or text, "a", "b"),
    ),
    (
        "rename",
        {"columns": {"a": "b", "b": "a"}},
        lambda table: [{"b": row["a"], "a": row["b"], "c": row["c"]} for row in table],
    ),
    ("drop", {"columns": ["b"]}, lambda table: [{"a": row["a"], "c": row["c"]} for row in table]),
    ("split", {"column": "a", "separator": "-", "into": ["d", "e"]}, split),
    (
        "combine",
        {"columns": ["b", "a"], "into": "d", "how": "join", "separator": "+"},
        slow.added("d", joined),
    ),
    (
        "combine",
        {"columns": ["b", "a"], "into": "d", "how": "first"},
        slow.added("d", lambda row: row["b"] if row["b"] is not None else row["a"]),
    ),
    (
        "derive",
        {"into": "d", "operation": "sum", "from": LONG},
        slow.added("d", lambda row: slow.reckoned(row, "abc", lambda x, y, z: x + y + z, None)),
    ),
    (
        "derive",
        {"into": "d", "operation": "difference", "from": ["a", "b"], "decimals": "1"},
        slow.added("d", lambda row: slow.reckoned(row, "ab", lambda x, y: x - y, 1)),
    ),
    (
        "derive",
        {"into": "d", "operation": "product", "from": ["a", "b"]},
        slow.added("d", lambda row: slow.reckoned(row, "ab", lambda x, y: x * y, None)),
    ),
    (
        "derive",
        {"into": "d", "operation": "ratio", "from": ["b", "c"], "decimals": "3"},
        slow.added("d", lambda row: slow.reckoned(row, "bc", ratio, 3)),
    ),
    (
        "derive",
        {"into": "d", "operation": "log", "from": ["a"], "decimals": "6"},
        slow.added("d", lambda row: slow.log(row, 0)),
    ),
    (
        "derive",
        {"into": "d", "operation": "log1p", "from": ["a"], "decimals": "6"},
        slow.added("d", lambda row: slow.log(row, 1)),
    ),
    ("derive", {"into": "d", "operation": "years", "from": ["a", "b"]}, slow.added("d", slow.age)),
    ("derive", {"into": "d", "operation": "equals", "from": ["a"], "value": "7"}, slow.added("d", equal)),
    ("derive", {"into": "d", "operation": "constant", "value": "north"}, slow.added("d", lambda _: "north")),
    ("reverse", {"columns": ["a", "b"], "low": "1", "high": "10"}, slow.cells(turned, "a", "b")),
    ("reverse", {"columns": ["a"], "swap": ["7", "f"]}, slow.cells(swapped, "a")),
    ("bands", {"column": "a", "cuts": ["1", "100"], "labels": ["low", "mid", "high"]}, slow.cells(band, "a")),
    (
        "bands",
        {"column": "a", "into": "d", "cuts": ["1", "100"], "labels": ["low", "mid", "high"]},
        slow.added("d", lambda row: None if row["a"] is None else band(row["a"])),
    ),
    (
        "pseudonym",
        {"columns": ["a"], "key_env": "SYNCLINE_TEST_KEY"},
        slow.cells(slow.keyed(KEY.encode()), "a"),
    ),
]


@pytest.fixture(autouse=True, scope="module")
def key() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNCLINE_TEST_KEY", KEY)
        yield


@pytest.mark.parametrize(
    ("word", "keys", "oracle"), CASES, ids=[f"{n}-{word}" for n, (word, *_) in enumerate(CASES)]
)
@settings(max_examples=30)
@given(table=rows, batch_rows=st.integers(1, 13), max_texts=st.sampled_from([text_encoder.MAX_TEXTS, 0, 3]))
def test_a_step_does_what_its_description_says_however_a_column_is_held(
    word: str,
    keys: dict[str, object],
    oracle: Callable[[Rows], Rows],
    table: Rows,
    batch_rows: int,
    max_texts: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoder, "MAX_TEXTS", max_texts)
        assert stepped([{"step": word, **keys}], table, batch_rows) == oracle(entered(table))


def test_every_step_but_the_one_that_reads_a_file_has_a_case() -> None:
    assert {word for word, *_ in CASES} == STEPS.keys() - {"exclude_persons"}
    assert len(NAMES) == 3


@given(table=rows, sizes=st.lists(st.integers(1, 13), min_size=2, max_size=3))
def test_batches_leave_no_trace_on_a_whole_chain(table: Rows, sizes: list[int]) -> None:
    steps: list[dict[str, object]] = [
        {"step": "trim"},
        {"step": "missing", "codes": ["-9", "?"]},
        {"step": "dates", "columns": ["b"], "formats": FORMATS},
        {"step": "duplicates"},
        {"step": "unparsable", "columns": ["a"], "kind": "number", "then": "reject"},
        {"step": "duplicates", "by": ["b"]},
    ]
    results = [stepped(steps, table, size) for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoder, "MAX_TEXTS", 3)
        results += [stepped(steps, table, size) for size in sizes]
    assert all(result == results[0] for result in results)
