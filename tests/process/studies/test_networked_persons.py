"""A study of persons is repeated with what a supplier prints, and their key stays with suppliers."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest

from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_journal
from syncline.cli.demo.stage import Stage
from syncline.study.spec import StudySpec
from tests.process.studies.test_networked import (
    SCHEMA,
    SUPPLIERS,
    audit_of,
    check_assessment,
    digest,
    enrol,
    write_rows,
)

pytestmark = [pytest.mark.slow, pytest.mark.network]

STUDY = """\
syncline: 1
study: s-persons
schema: schema.yaml
suppliers: [{name: north}, {name: south, flow: raw}, {name: west, flow: prepared}]
synthesizer: {method: cart, min_leaf: 15, seed: 3}
hazards: {severe: report}
validation: {holdout: 0.3, target: sex, keys: [site], models: ["dose ~ age + sex"]}
release: {gate: none, approvals: 0}
"""
PERSON = "  - {name: pid, kind: identifier, role: person}\n"


def with_persons(files):
    """Give each row a person, of whom some are at two suppliers, and the west rows of the north's persons."""
    for name, file in files.items():
        with file.open(newline="") as source:
            header, *rows = csv.reader(source)
        if name == "west":
            rows = [["f", 40 + place, f"{place}.50", "a"] for place in range(40)]
        pids = [f"person-{place * 2 // 3:04}" for place in range(len(rows))]
        with file.open("w", newline="") as target:
            csv.writer(target).writerows(
                [["pid", *header], *([pid, *row] for pid, row in zip(pids, rows, strict=True))]
            )
    return files


def everything_of(root):
    """Return each file below a directory with its bytes."""
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_study_of_persons_is_repeated_with_what_a_supplier_prints(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "schema.yaml").write_text(SCHEMA.replace("variables:\n", f"variables:\n{PERSON}"))
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    files, spec = with_persons(write_rows(tmp_path)), StudySpec.from_yaml(path)
    fetched, simulated = tmp_path / "net", tmp_path / "sim"
    told_apart = dict.fromkeys(SUPPLIERS, ("--person", "pid"))
    with Stage(tmp_path / "logs") as stage:
        permitted = dict.fromkeys(SUPPLIERS, "flows: [summaries, prepared, raw]")
        enrol(stage, tmp_path, files, told_apart, [spec.digest], permitted)
        me = ("--home", str(tmp_path / "me"))
        stage.command("syncline.cli", "studies", "submit", str(path), "--wait", *me)
        stage.command("syncline.cli", "releases", "fetch", spec.study, "--out", str(fetched), *me)
        printed = {
            stage.command("supplier_agent", "studies", "salt", spec.study, "--home", str(tmp_path / name))
            for name in SUPPLIERS
        }
        (both,) = (text.strip() for text in printed)
        salt, key = bytes.fromhex(both)[:32], bytes.fromhex(both)[32:]
        hubs = stage.command("trusted_party", "studies", "salt", spec.study, "--home", str(tmp_path / "hub"))
        assert (len(key), hubs.strip()) == (32, salt.hex())
        named = [f"--supplier={name}={file}" for name, file in files.items()]
        stage.command("syncline.cli", "simulate", str(path), *named, "--salt", both, "--out", str(simulated))
        assert digest(simulated) == digest(fetched)
        check_assessment(simulated, fetched)
        audits = [audit_of(stage, tmp_path, "supplier_agent", name) for name in SUPPLIERS]
    said = json.loads((fetched / "manifest.json").read_text())["holdout"]
    assert said["salt_sha256"] == hashlib.sha256(salt).hexdigest()
    places = (fetched, simulated, tmp_path / "logs", tmp_path / "hub")
    outside = {path: content for place in places for path, content in everything_of(place).items()}
    for private in (key, *(private_key(tmp_path / name) for name in SUPPLIERS)):
        for form in (private, private.hex().encode()):
            assert not [path for path, content in outside.items() if form in content]
            assert form not in json.dumps(audits).encode()


def private_key(root):
    with open_journal(AgentHome(root)) as journal:
        (row,) = journal.read_now(lambda c: c.execute("SELECT private_key FROM study").fetchall())
    assert len(row[0]) == 32
    return bytes(row[0])
