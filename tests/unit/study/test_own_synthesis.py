"""What a supplier is told of the synthetic rows that it sends: what they do not show of its real ones."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from syncline.data.note import Deed
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.sources.memory import TableSource
from syncline.study.flow import DataFlow
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import Sent, ship
from syncline.study.simulated_study import fold_of_run
from syncline.study.spec import StudySpec
from syncline.synthesizers.streams import Seed
from tests.unit.study.simulated import fit_study

ROWS = 400
FOLD = Fold(b"own", "0.2")
SCHEMA = {
    "variables": [
        {"name": "age", "kind": "integer", "range": [0, 120]},
        {"name": "town", "kind": "categorical", "categories": ["Ulm", "Bern", "Hamlet", "Inn"]},
        {"name": "sex", "kind": "categorical", "categories": ["F", "M"]},
        {"name": "lab", "kind": "continuous", "decimals": 1, "range": [0, 5000]},
    ]
}


def table(*, rare: bool = True) -> pa.Table:
    """Return rows of which nine live in a hamlet and nine in an inn, and four do not say their sex."""
    rng = np.random.default_rng(3)
    town = rng.choice(["Ulm", "Bern"], ROWS).astype(object)
    sex, age = rng.choice(["F", "M"], ROWS).astype(object), rng.integers(20, 80, ROWS)
    values = rng.normal(50, 5, ROWS).round(1)
    if rare:
        town[:9], town[9:18], sex[20:24], values[30:33] = "Hamlet", "Inn", None, 4321.5
    columns = {"age": age, "town": town, "sex": sex, "lab": values}
    return pa.table({name: pa.array(list(cells)) for name, cells in columns.items()})


def spec_of(flows=("synthesized",), method="cart", **more) -> StudySpec:
    return StudySpec.model_validate(
        {
            "syncline": 1,
            "study": "own",
            "schema": Schema.model_validate(SCHEMA),
            "suppliers": [{"name": f"s{n}", "flow": flow} for n, flow in enumerate(flows)],
            "synthesizer": {"method": method, "min_leaf": 20, "max_depth": 3},
            "validation": {"holdout": 0.2},
            "release": {"gate": "none", "approvals": 0},
            **more,
        }
    )


def sent(real: pa.Table, spec: StudySpec) -> Sent:
    return ship(spec, FOLD, DataFlow.SYNTHESIZED, TableSource(real, "s0"), Seed.of_number(2))


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_what_is_merged_and_clipped_is_told_with_values_and_counts(method):
    told = {note.column: note for note in sent(table(), spec_of(method=method)).notes}
    assert set(told) == {"town", "sex", "lab"}
    town, sex = told["town"], told["sex"]
    assert re.fullmatch(r"\d+ cells with '(Hamlet|Inn)', '(Hamlet|Inn)' sent as missing", town.what)
    assert town.why == "fewer than 11 share each of them, so no row shows it"
    assert (town.deed, sex.deed, told["lab"].deed) == (Deed.MERGED, Deed.MERGED, Deed.CLIPPED)
    assert 11 <= town.cells <= 18  # of the rows that are not held out
    assert 1 <= sex.cells <= 4
    assert "4321.5" in told["lab"].what


@pytest.mark.parametrize("method", ["cart", "marginals"])
def test_a_note_is_true_of_the_rows_that_are_sent(method):
    spec = spec_of(method=method)
    shipment = sent(table(), spec)
    rows = unpack_shipment(spec, FOLD, DataFlow.SYNTHESIZED, shipment.content, "s0")
    (batch,) = rows.batches()
    town, valid = batch.keys[1], batch.status[1] == 0
    assert set(town[valid].tolist()) == {0, 1}
    assert (~valid).any()  # where the hamlet's people would be
    assert batch.keys[3].max() < 43215


def test_nothing_is_told_where_nothing_is_lost_and_nothing_of_it_is_sent():
    """The stream says no more of a table whose rare values were merged than of one that has none."""
    spec, plain = spec_of(), sent(table(rare=False), spec_of())
    assert plain.notes == ()
    shipped = sent(table(), spec)
    schemas = [pa.ipc.open_stream(one.content).schema for one in (shipped, plain)]
    assert schemas[0].equals(schemas[1], check_metadata=True)
    for word in (b"Hamlet", b"Inn", b"merged", b"4321"):
        assert word not in shipped.content


@pytest.mark.parametrize("flows", [("synthesized", "synthesized"), ("synthesized", "summaries")])
def test_simulate_tells_what_each_such_supplier_loses(flows):
    spec = spec_of(flows, quorum={"min_suppliers": 2})
    sources = {name: TableSource(table(rare=name == "s0"), name) for name in ("s0", "s1")}
    notes = []
    fit_study(spec, fold_of_run(spec, sources, b"own"), sources, tell=notes.append)
    assert {note.column for note in notes} == {"town", "sex", "lab"}
    assert all(note.what.startswith("at s0, ") for note in notes)


def test_siblings_of_a_group_are_sent_as_categories_and_what_is_other_as_missing():
    labels = ["Ulm", "Bern", *(f"891{n}" for n in range(10)), "Hamlet", "Inn"]
    variables = [SCHEMA["variables"][0], {"name": "town", "kind": "categorical", "categories": labels}]
    rng = np.random.default_rng(3)
    town = rng.choice(labels[:2], ROWS).astype(object)
    town[:60], town[60:90] = np.repeat(labels[2:8], 10), np.repeat(labels[-2:], 15)
    real = pa.table({"age": rng.integers(20, 80, ROWS), "town": town.tolist()})
    spec = spec_of(schema=Schema.model_validate({"variables": variables}), privacy={"min_cell": 16})
    shipment = sent(real, spec)
    (batch,) = unpack_shipment(spec, FOLD, DataFlow.SYNTHESIZED, shipment.content, "s0").batches()
    keys, status = batch.keys[1], batch.status[1]
    shown = {labels[key] for key in keys[status == 0].tolist()}
    assert {"Ulm", "Bern"} <= shown <= set(labels[:-2])
    assert shown.intersection(labels[8:12])  # nobody has these
    assert 0 < np.count_nonzero(status == 1) < 60
    assert any("10 categories into a group of siblings" in note.what for note in shipment.notes)
