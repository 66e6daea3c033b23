"""Rare categories merge with their siblings before "(other)", and no one of them is seen in what is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.model_codec import pack_model, unpack_model
from syncline.synthesizers.siblings import groups_of_siblings
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.tabular_model import TabularModel
from tests.unit.study.local_fit import fingerprint, fit, workspace_of

MIN_CELL = 11
SECTIONS = {"alder": "tree", "birch": "tree", "cod": "fish", "dace": "fish", "tree": "life", "fish": "life"}


def groups(
    held: Mapping[str, int], parents: Mapping[str, str] | None = None, kind: str = "categorical"
) -> list[list[str]]:
    """Return the groups of categories of which so many people have each."""
    labels = list(held)
    variable = Variable.model_validate(
        {"name": "x", "kind": kind, "categories": labels, "parents": dict(parents or {})}
    )
    rare = [place for place, label in enumerate(labels) if held[label] < MIN_CELL]

    def people(places: Sequence[int]) -> int:
        return sum(held[labels[place]] for place in places)

    found = groups_of_siblings(variable, rare, people, MIN_CELL)
    return [[labels[place] for place in group.tolist()] for group in found]


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param({"2211": 9, "2212": 5, "2213": 0}, [["2211", "2212", "2213"]], id="the longest"),
        pytest.param({"2211": 5, "2212": 5, "2291": 1}, [["2211", "2212", "2291"]], id="one level up"),
        pytest.param({"2211": 8, "2212": 8, "2291": 9}, [["2211", "2212"]], id="too few stay behind"),
        pytest.param({"2211": 5, "2212": 99, "2213": 9}, [["2211", "2213"]], id="not with a frequent one"),
        pytest.param({"2211": 9, "3211": 9}, [], id="nothing in common"),
        pytest.param({"2211": 9, "221": 9}, [], id="another length"),
        pytest.param({"E11.9": 9, "E11.6": 4, "E11": 9}, [["E11.9", "E11.6"]], id="another pattern"),
        pytest.param({"62-010": 9, "62-110": 9, "71-010": 9}, [["62-010", "62-110"]], id="postcodes"),
        pytest.param({"[0-10)": 9, "[9-10)": 9}, [], id="a sign alone is no beginning"),
        pytest.param({"married": 9, "marred": 9}, [], id="words are no codes"),
        pytest.param(
            {"a long answer 1": 9, "a long answer 2": 9}, [["a long answer 1", "a long answer 2"]], id="16"
        ),
        pytest.param({"a longer answer 1": 9, "a longer answer 2": 9}, [], id="text is no code"),
        pytest.param({"2": 9, "3": 9}, [], id="one sign has no beginning"),
    ],
)
def test_siblings_by_the_beginning_of_codes(held: dict[str, int], expected: list[list[str]]) -> None:
    assert groups(held) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        pytest.param(
            {"alder": 9, "birch": 9, "cod": 9, "dace": 9}, [["alder", "birch"], ["cod", "dace"]], id="each"
        ),
        pytest.param(
            {"alder": 9, "birch": 0, "cod": 9, "dace": 0}, [["alder", "birch", "cod", "dace"]], id="up"
        ),
        pytest.param(
            {"alder": 9, "birch": 9, "cod": 9, "dace": 0}, [["alder", "birch"]], id="too few at the top"
        ),
        pytest.param(
            {"tree": 9, "alder": 9, "birch": 0, "cod": 1, "dace": 0},
            [["tree", "alder", "birch"]],
            id="itself",
        ),
    ],
)
def test_siblings_by_declared_parents(held: dict[str, int], expected: list[list[str]]) -> None:
    assert groups(held, SECTIONS) == expected
    assert groups(held, SECTIONS, "ordinal") == expected


def test_declared_parents_stand_in_the_place_of_beginnings() -> None:
    held = {"2211": 9, "2212": 9, "3311": 9}
    assert groups(held, {"2211": "a", "3311": "a"}) == [["2211", "3311"]]


def test_ordered_words_with_numbers_are_no_codes() -> None:
    assert groups({"10-19": 9, "11-19": 9}, kind="ordinal") == []


@settings(max_examples=60)
@given(
    st.dictionaries(st.text("0129A.", min_size=1, max_size=5), st.integers(0, 30), min_size=1, max_size=40)
)
def test_groups_are_disjoint_rare_and_of_enough_people(held: dict[str, int]) -> None:
    found = groups(held)
    members = [label for group in found for label in group]
    assert len(members) == len(set(members))
    assert all(held[label] < MIN_CELL for label in members)
    assert all(sum(held[label] for label in group) >= MIN_CELL for group in found)
    backwards = groups(dict(reversed(held.items())))
    assert sorted(sorted(group) for group in backwards) == sorted(sorted(group) for group in found)


def table_of(counts: Mapping[str, int], people: int | None = None) -> pa.Table:
    """Return rows in which each category stands so often, in mixed order; ``people`` take turns."""
    labels = np.repeat(list(counts), list(counts.values()))
    columns = {"x": np.random.default_rng(3).permutation(labels).tolist()}
    if people is not None:
        columns["pid"] = [str(row % people) for row in range(len(labels))]
    return pa.table(columns)


def schema_of(categories: Sequence[str], *, persons: bool = False) -> Schema:
    person = [{"name": "pid", "kind": "identifier", "role": "person"}] if persons else []
    own = {"name": "x", "kind": "categorical", "categories": list(categories)}
    return Schema.model_validate({"variables": [own, *person]})


def coded(table: pa.Table, schema: Schema) -> tuple[TabularModel, CodedColumn]:
    model = fit([table], schema, method="marginals", min_cell=MIN_CELL).model
    assert isinstance(model, TabularModel)
    return model, model.columns[0]


COUNTS = {"common": 300, "2211": 9, "2212": 5, "2213": 0, "3100": 4, "4100": 8, "red": 1}


def test_a_group_is_one_code_and_each_of_its_categories_is_drawn_alike() -> None:
    model, column = coded(table_of(COUNTS), schema_of(list(COUNTS)))
    assert column.groups == (("2211", "2212", "2213"),)
    assert column.values.merged == ("3100", "4100", "red")
    assert column.values.rows.tolist() == [300, 14, 13]
    assert column.other_share == pytest.approx(13 / 327)
    drawn = next(iter(model.sample(60_000, Seed.of_number(1))))["x"][0]
    shown = Counter(column.values.variable.categories[key] for key in drawn.tolist())
    assert set(shown) == {"common", "2211", "2212", "2213", "(other)"}
    each = 60_000 * 14 / 327 / 3
    assert all(abs(shown[label] - each) < 5 * each**0.5 for label in ("2211", "2212", "2213"))


def test_what_is_left_over_and_too_few_counts_as_the_largest_group() -> None:
    counts = COUNTS | {"4100": 0, "3100": 4, "red": 1}
    _, column = coded(table_of(counts), schema_of(list(counts)))
    assert column.groups == (("2211", "2212", "2213"),)
    assert "(other)" not in column.values.variable.categories
    places = np.array([list(counts).index(label) for label in ("3100", "red", "2211")])
    assert len(set(column.codes.encode(places, np.ones(3, np.bool_)).tolist())) == 1


def test_a_group_of_thousands_shows_all_of_them() -> None:
    """The weights of so many categories would not fit into 32 bits if each weighed what a bin does."""
    labels = [f"{n:05}" for n in range(10_000, 12_000)]
    counts = {"common": 500} | {label: int(n % 160 == 0) for n, label in enumerate(labels)}
    _, column = coded(table_of(counts), schema_of(list(counts)))
    assert list(map(len, column.groups)) == [2000]
    keys = np.full(200_000, 1, np.int64)
    shown = np.bincount(column.values.decode(keys, Seed.of_number(1).words("value:x", 0, len(keys)))[0])[1:]
    assert len(shown) == 2000
    assert shown.min() > 50
    assert abs(shown[:1000].sum() / shown[1000:].sum() - 1) < 0.02


def test_rows_of_few_persons_are_no_group() -> None:
    counts = {"common": 3000, "2211": 60, "2212": 60}
    rows = np.repeat(list(counts), list(counts.values())).tolist()
    people = [str(row) for row in range(3000)] + [f"x{row % 5}" for row in range(120)]
    schema = schema_of(list(counts), persons=True)
    _, column = coded(pa.table({"x": rows, "pid": people}), schema)
    assert column.groups == ()
    spread = (
        people[:3000]
        + [f"x{row}" for row in range(8)] * 7
        + ["x0"] * 4
        + [f"y{row}" for row in range(8)] * 7
        + ["y0"] * 4
    )
    _, column = coded(pa.table({"x": rows, "pid": spread}), schema)
    assert column.groups == (("2211", "2212"),)


def test_groups_are_the_same_for_any_split() -> None:
    table, schema = table_of(COUNTS), schema_of(list(COUNTS))
    splits = ([327], [10, 317], [100, 100, 127])
    seen = set()
    for sizes in splits:
        starts = np.cumsum([0, *sizes]).tolist()
        parts = [table.slice(start, size) for start, size in zip(starts, sizes, strict=False)]
        seen.add(fingerprint(fit(parts, schema, method="marginals", min_cell=MIN_CELL), schema, "marginals"))
    assert len(seen) == 1


def test_a_model_with_groups_is_read_as_it_was_written() -> None:
    schema = schema_of(list(COUNTS))
    model, column = coded(table_of(COUNTS), schema)
    again = unpack_model(pack_model(model, "marginals", schema), "marginals", schema)
    assert isinstance(again, TabularModel)
    assert again.columns[0].groups == column.groups
    assert again.describe().siblings == model.describe().siblings


def test_notes_name_groups_and_the_share_that_is_other() -> None:
    table, schema = table_of(COUNTS), schema_of(list(COUNTS))
    model, _ = coded(table, schema)
    notes = [str(note) for note in model.notes([workspace_of(table, schema)], MIN_CELL)]
    assert (
        "column 'x': merged: 14 cells with 3 categories into a group of siblings: fewer than 11" in notes[0]
    )
    assert "declare parents in the schema" in notes[0]
    assert "13 cells with '4100', '3100', 'red' into '(other)', which is 4.0% of the rows" in notes[1]


def test_a_sector_follows_from_an_industry_whose_rare_codes_are_merged() -> None:
    """What is "(other)" need not determine a sector; that of a code that is shown is always its own."""
    rng = np.random.default_rng(5)
    codes = [f"{division}{rank}" for division in "1234" for rank in range(100, 120)]
    sector = dict(zip("1234", ["land", "sea", "air", "sea"], strict=True))
    share = 1 / np.arange(1, len(codes) + 1)
    industry = rng.permutation(codes)[rng.choice(len(codes), 3000, p=share / share.sum())].tolist()
    sectors = [sector[code[0]] for code in industry]
    industry[:16] = ["office", "farm"] * 8
    table = pa.table({"industry": industry, "sector": sectors})
    schema = Schema.model_validate(
        {
            "variables": [
                {"name": "industry", "kind": "categorical", "categories": sorted({*codes, *industry})},
                {"name": "sector", "kind": "categorical", "categories": ["land", "sea", "air"]},
            ]
        }
    )
    fitted = fit([table], schema, method="cart", min_cell=MIN_CELL)
    assert fitted.model.describe().determined == {"sector": "industry"}
    drawn = next(iter(fitted.model.sample(3000, Seed.of_number(1))))
    known = {variable.name: variable.categories for variable in fitted.model.released(schema).variables}
    labels, sectors = ([known[name][key] for key in drawn[name][0].tolist()] for name in known)
    shown = [(code, own) for code, own in zip(labels, sectors, strict=True) if code != "(other)"]
    assert 0 < 3000 - len(shown) < 40
    assert all(sector[code[0]] == own for code, own in shown)
