"""Fewer columns and fewer steps give the wanted columns, cell for cell; no column goes along for nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.section import build
from syncline.errors import DataError
from syncline.preparation.column_lineage import lineage, origin
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.steps.layout import ColumnLayout
from syncline.sources.memory import TableSource
from tests.unit.preparation.steps.stepping import NAMES, Rows, rows, stepped, view_of

Steps = list[dict[str, object]]

MOVES: Steps = [
    {"step": "trim"},
    {"step": "missing", "codes": ["7", "?"]},
    {"step": "case", "columns": ["a", "b"], "to": "upper"},
    {"step": "rename", "columns": {"a": "b", "b": "a"}},
    {"step": "rename", "columns": {"c": "d"}},
    {"step": "drop", "columns": ["c"]},
    {"step": "split", "column": "a", "separator": ",", "into": ["left", "right"]},
    {"step": "rename", "columns": {"left": "c"}},
    {"step": "combine", "columns": ["b", "a"], "into": "e", "how": "first"},
    {"step": "derive", "into": "c", "operation": "sum", "from": ["a", "b"]},
    {"step": "filter", "column": "b", "present": "true"},
    {"step": "duplicates"},
    {"step": "duplicates", "by": ["a"]},
    {"step": "range", "columns": ["a"], "low": "0", "outside": "reject"},
    {"step": "unparsable", "columns": ["b"], "kind": "number", "then": "missing"},
    {"step": "bands", "column": "b", "into": "f", "cuts": ["1"], "labels": ["x", "y"]},
    {"step": "reverse", "columns": ["a", "b"], "low": "0", "high": "9"},
]


COLUMNWISE: Steps = [
    {"step": "range", "low": "0", "outside": "missing"},
    {"step": "unparsable", "kind": "number", "then": "missing"},
    {"step": "recode", "codes": {"1": "m"}, "unlisted": "keep"},
    {"step": "units", "factor": "2", "decimals": "0"},
    {"step": "dates", "formats": ["DD.MM.YYYY"]},
    {"step": "spans", "form": "h:mm"},
    {"step": "case", "to": "upper"},
    {"step": "accents"},
    {"step": "decimal_comma"},
    {"step": "numbers"},
    {"step": "reverse", "low": "0", "high": "9"},
]
"""Steps that change each of their columns by itself."""


def preparation_of(steps: Steps) -> Preparation:
    return build(Preparation, {"syncline": "1", "steps": steps}, "preparation")


def fitting(steps: Steps) -> Steps:
    """Return the steps that find their columns, in their order."""
    kept: Steps = []
    for step in steps:
        try:
            view_of([*kept, step], [])
        except DataError:  # it names a column that is not here, or makes one that is
            continue
        kept.append(step)
    return kept


@given(rows, st.lists(st.sampled_from(MOVES), max_size=7), st.data())
def test_what_is_left_gives_the_wanted_columns(table: Rows, drawn: Steps, data: st.DataObject) -> None:
    steps = fitting(drawn)
    full = stepped(steps, table)
    wanted = data.draw(st.lists(st.sampled_from(view_of(steps, table).columns), min_size=1, unique=True))
    found = lineage(preparation_of(steps), ColumnLayout(NAMES), wanted, "the table")
    if not found.columns:
        return
    cut = [{name: row[name] for name in found.columns} for row in table]
    less = prepared_view(TableSource(arrow(cut, found.columns)), found.preparation)
    got = [row for batch in less.batches(wanted, 5) for row in batch.to_pylist()]
    assert got == [{name: row[name] for name in wanted} for row in full]


def arrow(table: Rows, names: tuple[str, ...]):
    import pyarrow as pa

    return pa.Table.from_pylist(table, schema=pa.schema([(name, pa.string()) for name in names]))


@pytest.mark.parametrize(
    ("steps", "wanted", "read", "left"),
    [
        ([MOVES[0]], "a", ("a",), 1),
        ([MOVES[2]], "c", ("c",), 0),
        ([MOVES[3]], "a", ("b",), 1),
        ([MOVES[8]], "e", ("a", "b"), 1),
        ([MOVES[8]], "c", ("c",), 0),
        ([MOVES[10]], "a", ("a", "b"), 1),
        ([MOVES[11]], "a", ("a", "b", "c"), 1),
        ([MOVES[12]], "c", ("a", "c"), 1),
        ([MOVES[13]], "c", ("a", "c"), 1),
        ([MOVES[14]], "c", ("c",), 0),
        ([{**MOVES[13], "outside": "stop"}], "c", ("c",), 0),
        ([MOVES[5], MOVES[9]], "c", ("a", "b"), 1),
    ],
)
def test_only_what_is_needed_is_read(steps: Steps, wanted: str, read: tuple[str, ...], left: int) -> None:
    found = lineage(preparation_of(steps), ColumnLayout(NAMES), [wanted], "the table")
    assert (found.columns, len(found.preparation.steps)) == (read, left)


@pytest.mark.parametrize("step", COLUMNWISE, ids=lambda step: step["step"])
def test_a_step_on_several_columns_is_left_for_those_that_are_needed(step: dict[str, object]) -> None:
    found = lineage(
        preparation_of([{**step, "columns": ["a", "b"]}]), ColumnLayout(NAMES), ["b", "c"], "the table"
    )
    assert found.columns == ("b", "c")
    assert found.preparation == preparation_of([{**step, "columns": ["b"]}])
    nothing = lineage(
        preparation_of([{**step, "columns": ["a", "b"]}]), ColumnLayout(NAMES), ["c"], "the table"
    )
    assert (nothing.columns, nothing.preparation.steps) == (("c",), ())


def test_a_column_is_followed_through_its_names_and_not_through_what_it_is_made_of() -> None:
    assert origin(preparation_of([MOVES[0], MOVES[3], MOVES[4]]), "a") == "b"
    assert origin(preparation_of([MOVES[4]]), "d") == "c"
    assert origin(preparation_of([MOVES[8]]), "e") is None
