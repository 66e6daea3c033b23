from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import syncline
from syncline.cli.app import app
from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from syncline.errors import DataError, UsageError
from syncline.validation.report.page import as_page

WARDS = ["a", "<b>", "c & d"]


def frame(n_rows: int, seed: int) -> pd.DataFrame:
    """Return persons in wards whose names a page has to escape."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, n_rows)
    weight = np.round(60 + age / 4 + rng.normal(0, 9, n_rows), 1)
    ill = np.where(rng.random(n_rows) < 1 / (1 + np.exp(8 - weight / 10)), "yes", "no")
    return pd.DataFrame({"age": age, "weight": weight, "ward": np.array(WARDS)[age % 3], "ill": ill})


REAL, HOLDOUT, FRESH = frame(900, 1), frame(900, 2), frame(900, 3)


class Page(HTMLParser):
    """Collect tags, and refuse a page whose tags do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.resources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = [str(value) for name, value in attrs if name in {"src", "href"}]
        self.resources += [value for value in named if not value.startswith("#")]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    for name, table in (("real", REAL), ("holdout", HOLDOUT), ("fresh", FRESH), ("copy", REAL)):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return tmp_path


def run(tables: Path, synthetic: str, *more: str) -> tuple[int, str]:
    given = [
        "--real",
        tables / "real.csv",
        "--synthetic",
        tables / f"{synthetic}.csv",
        "--out",
        tables / "out",
    ]
    result = CliRunner().invoke(app, ["validate", *map(str, given), *more])
    return result.exit_code, result.output


def test_a_good_table_passes_and_its_page_stands_alone(tables: Path) -> None:
    code, out = run(tables, "fresh", "--holdout", str(tables / "holdout.csv"), "--target", "ill", "--gate")
    assert code == 0, out
    assert "disclosure gate: passes" in out
    assert re.search(r"A leak of fewer than \d+ of these [0-9,]+ people .* would not be seen", out)
    report = json.loads((tables / "out" / "report.json").read_text("utf-8"))
    assert report["gate"]["passed"] is True
    assert {"value", "interval", "floor", "goal", "threshold"} <= set(report["metrics"]["tv_2way"])
    text = (tables / "out" / "report.html").read_text("utf-8")
    page = Page(text)
    assert not page.resources
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "<b>" not in text
    assert "c &amp; d" in text
    assert all(re.search("aria-label|aria-hidden", svg) for svg in re.findall("<svg[^>]*>", text))


def test_a_copy_fails_the_gate_in_words_and_by_the_exit_status(tables: Path) -> None:
    code, out = run(tables, "copy", "--holdout", str(tables / "holdout.csv"), "--gate")
    assert code == 1
    assert "disclosure gate: FAILS" in out
    assert "do not share this table" in (tables / "out" / "report.html").read_text("utf-8")


def test_without_the_option_a_failed_gate_is_still_a_written_report(tables: Path) -> None:
    code, out = run(tables, "copy")
    assert code == 0
    assert "nobody was held out" in out


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--target", "il"], "there is no column 'il' to compare; did you mean ill?"),
        (["--keys", "age,wrad"], "there is no column 'wrad' to compare; did you mean ward?"),
        (["--model", "ill ~ aeg"], "there is no column 'aeg'; did you mean age?"),
        (["--model", "ill ~ log(age)"], "validation.models: 'ill ~ log(age)': write y ~ a + b"),
        (["--schema", "nowhere.yaml"], "--schema nowhere.yaml: no such file"),
        (["--holdout", "nowhere.csv"], "--holdout nowhere.csv: no such file"),
    ],
)
def test_a_wrong_argument_is_named_with_its_remedy(tables: Path, more: list[str], sentence: str) -> None:
    result = CliRunner().invoke(
        app,
        [
            *("validate", "--real", str(tables / "real.csv"), "--synthetic", str(tables / "fresh.csv")),
            *("--out", str(tables / "out"), *more),
        ],
    )
    assert isinstance(result.exception, UsageError)
    assert sentence in str(result.exception)
    assert not (tables / "out").exists()


def test_the_python_function_gives_figures_by_name_and_shows_itself() -> None:
    report = syncline.validate(REAL, FRESH, holdout=HOLDOUT, keys=["age"], sensitive=["ill", "ward"])
    assert report["tv_2way"].value == pytest.approx(report["tv_2way"].floor, abs=0.02)
    assert report["meaningful_identity"].threshold == 0.09
    assert report._repr_html_().startswith("<!doctype html>")


def test_a_column_that_only_one_table_has_is_left_out_and_named() -> None:
    report = syncline.validate(REAL.assign(extra=1), FRESH, holdout=HOLDOUT)
    assert report.left_out == ("extra",)
    with pytest.raises(DataError, match="no column in common"):
        syncline.validate(REAL, pd.DataFrame({"other": [1, 2]}))


def test_persons_with_several_rows_are_one_person() -> None:
    def of_persons(table: pd.DataFrame, first: int) -> pd.DataFrame:
        return table.assign(who=first + np.arange(len(table)) // 3)

    report = syncline.validate(
        of_persons(REAL, 0), FRESH.assign(who=0), holdout=of_persons(HOLDOUT, 300), person="who"
    )
    counted = report.gate.tests[-1]
    assert counted.train + counted.holdout <= 600
    assert report.rows["real"] == 900


def test_a_person_column_that_is_named_beside_a_schema_is_taken_or_refused() -> None:
    of_persons = REAL.assign(who=np.arange(len(REAL)) // 3)
    held = HOLDOUT.assign(who=1000 + np.arange(len(HOLDOUT)) // 3)
    schema = infer_schema(pa.Table.from_pandas(of_persons[["age", "who", "weight", "ill"]]))
    found = syncline.validate(of_persons, FRESH.assign(who=0), holdout=held, schema=schema, person="who")
    counted = found.gate.tests[-1]
    assert counted.train + counted.holdout <= 600
    declared = schema_with_person(schema, "who")
    with pytest.raises(UsageError, match="the schema gives the role person to column 'who'"):
        syncline.validate(of_persons, FRESH, schema=declared, person="age")
    with pytest.raises(UsageError, match=r"has no column 'nobody'; known are age, weight, ward, ill$"):
        syncline.validate(REAL, FRESH, schema=schema.without(("who",)), person="nobody")


def schema_with_person(schema: Schema, name: str) -> Schema:
    document = schema.to_document()
    others = [one for one in document["variables"] if one["name"] != name]
    person = {"name": name, "kind": "identifier", "role": "person"}
    return Schema.model_validate({**document, "variables": [person, *others]})


def test_a_page_of_171_columns_is_under_5_megabytes() -> None:
    found = syncline.validate(REAL, FRESH, holdout=HOLDOUT).document()
    names = [f"a rather long name of column {place}" for place in range(171)]
    numeric = next(column for column in found["distributions"] if column["column"] == "weight")  # type: ignore[union-attr, index, call-overload]
    found["distributions"] = [{**numeric, "column": name} for name in names]  # type: ignore[dict-item]
    pairs = [{"columns": [a, b], "value": 0.1, "floor": 0.1} for a in names for b in names if a < b]
    detail = {"worst": pairs[:10], "all": pairs, "sets": len(pairs)}
    found["metrics"]["tv_2way"]["detail"] = detail  # type: ignore[index, call-overload]
    text = as_page(found, "wide")
    assert text.count("<details>") == 171 + 1, "of each column, and of sets of three"
    assert "Every pair, as means over blocks of 5 neighbouring columns" in text
    assert "1–5 × 166–170: 0.1000" in text
    assert 600_000 < len(text.encode()) < 5_000_000


def test_names_may_be_one_text_and_the_figures_print_as_a_table() -> None:
    listed = syncline.validate(REAL, FRESH, holdout=HOLDOUT, keys=["age"], sensitive=["ill", "ward"])
    typed = syncline.validate(REAL, FRESH, holdout=HOLDOUT, keys="age", sensitive=" ill, ward")
    assert typed.document() == listed.document()
    head, *lines = str(listed).splitlines()
    assert head.split() == ["synthetic", "real", "against", "real"]
    assert [line.split()[0] for line in lines[: len(listed.metrics)]] == [*listed.metrics]
    assert any("disclosure gate" in line for line in lines)
    with pytest.raises(UsageError, match="keys"):
        syncline.validate(REAL, FRESH, holdout=HOLDOUT, keys="age,nothing")


def test_what_is_not_loaded_yet_is_completed_too() -> None:
    assert {"Synthesizer", "validate"} <= set(dir(syncline))
