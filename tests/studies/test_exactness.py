"""Federation costs nothing: the released bytes are one and the same however the rows are split.

Splits are skewed, reordered and partly empty; persons are spread over suppliers like everything else.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from itertools import cycle, product
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from tests.unit.study.cohort import WITH_PERSON, WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fingerprint, fit, release_of

ROOT = Path(__file__).resolve().parents[2]
ROWS = 240
SCHEMAS = {"rows": WITHOUT_PERSON, "persons": WITH_PERSON}
SETTINGS = list(product(("cart", "marginals"), (1, 11), ("0", "0.2"), ("rows", "persons")))
SPLITS = [(2, 1, 53), (5, 2, 61)]
"""Suppliers, seed of the assignment, rows of a batch."""


def released(
    parts: list[pa.Table], method: str, min_cell: int, holdout: str, unit: str, batch_rows: int
) -> str:
    schema = SCHEMAS[unit]
    chosen = {"method": method, "min_cell": min_cell, "min_leaf": 20, "max_depth": 3}
    return fingerprint(fit(parts, schema, holdout=holdout, batch_rows=batch_rows, **chosen), schema, method)


@cache
def pooled(method: str, min_cell: int, holdout: str, unit: str) -> str:
    """Return what is released when all rows are at one supplier, in one batch."""
    return released([cohort(ROWS)], method, min_cell, holdout, unit, ROWS)


@pytest.mark.parametrize(
    ("chosen", "split"),
    list(zip(SETTINGS, cycle(SPLITS), strict=False)),
    ids=lambda part: "-".join(map(str, part)),
)
def test_every_split_releases_the_pooled_bytes(
    chosen: tuple[str, int, str, str], split: tuple[int, int, int]
) -> None:
    parts, seed, batch_rows = split
    tables = spread(cohort(ROWS), parts, seed)
    assert min(table.num_rows for table in tables) == 0
    assert released(tables, *chosen, batch_rows) == pooled(*chosen)


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_twenty_suppliers_release_the_pooled_bytes(method: str) -> None:
    tables = spread(cohort(ROWS), 20, seed=3)
    assert released(tables, method, 11, "0.2", "persons", 1000) == pooled(method, 11, "0.2", "persons")


def test_settings_that_differ_release_other_bytes() -> None:
    """The comparison would notice: no two of these settings agree."""
    marginals = [chosen for chosen in SETTINGS if chosen[0] == "marginals"]
    assert len({pooled(*chosen) for chosen in marginals}) == len(marginals)


def test_one_row_more_or_less_is_noticed() -> None:
    table = cohort(ROWS)
    shorter = released([table.slice(1)], "marginals", 11, "0", "rows", ROWS)
    assert shorter != pooled("marginals", 11, "0", "rows")


@settings(max_examples=4, phases=[Phase.explicit, Phase.generate])
@given(
    owners=st.lists(st.integers(0, 3), min_size=40, max_size=40),
    batch_rows=st.integers(8, 40),
    method=st.sampled_from(["cart", "marginals"]),
    unit=st.sampled_from(["rows", "persons"]),
)
def test_any_assignment_of_few_rows_releases_the_pooled_bytes(
    owners: list[int], batch_rows: int, method: str, unit: str
) -> None:
    table, schema = cohort(40, seed=8), SCHEMAS[unit]
    chosen = {"method": method, "min_cell": 2, "min_leaf": 8, "max_depth": 2}
    whole = fingerprint(fit([table], schema, **chosen), schema, method)
    parts = [table.filter([owner == part for owner in owners]) for part in range(4)]
    assert fingerprint(fit(parts, schema, batch_rows=batch_rows, **chosen), schema) == whole


def test_the_order_of_rows_does_not_matter() -> None:
    table = cohort(ROWS)
    turned = table.take(list(range(ROWS))[::-1])
    assert released([turned], "cart", 1, "0.2", "persons", 100) == pooled("cart", 1, "0.2", "persons")


def penguins() -> pa.Table:
    """Return a real table as text, found without importing the package that carries it."""
    spec = find_spec("palmerpenguins")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "data" / "penguins.csv"
    names = path.read_text("utf-8").splitlines()[0].split(",")
    options = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return pyarrow.csv.read_csv(path, convert_options=options)


def test_a_real_table_is_released_alike_from_its_splits() -> None:
    table = penguins()
    schema = infer_schema(table)
    whole = fingerprint(fit([table], schema, holdout="0.2"), schema)
    tables = spread(table, 4, seed=1)
    assert fingerprint(fit(tables, schema, holdout="0.2", batch_rows=50), schema) == whole


def test_a_study_without_enough_rows_fails_alike_in_every_split() -> None:
    few = cohort(8)
    sentences = set()
    for parts in ([few], spread(few, 3, seed=1)):
        with pytest.raises(StudyFailed) as failed:
            fit(parts, WITHOUT_PERSON, min_cell=11)
        sentences.add(str(failed.value))
    assert len(sentences) == 1


def test_equal_seeds_draw_equal_rows_and_others_do_not() -> None:
    schema: Schema = WITHOUT_PERSON
    fitted = fit([cohort(ROWS)], schema, method="marginals")
    assert release_of(fitted, schema, seed=5) == release_of(fitted, schema, seed=5)
    assert release_of(fitted, schema, seed=5) != release_of(fitted, schema, seed=6)


FRESH_PROCESS = """
from tests.unit.study.cohort import WITH_PERSON, cohort, spread
from tests.unit.study.local_fit import fingerprint, fit
parts = spread(cohort(120), 2, seed=4)
print(fingerprint(fit(parts, WITH_PERSON, holdout="0.2", min_leaf=20, max_depth=3), WITH_PERSON))
"""


def test_nothing_depends_on_the_order_of_sets_and_dicts() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", FRESH_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "4242")
    ]
    assert runs[0] == runs[1] != ""
