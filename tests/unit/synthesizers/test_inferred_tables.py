"""A table without a schema: its shape is kept, no person's number comes out, and what was guessed is said."""

from __future__ import annotations

import csv
import datetime as dt
import json
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from syncline.cli.app import app
from syncline.data.note import Deed, TableWarning
from syncline.data.schema import Schema
from syncline.synthesizers.synthesizer import Synthesizer

ROWS = 1200


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    chance = random.Random(7)
    start = dt.datetime(2020, 1, 1)
    moments = [start + dt.timedelta(minutes=15 * chance.randint(0, 30_000)) for _ in range(ROWS)]
    days = [dt.date(2019, 1, 1) + dt.timedelta(chance.randint(0, 900)) for _ in range(ROWS)]
    return pd.DataFrame(
        {
            "pid": [f"P{row // 4:04}" for row in range(ROWS)],
            "mrn": [str(chance.randint(10**6, 10**7)) for _ in range(ROWS)],
            "half": [str(chance.randint(0, 300) / 2) for _ in range(ROWS)],
            "days": [str(chance.randint(0, 500) * 7) for _ in range(ROWS)],
            "visit": [moment.isoformat(" ") for moment in moments],
            "birth": [f"{day} 00:00:00" for day in days],
            "admitted": [day.strftime("%Y%m%d") for day in days],
            "hba1c": ["NULL" if chance.random() < 0.15 else f"{chance.gauss(6, 1):.1f}" for _ in range(ROWS)],
            "value": ["1e300" if row == 7 else f"{chance.gauss(5, 1):.2f}" for row in range(ROWS)],
            "icd": [chance.choice(["250.0", "250.00", "401.9"]) for _ in range(ROWS)],
            "ward": [chance.choice(["A", "A\u200b", "ICU\nnorth"]) for _ in range(ROWS)],
            "note": [f"was seen {row} times by {chance.random()}" for row in range(ROWS)],
        }
    )


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> Synthesizer:
    with pytest.warns(TableWarning, match="model.notes"):
        return Synthesizer(seed=1).fit(frame)


def test_values_stay_on_their_grids(model: Synthesizer) -> None:
    drawn = model.sample(ROWS)
    assert (drawn.half * 2 == (drawn.half * 2).round()).all()
    assert (drawn.days % 7 == 0).all()
    assert set(drawn.visit.dt.minute) <= {0, 15, 30, 45}
    assert (drawn.visit.dt.second == 0).all()
    assert (drawn.birth.dt.normalize() == drawn.birth).all()
    assert {type(day) for day in drawn.admitted} == {dt.date}
    assert drawn.value.max() < 20
    assert (drawn.value.round(2) == drawn.value).all()
    assert 0.1 < drawn.hba1c.isna().mean() < 0.2
    assert set(drawn.icd) == {"250.0", "250.00", "401.9"}
    assert set(drawn.ward) == {"A", "ICU north"}


def test_numbers_of_persons_and_free_text_do_not_come_out(model: Synthesizer, frame: pd.DataFrame) -> None:
    assert not {"pid", "mrn", "note"} & set(model.sample(10).columns)
    written = model.schema.to_yaml()
    assert not any(value in written for name in ("pid", "mrn") for value in frame[name])


def test_every_guess_is_a_note_with_a_remedy(model: Synthesizer) -> None:
    said = {note.column: note.deed for note in model.notes}
    assert {name for name, deed in said.items() if deed is Deed.LEFT_OUT} == {"pid", "mrn", "note"}
    assert {"hba1c", "value", "icd", "ward", "admitted"} <= said.keys()
    assert all(note.why and note.remedy for note in model.notes)
    assert {note.column: note.cells for note in model.notes}["value"] == 1


def test_a_schema_that_is_given_is_no_guess(frame: pd.DataFrame) -> None:
    schema = {"variables": [{"name": "days", "kind": "integer"}, {"name": "pid", "kind": "identifier"}]}
    with warnings.catch_warnings():
        warnings.simplefilter("error", TableWarning)
        model = Synthesizer(schema=schema, seed=1).fit(frame[["pid", "days"]])
    assert [(note.column, note.why.split()[0]) for note in model.notes] == [("pid", "a")]
    with pytest.warns(TableWarning, match="'half': left out") as warned:
        model = Synthesizer(schema=schema, seed=1).fit(frame[["pid", "days", "half"]])
    assert "pid" not in str(warned[0].message)
    assert [(note.column, note.why.split()[0]) for note in model.notes] == [("pid", "a"), ("half", "the")]


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f[f.index % 3 > 0],
        lambda f: f.sample(frac=1, random_state=1),
        lambda f: f.sort_values("half"),
    ],
)
def test_old_row_labels_make_no_column(
    frame: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    part = change(frame[["half", "days"]].astype(float))
    kept = Synthesizer(seed=1).fit(part).sample(50)
    assert list(kept.columns) == ["half", "days"]
    pd.testing.assert_frame_equal(kept, Synthesizer(seed=1).fit(part.reset_index(drop=True)).sample(50))


@pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")
@pytest.mark.parametrize("low", [6.25, 6.3])
def test_a_table_of_narrow_floats_is_within_its_own_range(low: float) -> None:
    chance = random.Random(7)
    values = [max(round(chance.gauss(13, 2), 1), low) for _ in range(800)]
    frame = pd.DataFrame({"hb": pd.Series(values, dtype="float32"), "x": [row % 9 for row in range(800)]})
    drawn = Synthesizer(seed=1).fit(frame).sample(100).hb
    assert (drawn.round(2) == drawn).all()


def test_the_commands_say_what_was_guessed(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    run = CliRunner().invoke
    inferred = run(app, ["schema", "infer", str(tmp_path / "t.csv")])
    assert inferred.exit_code == 0
    assert "# left out: all 1,200 cells: it looks like an identifier" in inferred.stdout
    assert "column 'pid': left out" in inferred.stderr
    schema = Schema.from_yaml(inferred.stdout)
    both = json.loads(run(app, ["schema", "infer", str(tmp_path / "t.csv"), "--json"]).stdout)
    assert Schema.model_validate(both["schema"]) == schema
    assert {"column", "deed", "cells", "what", "why", "remedy"} == both["notes"][0].keys()
    out = tmp_path / "s.csv"
    made = run(app, ["synthesize", str(tmp_path / "t.csv"), "--out", str(out), "--seed", "1", "--json"])
    assert made.exit_code == 0
    notes = json.loads(made.stdout)["notes"]
    assert notes[: len(both["notes"])] == both["notes"]
    assert [(note["column"], note["deed"]) for note in notes[len(both["notes"]) :]] == [("value", "merged")]
    assert "column 'note': left out" in made.stderr
    with out.open(encoding="utf-8", newline="") as file:
        assert "pid" not in next(csv.reader(file))
