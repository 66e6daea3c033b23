"""A supplier that synthesized its own rows compares the study's table with its real ones, at home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncline.cli.demo.stage import Stage
from syncline.study.spec import StudySpec
from tests.process.studies import test_networked as networked

pytestmark = [pytest.mark.slow, pytest.mark.network]

FLOWS = {
    "alone": ("synthesized", "synthesized", "synthesized"),
    "mixed": ("summaries", "synthesized", "prepared"),
}


def test_real_rows_of_who_synthesized_are_compared_at_home(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "schema.yaml").write_text(networked.SCHEMA)
    files = networked.write_rows(tmp_path)
    counted = {name: len(file.read_text().splitlines()) - 1 for name, file in files.items()}
    files["west"].write_text(files["north"].read_text())
    studies = {}
    for fold, flows in FLOWS.items():
        studies[fold] = tmp_path / f"{fold}.yaml"
        text = networked.STUDY.format(min_cell=2, fold=fold, holdout="0.2", flows=flows)
        studies[fold].write_text(text.replace("seed: 3", "seed: 3, rows: 1200"))
    specs = [StudySpec.from_yaml(path) for path in studies.values()]
    permitted = dict.fromkeys(networked.SUPPLIERS, "flows: [summaries, prepared, synthesized]")
    with Stage(tmp_path / "logs") as stage:
        none = dict.fromkeys(files, ())
        networked.enrol(stage, tmp_path, files, none, [spec.digest for spec in specs], permitted)
        me = ("--home", str(tmp_path / "me"))
        for spec, path in zip(specs, studies.values(), strict=True):
            stage.command("syncline.cli", "studies", "submit", str(path), "--wait", *me)
            fetched = tmp_path / f"net-{spec.study}"
            stage.command("syncline.cli", "releases", "fetch", spec.study, "--out", str(fetched), *me)
            report = json.loads((fetched / "report.json").read_text())
            real = 2 * counted["north"] + counted["south"]
            assert sum(report["people"].values()) == real
            assert report["metrics"]["auc_holdout"]["value"] is not None
            assert {row["name"] for row in report["by_supplier"]} == set(networked.SUPPLIERS)
        entries = networked.audit_of(stage, tmp_path, "supplier_agent", "south")
        asked = [
            question["kind"]
            for entry in entries
            if entry["kind"] == "round-answered"
            for question in entry["fields"]["questions"]
        ]
        assert asked.count("synthesized_rows") == 2
        assert asked.count("score_candidate") == 2
        candidates = {entry["fields"].get("candidate_sha256") for entry in entries} - {None}
        assert len(candidates) == 2
