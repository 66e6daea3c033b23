"""Run steps over rows of text in a table of three columns, in batches of any size."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import strategies as st

from syncline.data.section import build
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import PreparedView, prepared_view
from syncline.sources.memory import TableSource
from tests.unit.preparation.steps.slow_steps import Row, Rows

NAMES = ("a", "b", "c")

AWKWARD = [
    *(
        "",
        " ",
        "  7 ",
        "7",
        "7.0",
        "+7",
        "007",
        "-9",
        "-9.0",
        "-9,0",
        "1.234,5",
        "1.234",
        "0,5",
        "1e2",
        "1E-3",
    ),
    *(
        "?",
        " ?",
        "NA",
        "n a",
        "e\u0301",
        "é",
        "É",
        "ø",
        "ß",
        "İ",
        "\u00a0x\u2003",
        "\x1cx",
        "true",
        "yes",
        "m",
        "F",
    ),
    *(
        "2020",
        "2020-03",
        "03/2020",
        "20200315",
        "2020-03-15",
        "31.01.2021",
        "2021-02-29",
        "13/2020",
        "0000-01-01",
    ),
    *(
        "2020-02-29",
        "1999-12-31",
        "x-y-z",
        "a-",
        "-",
        "100",
        "100.5",
        "0",
        "-0",
        "nan",
        "inf",
        "1" * 30,
        "٣",
        "1_0",
    ),
    *("37:21", "-0:05", "1:75", "1:02:03.5", "PT90M", "3 days 04:05:06", "100000:59"),
    *("2.5", "3.5", "0.125", "9e99", "1e999"),
]

cell = st.none() | st.sampled_from(AWKWARD) | st.text(max_size=4)
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(NAMES, cell)), max_size=12)


def view_of(steps: list[dict[str, object]], table: Rows, names: tuple[str, ...] = NAMES) -> PreparedView:
    preparation = build(Preparation, {"syncline": "1", "steps": steps}, "preparation")
    arrow = pa.Table.from_pylist(table, schema=pa.schema([(name, pa.string()) for name in names]))
    return prepared_view(TableSource(arrow), preparation)


def stepped(steps: list[dict[str, object]], table: Rows, batch_rows: int = 100) -> Rows:
    view = view_of(steps, table)
    found: Rows = []
    for batch in view.batches(None, batch_rows):
        found += batch.to_pylist()
    return found


def entered(table: Rows) -> Rows:
    """Return the rows as they enter the first step: an empty cell is a missing one."""
    return [{name: text or None for name, text in row.items()} for row in table]


__all__ = ["AWKWARD", "NAMES", "Row", "Rows", "entered", "rows", "stepped", "view_of"]
