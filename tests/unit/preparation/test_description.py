"""A description holds nothing that fewer than ``min_cell`` persons hold, against a naive count."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import defaultdict
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.grid import Grid
from syncline.data.inference import infer
from syncline.data.kinds import FREE_KINDS, Kind, Role
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.preparation import column_survey
from syncline.preparation.description import TableDescription, describe_table, rounded
from syncline.preparation.description_draft import STAYS, as_document, as_yaml
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.range_rounding import simple_bounds
from syncline.sources.memory import TableSource

LABELS = [f"w{letter}w" for letter in "abcdefgh"]
Row = tuple[int, str, int]


def described(
    columns: dict[str, Sequence[object]], person: str | None = "who", min_cell: int = 3, batch_rows: int = 100
) -> TableDescription:
    table = pa.table({name: pa.array(list(values)) for name, values in columns.items()})
    return describe_table(TableSource(table, "t.csv"), "heart", person, min_cell, batch_rows)


def column(found: TableDescription, name: str):
    return next(one for one in found.columns if one.variable.name == name)


def holders(rows: Sequence[Row], place: int) -> dict[object, set[int]]:
    """Return the persons who hold each value: the naive count."""
    found = defaultdict(set)
    for row in rows:
        found[row[place]].add(row[0])
    return found


def beyond(rows: Sequence[Row], edge: float, sign: int) -> int:
    return len({who for who, _, value in rows if sign * value >= sign * edge})


tables = st.lists(
    st.tuples(st.integers(0, 14), st.sampled_from(LABELS), st.integers(-60, 4000)), min_size=1, max_size=70
)


@given(tables, st.integers(1, 6), st.booleans(), st.integers(1, 9))
def test_nothing_that_too_few_persons_hold_is_said(rows, min_cell, by_person, batch_rows):
    if not by_person:
        rows = [(number, label, value) for number, (_, label, value) in enumerate(rows)]
    columns = {"label": [r[1] for r in rows], "value": [str(r[2]) for r in rows]}
    if by_person:
        columns["who"] = [f"p{r[0]}" for r in rows]
    found = described(columns, "who" if by_person else None, min_cell, batch_rows)
    draft = as_yaml(found)
    assert Schema.from_yaml(draft) == found.schema
    said = draft + json.dumps(as_document(found))
    held = holders(rows, 1)
    rare = {label for label, persons in held.items() if len(persons) < min_cell}
    assert not [label for label in rare if label in said]
    if len({persons for row in rows for persons in (row[0],)}) >= min_cell and len(held) > len(rare):
        assert set(column(found, "label").variable.categories) == set(held) - rare
        withheld = column(found, "label").withheld
        assert (withheld.categories if withheld else 0) == len(rare)
        if rare:
            crowd = len(set().union(*(held[label] for label in rare)))
            assert withheld.persons == rounded(crowd, min_cell)
    bounds = column(found, "value").variable.range
    if bounds is not None:
        check_edges(rows, bounds, min_cell)


def check_edges(rows, bounds, min_cell):
    """The edges are those of a naive count, rounded outward by less than a tenth of the span between."""
    values = sorted({row[2] for row in rows})
    low = min(value for value in values if beyond(rows, value, -1) >= min_cell)
    high = max(value for value in values if beyond(rows, value, 1) >= min_cell)
    span = high - low
    assert low - max(span / 10, 1) < bounds[0] <= low
    assert high <= bounds[1] < high + max(span / 10, 1)
    assert bounds == simple_bounds(Grid(Kind.INTEGER), low, high)


@given(
    st.lists(st.integers(0, 1000), min_size=12, max_size=40),
    st.lists(st.integers(1001, 10**9), min_size=2, max_size=2),
    st.lists(st.integers(1001, 10**9), min_size=2, max_size=2),
)
def test_the_few_outermost_persons_do_not_move_an_edge(values, some, others):
    drafts = []
    for outermost in (some, others):
        everyone = [*values, *outermost, *(-value for value in outermost)]
        columns = {"who": range(len(everyone)), "value": everyone}
        drafts.append(as_yaml(described(columns)))
    assert drafts[0] == drafts[1]


@given(
    st.lists(st.sampled_from(["1", "2.5", "3.25", "n", "2020-01-01"]), min_size=6, max_size=6),
    st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=2),
)
def test_odd_cells_of_a_few_persons_are_neither_shown_nor_decide_a_kind(common, odd):
    values = [text for text in common for _ in range(3)] + [f"zz{text}zz" for text in odd]
    plain = column(described({"who": range(18), "x": values[:18]}), "x").variable
    found = described({"who": range(20), "x": values})
    assert column(found, "x").variable.kind == plain.kind
    assert "zz" not in as_yaml(found) + json.dumps(as_document(found))


def test_a_person_with_many_rows_counts_once():
    found = described(
        {"who": [1] * 30 + [2] * 30 + [3], "x": ["rare"] * 60 + ["rare"], "y": ["a"] * 60 + ["b"]}
    )
    assert column(found, "x").variable.categories == ("rare",)
    assert column(found, "y").variable.kind is Kind.TEXT
    assert column(found, "y").reason == "no category is held by 3 persons"


def test_an_id_written_in_two_ways_is_one_person():
    found = described({"who": ["7", "007", "7.0", "8", "9"], "x": ["a", "a", "a", "b", "b"], "y": ["c"] * 5})
    assert column(found, "x").variable.kind is Kind.TEXT
    assert column(found, "y").variable.categories == ("c",)


def test_counts_are_rounded_and_small_ones_left_out():
    assert [rounded(count, 11) for count in (0, 10, 11, 14, 15, 104, 105)] == [
        None,
        None,
        10,
        10,
        20,
        100,
        110,
    ]
    assert [rounded(count, 1) for count in (1, 4, 5)] == [None, None, 10]
    found = described({"x": ["a"] * 104 + ["b"] * 12 + ["NA"] * 44}, None, 11)
    assert column(found, "x").categories == {"a": 100, "b": 10}
    assert (column(found, "x").missing_percent, found.rows) == (25, 160)
    assert column(found, "x").variable.missing == ("NA",)
    said = as_yaml(found)
    assert "# rows: a 100, b 10\n" in said
    assert "each row counts as a person" in said


def test_missing_cells_and_codes_of_a_few_persons_are_not_told_from_none():
    few = described({"who": range(40), "x": ["a"] * 38 + ["?", ""]})
    none = described({"who": range(40), "x": ["a"] * 40})
    assert as_yaml(few) == as_yaml(none)
    assert "missing: none, or of fewer than 3 persons" in as_yaml(few)


@pytest.mark.parametrize(
    ("values", "kind", "decimals", "bounds"),
    [
        ([str(n) for n in range(100)] * 2, Kind.INTEGER, None, (0, 100)),
        ([n + 0.25 for n in range(100)], Kind.CONTINUOUS, 2, (0.0, 100.0)),
        ([f"{n}.5" for n in range(97)] + ["1.123456"] * 2, Kind.CONTINUOUS, 1, (0.0, 95.0)),
        ([n / 3 for n in range(100)], Kind.CONTINUOUS, None, (0.0, 34.0)),
        (
            [f"2020-{1 + n % 12:02}-15" for n in range(60)],
            Kind.DATE,
            None,
            (dt.date(2020, 1, 1), dt.date(2020, 12, 31)),
        ),
        (
            [f"{2000 + n}-06-15" for n in range(20)],
            Kind.DATE,
            None,
            (dt.date(2002, 1, 1), dt.date(2017, 12, 31)),
        ),
        ([f"{n % 24:02}:30" for n in range(96)], Kind.TIME, None, (dt.time(0), dt.time(23, 59, 59, 999999))),
        (
            ["2020-01-01 12:00:00", "2020-01-02 12:00:00"] * 20,
            Kind.DATETIME,
            None,
            (dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 2, 23, 59, 59)),
        ),
        (["true", "false", "TRUE"] * 10, Kind.BOOLEAN, None, None),
        ([f"{n:05}" for n in range(60)], Kind.IDENTIFIER, None, None),
        ([f"a long story about {n}" for n in range(150)] * 2, Kind.TEXT, None, None),
        ([5] * 20, Kind.INTEGER, None, (5, 5)),
        ([1, 1, 2, 2, 2, 3], Kind.INTEGER, None, (2, 2)),
        ([1, 2, 3, 4, 5], Kind.INTEGER, None, None),
        ([1, 2, 3], Kind.INTEGER, None, None),
        ([1, 2, None, None], Kind.TEXT, None, None),
    ],
)
def test_each_kind_has_its_grid_and_simple_edges(values, kind, decimals, bounds):
    found = described({"x": values}, None)
    assert Schema.from_yaml(as_yaml(found)) == found.schema
    variable = column(found, "x").variable
    assert (variable.kind, variable.decimals, variable.range) == (kind, decimals, bounds)


def test_truth_values_are_counted_however_they_are_written():
    values = ["true"] * 20 + ["TRUE"] * 21 + ["False", "false", "FALSE"]
    assert column(described({"x": values}, None), "x").categories == {"false": None, "true": 40}
    assert column(described({"x": values * 5}, None), "x").categories == {"false": 20, "true": 210}


def test_a_value_that_one_person_holds_is_no_edge_of_a_range_of_nothing():
    """With five persons the third from either end is the same one: its value would be published."""
    found = described({"x": [1, 2, 3, 4, 5]}, None)
    assert "range" not in as_yaml(found).split("variables:")[1].replace("no range", "")


def test_a_column_of_more_texts_than_are_kept_holds_no_categories(monkeypatch):
    monkeypatch.setattr(column_survey, "MAX_TEXTS", 20)
    found = described({"x": [f"t{n % 30}" for n in range(300)], "y": ["a", "b"] * 150}, None)
    assert column(found, "x").variable.kind in FREE_KINDS
    assert column(found, "y").variable.categories == ("a", "b")


def test_the_person_is_named_and_free_text_never_shown():
    story = [f"was seen by Dr. Q{n % 7} for the {n}th time" for n in range(150)]
    found = described({"who": range(150), "story": story, "age": [40] * 150})
    said = as_yaml(found) + json.dumps(as_document(found))
    assert column(found, "who").variable.role is Role.PERSON
    assert "Dr." not in said
    assert STAYS in said


def test_the_persons_are_those_before_pseudonyms(monkeypatch):
    monkeypatch.setenv("SYNCLINE_TEST_KEY", "k" * 40)
    steps = "syncline: 1\nsteps:\n  - {step: pseudonym, columns: [who], key_env: SYNCLINE_TEST_KEY}\n"
    table = pa.table({"who": ["7", "007", "7.0", "8", "9"], "x": ["a", "a", "a", "b", "b"]})
    view = prepared_view(TableSource(table, "t.csv"), Preparation.from_yaml(steps))
    found = describe_table(view, "heart", "who", 3)
    assert column(found, "x").variable.kind is Kind.TEXT


def test_the_draft_is_the_same_for_every_size_of_batch():
    values = [f"{n * 37 % 41}" for n in range(120)]
    columns = {"who": [n % 36 for n in range(120)], "x": values, "y": [LABELS[n % 8] for n in range(120)]}
    drafts = {as_yaml(described(columns, batch_rows=size)) for size in (1, 13, 120)}
    assert len(drafts) == 1


def test_what_cannot_be_described_is_named():
    with pytest.raises(DataError, match="no column 'whom'; did you mean who"):
        described({"who": [1], "x": [2]}, "whom")
    with pytest.raises(DataError, match="the name of column 2 cannot stand in a schema"):
        described({"who": [1], "x" * 129: [2]})
    with pytest.raises(DataError, match="a row has no person"):
        described({"who": ["1", None], "x": ["a", "b"]})


def test_a_description_judges_as_the_inference_does():
    """The same columns, the same kinds, steps and reasons: what one knows, the other does."""
    chance = random.Random(5)
    rows = 1200
    days = [dt.date(2020, 1, 1) + dt.timedelta(chance.randint(0, 700)) for _ in range(rows)]
    columns = {
        "pid": [f"P{row // 4:04}" for row in range(rows)],
        "mrn": [str(chance.randint(10**6, 10**7)) for _ in range(rows)],
        "half": [str(chance.randint(0, 300) / 2) for _ in range(rows)],
        "days": [str(chance.randint(0, 500) * 7) for _ in range(rows)],
        "admitted": [day.strftime("%Y%m%d") for day in days],
        "month": [day.strftime("%Y%m") for day in days],
        "birth": [f"{day} 00:00:00" for day in days],
        "clock": [f"{chance.randint(0, 23):02}{chance.choice(['00', '15', '30', '45'])}" for _ in days],
        "hba1c": ["NULL" if chance.random() < 0.15 else f"{chance.gauss(6, 1):.1f}" for _ in days],
        "icd": [chance.choice(["250.0", "250.00", "401.9"]) for _ in days],
        "harm": [chance.choice(["None", "Mild", "Severe", "NA"]) for _ in days],
        "flag": [chance.choice(["yes", "Y", "no", "N"]) for _ in days],
        "ward": [chance.choice(["A", "A\u200b", "ICU\nnorth"]) for _ in days],
        "paid": [f"${chance.lognormvariate(6, 1):,.2f}" for _ in days],
    }
    found = described(columns, None, 11, 500)
    inferred = infer(pa.table(columns)).schema
    assert {
        c.variable.name: (c.variable.kind, c.variable.step, c.variable.decimals) for c in found.columns
    } == {variable.name: (variable.kind, variable.step, variable.decimals) for variable in inferred.variables}
    assert column(found, "hba1c").variable.missing == ("NULL",)
    assert column(found, "harm").variable.categories == ("Mild", "None", "Severe")
    assert column(found, "harm").missing_percent == round(100 * columns["harm"].count("NA") / rows)
    assert "amounts of money" in column(found, "paid").reason
    assert "persons apart" in column(found, "pid").reason
    said = as_yaml(found)
    assert not any(value in said for name in ("pid", "mrn") for value in columns[name])
