"""A column of lists, structures or bytes is left out by name on every way, and takes no other away."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from supplier_agent.datasets.fit_child import answer as fit
from supplier_agent.datasets.reader_child import inspect
from syncline.compute.work_limits import WorkLimits
from syncline.data.schema import Schema
from syncline.errors import DataError
from syncline.preparation.description import describe_table
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_table import write_prepared
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.rehearsal import rehearse
from syncline.preparation.suggestion import suggest_preparation
from syncline.sources.limited import LimitedSource
from syncline.sources.registry import open_source
from syncline.sources.source import Source
from syncline.sources.source_inference import infer_source
from syncline.study.data_fit import DataFit
from syncline.study.raw_rows import raw_rows
from syncline.study.spec import StudySpec
from syncline.synthesizers.synthesizer import Synthesizer
from syncline.validation.reading import read_compared

ROWS = 60
UNREAD = "left out: the column of 60 cells: it holds"
REMEDY = "write a plain column for each part that a study needs"
STEPS = Preparation.from_yaml(
    "syncline: 1\nsteps:\n  - {step: trim}\n  - {step: rename, columns: {Age: age}}\n"
)


def table(**more: pa.Array) -> pa.Table:
    draw = np.random.default_rng(4)
    return pa.table({**more, "Age": draw.integers(20, 80, ROWS), "sex": draw.choice(["f", "m"], ROWS)})


def nested() -> pa.Array:
    return pa.array([[f"I{place % 3}", "E11"] for place in range(ROWS)])


def in_parquet(place: Path) -> str:
    pq.write_table(table(codes=nested(), whom=pa.array([{"zip": "1"}] * ROWS)), place / "t.parquet")
    return str(place / "t.parquet")


def in_parts(place: Path) -> str:
    (place / "t").mkdir()
    whole = table(codes=nested(), scan=pa.array([b"\xff"] * ROWS))
    pq.write_table(whole.slice(0, 20), place / "t/1.parquet")
    pq.write_table(whole.slice(20), place / "t/2.parquet")
    return str(place / "t")


def in_arrow(place: Path) -> str:
    spans = pa.array([pa.MonthDayNano([1, 2, 3])] * ROWS)
    by_name = pa.array([[("a", 1)]] * ROWS, pa.map_(pa.string(), pa.int64()))
    whole = table(codes=by_name, span=spans)
    with pa.ipc.new_file(place / "t.arrow", whole.schema) as file:
        file.write_table(whole)
    return str(place / "t.arrow")


def in_json(place: Path) -> str:
    lines = [json.dumps(row) for row in table(codes=nested()).to_pylist()]
    (place / "t.jsonl").write_text("\n".join(lines))
    return str(place / "t.jsonl")


def in_sqlite(place: Path, driver: str = "sqlite") -> str:
    with closing(sqlite3.connect(place / "t.db")) as connection, connection:
        connection.execute("CREATE TABLE t (codes, Age INTEGER, sex TEXT)")
        cells = [
            (b"\x00\xff" if at % 2 else "I1", *row.values()) for at, row in enumerate(table().to_pylist())
        ]
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", cells)
    return f"{driver}:///{place}/t.db?table=t"


def in_other_database(place: Path) -> str:
    return in_sqlite(place, "sqlite+pysqlite")


@pytest.fixture(params=[in_parquet, in_parts, in_arrow, in_json, in_sqlite, in_other_database])
def locator(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(request.param(tmp_path))


@pytest.fixture
def source(locator: str) -> Source:
    return LimitedSource(open_source(locator), WorkLimits())


def schema(*more: dict[str, str]) -> Schema:
    known = [
        {"name": "age", "kind": "integer", "range": ["0", "110"]},
        {"name": "sex", "kind": "categorical", "categories": ["f", "m"]},
    ]
    return Schema.model_validate({"variables": [*known, *more]})


def study(asked: Schema) -> StudySpec:
    document = {
        "syncline": 1,
        "study": "unread",
        "schema": asked,
        "suppliers": [{"name": name, "flow": "raw"} for name in "abc"],
        "synthesizer": {"method": "marginals", "rows": 10},
        "validation": {"holdout": 0},
        "release": {"gate": "none", "approvals": 0},
        "hazards": {"absent": "missing"},
    }
    return StudySpec.model_validate(document)


def test_inference_names_the_column_and_its_cells(source: Source) -> None:
    found = infer_source(source)
    assert [variable.name for variable in found.schema.modelled] == ["Age", "sex"]
    (note,) = found.notes_on("codes")
    assert (note.cells, note.remedy) == (ROWS, REMEDY)
    assert UNREAD in str(note)


def test_a_draft_of_steps_serves_the_other_columns(source: Source) -> None:
    draft = suggest_preparation(source, schema({"name": "codes", "kind": "identifier"}))
    assert "# age: 60 cells fit the schema as they are" in draft.replace("\n  #", "\n#")
    assert draft.count(REMEDY) == len(infer_source(source).schema.names) - 2
    assert rehearse(source, Preparation.from_yaml(draft), schema()).declined == ()


def test_a_rehearsal_serves_the_others_and_writes_them(source: Source, tmp_path: Path) -> None:
    found = rehearse(source, STEPS, schema())
    assert found.declined == ()
    assert [column.name for column in found.after.columns] == ["age", "sex"]
    assert [warning for warning in found.warnings if "column 'codes'" in warning and UNREAD in warning]
    assert write_prepared(prepared_view(source, STEPS), tmp_path / "out.parquet") == ROWS
    assert pq.read_schema(tmp_path / "out.parquet").names == ["age", "sex"]


def test_a_description_gives_the_reason(source: Source) -> None:
    found = {one.variable.name: one for one in describe_table(source, "t", None, 5).columns}
    assert found["codes"].reason.startswith("holds ")
    assert found["codes"].reason.endswith(REMEDY)
    assert found["Age"].reason == ""


def test_a_data_set_is_registered_with_what_is_left_out(locator: str) -> None:
    found, _ = inspect({"source": locator, "person": None}, [STEPS.canonical()])
    assert (found["columns"], found["rows"], found["people"]) == (["age", "sex"], ROWS, ROWS)
    unread = found["unread"]
    assert isinstance(unread, list)
    assert "codes" in str(unread[0])
    assert UNREAD in str(unread[0])


def test_a_study_of_the_other_columns_fits_and_sends_them(locator: str, source: Source) -> None:
    spec = study(schema())
    found, _ = fit({"source": locator}, [spec.canonical(), STEPS.canonical()])
    assert DataFit.from_json(found).faults == ()
    assert raw_rows(spec, prepared_view(source, STEPS)).columns == ("Age", "sex")


def test_a_study_that_asks_for_it_says_why_it_cannot_have_it(locator: str) -> None:
    asked = schema({"name": "codes", "kind": "categorical", "categories": ["I1"]})
    spec = study(asked)
    found = DataFit.from_json(fit({"source": locator}, [spec.canonical(), STEPS.canonical()])[0])
    assert [fault for fault in found.faults if "column 'codes' holds" in fault and REMEDY in fault]
    assert "codes" in found.public
    assert "age" not in found.public


def test_a_step_on_it_is_refused_with_the_reason_and_one_that_drops_it_is_not(source: Source) -> None:
    with pytest.raises(DataError, match=r"rename: column 'codes' holds"):
        prepared_view(
            source, Preparation.from_yaml("syncline: 1\nsteps: [{step: rename, columns: {codes: c}}]")
        )
    view = prepared_view(
        source, Preparation.from_yaml("syncline: 1\nsteps: [{step: drop, columns: [codes]}]")
    )
    assert "codes" not in view.unread
    assert view.columns == ("Age", "sex")


def test_a_table_is_learnt_and_compared_without_it(locator: str, tmp_path: Path) -> None:
    own = Schema.model_validate(json.loads(json.dumps(schema().to_document()).replace("age", "Age")))
    for given in (None, own):
        model = Synthesizer(seed=1, schema=given, min_cell=2)
        with pytest.warns(UserWarning, match="codes"):
            model.fit(locator)
        assert [note for note in model.notes if note.column == "codes" and "it holds" in note.why]
    model.write(tmp_path / "out.csv")
    compared = read_compared(open_source(locator), open_source(tmp_path / "out.csv"), None, None)
    assert [variable.name for variable in compared.schema.modelled] == ["Age", "sex"]
    assert [note for note in compared.notes if note.column == "codes" and "it holds" in note.why]


def test_a_table_of_nothing_else_is_refused_with_all_reasons(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": nested(), "b": pa.array([b"x"] * ROWS)}), tmp_path / "n.parquet")
    with pytest.raises(DataError, match=r"column 'a' holds lists .*, column 'b' holds bytes"):
        infer_source(open_source(tmp_path / "n.parquet"))
