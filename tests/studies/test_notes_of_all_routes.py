"""The same table gives the same notes, with count, reason and remedy, by whatever way it is looked at.

Each way says what it can know: all of them what inference guesses and leaves out, a fit besides what the
small-count rule takes away, and a fit and a comparison which columns follow from others.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

import syncline.wire

# isort: split

import syncline
from syncline.cli import main
from syncline.data.note import Deed, Note, TableWarning

ROWS = 600
BY_A_FIT = {Deed.MERGED, Deed.CLIPPED, Deed.MOVED}
STUDY = """
syncline: 1
study: routes
purpose: to compare what is told
schema: schema.yaml
suppliers: [{name: north, flow: summaries}]
quorum: {min_suppliers: 1}
synthesizer: {method: cart, rows: 600, seed: 3}
validation: none
release: {gate: none, approvals: 0}
"""

Told = set[tuple[object, ...]]


def record(draw: random.Random, place: int) -> list[object]:
    net = draw.randint(100, 90_000)
    return [
        f"P{place:05}",
        draw.choice(["0742", "5411", "5812"]),
        net,
        round(net * 1.19, 2),
        "rare" if place < 4 else draw.choice(["north", "south"]),
        draw.choice([str(draw.randint(1, 5)), "97", "98", "99"]),
        f"2024-0{draw.randint(1, 9)}-{draw.randint(10, 28)}T{draw.randint(10, 19)}:15:00+02:00",
        "N.A." if place % 9 == 0 else draw.randint(50, 90),
        f"{draw.randint(20, 300)} m²",
        draw.choice(["yes", "no"]),
        f"P{place:05} was seen, and told {draw.randint(0, 10**9)}",
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a messy table, and a synthetic one made of it."""
    folder, draw = tmp_path_factory.mktemp("routes"), random.Random(5)
    names = "patient_id,mcc,net,gross,region,answer,seen,weight,area,smoker,remark"
    lines = ["Klinik Süd,,,,,,,,,,", names]
    lines += [",".join(f'"{cell}"' for cell in record(draw, place)) for place in range(ROWS)]
    (folder / "real.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    (folder / "study.yaml").write_text(STUDY)
    return folder


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> Told:
    """Run a command with --json and return its notes."""
    monkeypatch.setattr(sys, "argv", ["syncline", *map(str, arguments), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert ended.value.code == 0, shown.err
    notes = json.loads(shown.out)["notes"]
    assert all(note["why"] and note["remedy"] for note in notes)
    return {tuple(note[key] for key in NOTE) for note in notes}


NOTE = ("column", "deed", "cells", "what", "why", "remedy")


def as_told(notes: tuple[Note, ...]) -> Told:
    return {tuple(note.to_json()[key] for key in NOTE) for note in notes}


def of(notes: Told, *deeds: Deed) -> Told:
    return {note for note in notes if note[1] in deeds}


def test_every_route_says_the_same_of_one_table(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = folder / "real.csv", folder / "made.parquet"
    guessed = told(capsys, monkeypatch, "schema", "infer", real)
    assert {str(column) for column, *_ in guessed} == {
        *("", "patient_id", "mcc", "answer", "seen", "weight", "area", "smoker", "remark")
    }

    synthesized = told(capsys, monkeypatch, "synthesize", real, "--out", made, "--seed", 3)
    computed = of(synthesized, Deed.COMPUTED)
    assert [column for column, *_ in computed] == ["gross"]
    assert of(synthesized, *BY_A_FIT)
    assert synthesized - computed - of(synthesized, *BY_A_FIT) == guessed

    with pytest.warns(TableWarning):
        model = syncline.Synthesizer(seed=3).fit(real)
    assert as_told(model.notes) == synthesized

    validated = told(
        capsys, monkeypatch, "validate", "--real", real, "--synthetic", made, "--out", folder / "report"
    )
    assert validated >= guessed | computed
    assert as_told(syncline.validate(real, made).notes) == validated


def test_every_route_says_the_same_under_one_schema(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made, schema = folder / "real.csv", folder / "by-schema.parquet", folder / "schema.yaml"
    with pytest.warns(TableWarning):
        inferred = syncline.Synthesizer(seed=3).fit(real).schema
    schema.write_text(inferred.without(("weight",)).to_yaml(), encoding="utf-8")
    synthesized = told(
        capsys, monkeypatch, "synthesize", real, "--schema", schema, "--out", made, "--seed", 3
    )
    around = {note for note in synthesized if not note[0]}
    assert {what for *_, what, _, _ in around} == {
        "1 line above the header",
        "letters beyond ASCII read as CP1252",
    }
    simulated = told(
        *(capsys, monkeypatch, "simulate", folder / "study.yaml", "--supplier", f"north={real}"),
        *("--out", folder / "release"),
    )
    own = (Deed.COMPUTED, *BY_A_FIT)
    assert of(simulated, *own) == of(synthesized, *own)
    left = (Deed.LEFT_OUT, Deed.GUESSED)
    assert {
        (*note[:3], str(note[3]).removesuffix(" of north"), *note[4:]) for note in of(simulated, *left)
    } == of(synthesized, *left)
    validated = told(
        *(capsys, monkeypatch, "validate", "--real", real, "--synthetic", made, "--schema", schema),
        *("--out", folder / "report-by-schema"),
    )
    assert validated >= of(synthesized, Deed.COMPUTED) | around


def test_every_route_says_that_times_of_a_zone_come_out_in_utc(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(6)
    times = ["2020-10-25T02:30:00", "2020-06-01T12:00:00", "2020-06-02T12:00:00"]
    real, made, schema = tmp_path / "real.csv", tmp_path / "made.csv", tmp_path / "schema.yaml"
    real.write_text("t,x\n" + "".join(f"{draw.choice(times)},{draw.randint(0, 9)}\n" for _ in range(ROWS)))
    schema.write_text(
        "variables:\n- {name: t, kind: datetime, zone: Europe/Berlin, range: [2020-01-01, 2021-01-01]}\n"
        "- {name: x, kind: integer, range: [0, 9]}\n"
    )
    (tmp_path / "study.yaml").write_text(STUDY)
    synthesized = told(capsys, monkeypatch, "synthesize", real, "--schema", schema, "--out", made)
    own = {note for note in synthesized if note[0] == "t"}
    assert {str(note[3]).partition(" cells ")[2] for note in own} == {
        "released in UTC",
        "at a time that the clocks of Europe/Berlin show twice",
    }
    with pytest.warns(TableWarning, match="show twice"):
        model = syncline.Synthesizer(schema=schema).fit(real)
    assert as_told(model.notes) == synthesized
    simulated = told(
        *(capsys, monkeypatch, "simulate", tmp_path / "study.yaml", "--supplier", f"north={real}"),
        *("--out", tmp_path / "release"),
    )
    assert {(*note[:3], str(note[3]).replace(" of north", ""), *note[4:]) for note in simulated} >= own
    validated = told(
        *(capsys, monkeypatch, "validate", "--real", real, "--synthetic", made, "--schema", schema),
        *("--out", tmp_path / "report"),
    )
    assert validated >= own
