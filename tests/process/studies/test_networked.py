"""The networked study releases the same bytes as the simulated one: real processes, TLS and journals."""

from __future__ import annotations

import csv
import hashlib
import json
import random

import pytest

from syncline.cli.demo.stage import Stage, free_ports
from syncline.preparation.preparation_document import Preparation
from syncline.study.spec import StudySpec

pytestmark = [pytest.mark.slow, pytest.mark.network]

SUPPLIERS = ("north", "south", "west")
FLOWS = {
    "0": ("summaries", "summaries", "summaries"),
    "0.2": ("raw", "raw", "prepared"),
    "auto": ("raw", "raw", "prepared"),
}
"""The flow that is asked of each supplier, by the share that the study holds out."""

PERMITTED = {
    "north": "flows: [summaries, prepared, raw]",
    "south": "flows: [summaries]\nnarrow: {raw: summaries, prepared: summaries}",
    "west": "flows: [summaries, prepared, raw]",
}
"""What each supplier's policy says of flows: the south narrows what is asked of it."""

ASSESSED = (
    "candidate_sha256",
    "rows",
    "people",
    "metrics",
    "gate",
    "distributions",
    "by_supplier",
    "subgroups",
    "how_measured",
)

SCHEMA = """\
variables:
  - {name: sex, kind: categorical, categories: [f, m], missing: ["?"]}
  - {name: age, kind: integer, range: [0, 110]}
  - {name: dose, kind: continuous, decimals: 2, range: [0, 500], missing: [NA]}
  - {name: site, kind: categorical, categories: [a, b, c, d, e]}
"""
STUDY = """\
syncline: 1
study: s-{min_cell}-{fold}
schema: schema.yaml
suppliers:
  - {{name: north, flow: {flows[0]}}}
  - {{name: south, flow: {flows[1]}}}
  - {{name: west, flow: {flows[2]}}}
synthesizer: {{method: cart, min_leaf: 15, seed: 3}}
privacy: {{min_cell: {min_cell}}}
hazards: {{severe: report}}
validation: {{holdout: {holdout}, target: sex, keys: [site], sensitive: [sex], models: ["dose ~ age + sex"]}}
release: {{gate: none, approvals: 0}}
"""
POLICY = """\
syncline: 1
studies: ["s-*"]
{permitted}
datasets: [rows]
columns: {{allow: ["*"]}}
questions: [row_count, profile, rank_counts, marginals, moments, formula_check, tree_level]
limits: {{max_order: 2, max_rounds: 60, max_cells: 1000000000}}
min_cell: 1
min_suppliers: 3
validation: {{models: true, holdout: {{least: 0, most: 0.5}}}}
approval: {{mode: automatic, specs: [{digests}]}}
"""
PREPARATION = """\
syncline: 1
steps:
  - {step: recode, columns: [SEX], codes: {"1": f, "2": m, "-9": ""}, unlisted: stop}
  - {step: rename, columns: {SEX: sex, AGE: age, DOSE: dose, SITE: site}}
  - {step: decimal_comma, columns: [dose]}
  - {step: case, columns: [site], to: lower}
"""


def write_rows(directory):
    chance = random.Random(5)
    parts = {name: [] for name in SUPPLIERS[:2]} | {"west": []}
    for _ in range(700):
        age = chance.randint(18, 90)
        sex = chance.choice(["f", "m", "m", "?"])
        dose = "NA" if chance.random() < 0.1 else f"{age * chance.choice([1, 1.25]) + chance.random():.2f}"
        parts[chance.choice(["north", "south", "south", "south"])].append(
            [sex, age, dose, chance.choice("aaabbcde")]
        )
    files = {}
    for name, rows in parts.items():  # west holds no row at all
        files[name] = directory / f"{name}.csv"
        with files[name].open("w", newline="") as file:
            csv.writer(file).writerows([["sex", "age", "dose", "site"], *rows])
    return files


def write_messy(clean, directory):
    """Write the south's rows in another coding, with the preparation that undoes it."""
    messy, preparation = directory / "messy.csv", directory / "preparation.yaml"
    preparation.write_text(PREPARATION)
    with clean.open(newline="") as source, messy.open("w", newline="") as file:
        header, *rows = csv.reader(source)
        writer = csv.writer(file, delimiter=";")
        writer.writerow([name.upper() for name in header])
        codes = {"f": "1", "m": "2", "?": "-9"}
        for sex, age, dose, site in rows:
            writer.writerow([codes[sex], age, dose.replace(".", ","), site.upper()])
    return messy, preparation


def write_studies(directory):
    (directory / "schema.yaml").write_text(SCHEMA)
    studies = []
    for min_cell, holdout in ((1, "0"), (1, "0.2"), (11, "0"), (11, "auto")):
        path = directory / f"study-{min_cell}-{holdout}.yaml"
        fold, flows = holdout.replace(".", ""), FLOWS[holdout]
        path.write_text(STUDY.format(min_cell=min_cell, holdout=holdout, fold=fold, flows=flows))
        studies.append(path)
    return studies


def enrol(stage, home, files, preparations, digests, permitted=PERMITTED):
    port, _ = free_ports()
    address, hub = f"127.0.0.1:{port}", str(home / "hub")
    stage.command("trusted_party", "init", "--home", hub, "--host", "127.0.0.1")
    stage.daemon("hub", "trusted_party", "serve", "--home", hub, "--listen", address, "--json")
    stage.wait_for_port(port + 1)
    for name, file in files.items():
        own = str(home / name)
        token = stage.command("trusted_party", "invite", name, "--home", hub, "--json")["token"]
        stage.command("supplier_agent", "enrol", token, "--hub", address, "--home", own)
        stage.command(
            "supplier_agent", "datasets", "add", "rows", str(file), *preparations[name], "--home", own
        )
        (home / name / "policy.yaml").write_text(
            POLICY.format(permitted=permitted[name], digests=", ".join(digests))
        )
        stage.daemon(name, "supplier_agent", "run", "--home", own, "--json")
    invited = stage.command("trusted_party", "invite", "me", "--role", "researcher", "--home", hub, "--json")
    stage.command("syncline.cli", "login", invited["token"], "--hub", address, "--home", str(home / "me"))


def audit_of(stage, home, module="trusted_party", name="hub"):
    out = home / f"{name}.jsonl"
    stage.command(module, "audit", "export", "--out", str(out), "--home", str(home / name))
    return [json.loads(line) for line in out.read_text().splitlines()]


def digest(directory):
    return hashlib.sha256((directory / "synthetic.parquet").read_bytes()).hexdigest()


def check_assessment(simulated, fetched):
    """The suppliers' comparison over the network says what the simulated one does, to the last digit."""
    one, other = (json.loads((place / "report.json").read_text()) for place in (simulated, fetched))
    assert other["synthetic"] is True
    for key in ASSESSED:
        assert one[key] == other[key], key
    assert other["metrics"]["tv_2way"]["value"] is not None


def check_participation(stage, fetched, spec, preparation, me):
    """Manifest, report and status name the flow that was asked, the one answered, and the preparation."""
    asked = {entry.name: str(entry.flow) for entry in spec.suppliers}
    expected = {
        name: (flow, "summaries" if name == "south" else flow, preparation if name == "south" else None)
        for name, flow in asked.items()
    }
    manifest = json.loads((fetched / "manifest.json").read_text())
    report = json.loads((fetched / "report.json").read_text())
    for entries in (manifest["roster"], report["suppliers"]):
        found = {e["name"]: (e["flow_asked"], e["flow"], e["preparation_sha256"]) for e in entries}
        assert found == expected
    status = stage.command("syncline.cli", "studies", "show", spec.study, "--json", *me)
    told = {item["name"]: (item["flow_asked"], item["flow"]) for item in status["suppliers"]}
    assert told == {name: flows[:2] for name, flows in expected.items()}


def check_salt(stage, home, spec, fetched):
    """Return the salt: every supplier and the hub print the same, and nothing that is released holds it."""
    printed = {
        stage.command("supplier_agent", "studies", "salt", spec.study, "--home", str(home / name)).strip()
        for name in SUPPLIERS
    }
    hubs = stage.command("trusted_party", "studies", "salt", spec.study, "--home", str(home / "hub"))
    (salt,) = printed | {hubs.strip()}
    assert not any(salt.encode() in path.read_bytes() for path in fetched.iterdir())
    assert not any(salt.encode() in path.read_bytes() for path in (home / "logs").iterdir())
    said = json.loads((fetched / "manifest.json").read_text())["holdout"]
    assert said["salt_sha256"] == hashlib.sha256(bytes.fromhex(salt)).hexdigest()
    assert sorted(said["commitments"]) == ["(hub)", *SUPPLIERS]
    assert said["share"] == {"s-1-0": 0.0, "s-1-02": 0.2, "s-11-0": 0.0, "s-11-auto": 0.5}[spec.study]
    reported = json.loads((fetched / "report.json").read_text())["provenance"]["holdout"]
    assert reported == {"share": said["share"], "salt_from": said["salt_from"]}
    return salt


def test_a_networked_study_releases_what_the_simulated_one_does(tmp_path):
    (tmp_path / "logs").mkdir()
    files, studies = write_rows(tmp_path), write_studies(tmp_path)
    specs = [StudySpec.from_yaml(path) for path in studies]
    named = [f"--supplier={name}={file}" for name, file in files.items()]
    messy, preparation = write_messy(files["south"], tmp_path)
    held = {**files, "south": messy}
    preparations = {"north": (), "south": ("--preparation", str(preparation)), "west": ()}
    with Stage(tmp_path / "logs") as stage:
        enrol(stage, tmp_path, held, preparations, [spec.digest for spec in specs])
        for path, spec in zip(studies, specs, strict=True):
            simulated, fetched = tmp_path / f"sim-{spec.study}", tmp_path / f"net-{spec.study}"
            me = ("--home", str(tmp_path / "me"))
            stage.command("syncline.cli", "studies", "submit", str(path), "--wait", *me)
            stage.command("syncline.cli", "releases", "fetch", spec.study, "--out", str(fetched), *me)
            salt = check_salt(stage, tmp_path, spec, fetched)
            given = (*named, "--salt", salt)
            stage.command("syncline.cli", "simulate", str(path), *given, "--out", str(simulated))
            assert digest(simulated) == digest(fetched), spec.study
            assert stage.command("syncline.cli", "verify", str(fetched), "--json", *me)["passed"]
            check_assessment(simulated, fetched)
            check_participation(stage, fetched, spec, Preparation.from_yaml(preparation).digest, me)
        named = [f"--supplier={name}={file}" for name, file in held.items()]
        prepared = (f"--preparation=south={preparation}", "--out", str(tmp_path / "prepared"), "--salt", salt)
        stage.command("syncline.cli", "simulate", str(path), *named, *prepared)
        assert digest(tmp_path / "prepared") == digest(fetched)
        roster = json.loads((tmp_path / "prepared" / "manifest.json").read_text())["roster"]
        by = {entry["name"]: entry["preparation_sha256"] for entry in roster}
        assert by == {"north": None, "south": Preparation.from_yaml(preparation).digest, "west": None}
        assert stage.command(
            "syncline.cli", "verify", str(tmp_path / "prepared"), "--json", "--accept", "unpinned"
        )["passed"]
        answered = [
            e for e in audit_of(stage, tmp_path, "supplier_agent", "south") if e["kind"] == "round-answered"
        ]
        prepared_by = {entry["fields"]["preparation_sha256"] for entry in answered}
        assert prepared_by == {Preparation.from_yaml(preparation).digest}
        kept = [entry["fields"] for entry in audit_of(stage, tmp_path) if entry["kind"] == "rows_deleted"]
        assert [(row["supplier"], row["flow"]) for row in kept] == [
            ("north", "raw"),
            ("west", "prepared"),
        ] * 2
