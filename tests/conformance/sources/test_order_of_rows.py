"""What is inferred does not depend on the order in which a source hands on rows: a database sorts them."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from syncline.compute.work_limits import WorkLimits
from syncline.data.inference import infer
from syncline.data.kinds import Kind
from syncline.preparation.description import describe_table
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.sources.limited import LimitedSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source, as_kept
from syncline.sources.source_inference import infer_source
from tests.conformance.sources.written_tables import POSTGRESQL, WRITERS, Writer, as_postgresql

ROWS = 400
FIRST = {"place": Kind.CATEGORICAL, "pin": Kind.INTEGER, "who": Kind.IDENTIFIER, "flow": Kind.INTEGER}
"""Each column stands first once, by which a database sorts before all others."""


def rows(first: str) -> pa.Table:
    """Groups in any order, persons whose rows stand beside each other, and a series that goes up and down."""
    draw = random.Random(3)
    pins = [10_007 + 131 * place for place in range(60)]
    level, flow = 300_000, []
    for _ in range(ROWS):
        level += draw.randint(-4000, 4400)
        flow.append(level)
    columns = {
        "place": [f"S{draw.randint(1, 24):02}" for _ in range(ROWS)],
        "pin": [draw.choice(pins) for _ in range(ROWS)],
        "who": [f"P{row // 10 * 7919 % 9973:04}" for row in range(ROWS)],
        "flow": flow,
    }
    return pa.table({first: columns.pop(first), **columns})


@pytest.fixture(params=[*WRITERS, *(pytest.param(name, marks=pytest.mark.network) for name in POSTGRESQL)])
def writer(request: pytest.FixtureRequest) -> Writer:
    if request.param in WRITERS:
        return WRITERS[request.param]
    return as_postgresql(request.getfixturevalue("postgresql_url"), POSTGRESQL[request.param])


def behind_others(source: Source) -> Source:
    """Return ``source`` as an agent reads it: within limits, and behind a preparation."""
    limits = WorkLimits()
    return prepared_view(LimitedSource(source, limits), Preparation.from_yaml("syncline: 1\nsteps: []\n"))


@pytest.mark.parametrize("first", FIRST)
def test_a_schema_is_the_same_from_every_source(writer: Writer, tmp_path: Path, first: str) -> None:
    table = rows(first)
    source = open_source(writer(table, tmp_path))
    found = infer_source(source)
    assert found.schema == infer(table).schema
    assert {variable.name: variable.kind for variable in found.schema.variables} == FIRST
    assert infer_source(behind_others(source)).schema == found.schema


def test_a_description_is_the_same_from_every_source(writer: Writer, tmp_path: Path) -> None:
    table = rows("place")
    source = behind_others(open_source(writer(table, tmp_path)))
    found = describe_table(source, "visits", person=None, min_cell=11)
    expected = describe_table(open_source(table), "visits", person=None, min_cell=11)
    assert found == expected
    kinds = {column.variable.name: column.variable.kind for column in found.columns}
    assert kinds["who"] is Kind.IDENTIFIER
    assert kinds["place"] is Kind.CATEGORICAL


def test_rows_as_they_are_kept_are_the_same_rows(writer: Writer, tmp_path: Path) -> None:
    source = open_source(writer(rows("pin"), tmp_path))
    kept, own = (
        sorted(str(row) for batch in one.batches(None, 50) for row in batch.to_pylist())
        for one in (as_kept(source), source)
    )
    assert len(own) == ROWS
    assert kept == own
    assert as_kept(source).digest() == as_kept(source).digest()


def test_a_measurement_of_many_values_is_none_whatever_the_rows_are_sorted_by() -> None:
    draw = random.Random(5)
    cells = [int(draw.gauss(500_000, 60_000)) for _ in range(6000)]
    kinds = {infer(pa.table({"x": one})).schema.variables[0].kind for one in (cells, sorted(cells))}
    assert kinds == {Kind.INTEGER}
