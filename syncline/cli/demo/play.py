"""The plot: found a hub, enrol suppliers, run a study, fetch its release, show what crossed the wire."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from syncline.cli.agreement_table import show_agreement
from syncline.cli.demo.scene import SCENES, DemoData, Scene, schema_text, split_by_site
from syncline.cli.demo.stage import Stage, free_ports
from syncline.cli.demo.traffic import show_traffic
from syncline.cli.release_decisions import approve, find_release
from syncline.cli.releases import fetch
from syncline.cli.studies import Until, end, submitted, wait
from syncline.cli.study_progress import AWAITING_RELEASE
from syncline.cli.terminal import say
from syncline.durable.private_directory import make_private_directory
from syncline.errors import StorageError, UsageError
from syncline.questions.table import permissions
from syncline.study.flow import STEPS, DataFlow
from syncline.synthesizers.registry import DEFAULT, cards

MARK = ".syncline-demo"
STUDY = "demo"
OVERRIDDEN = "public data, released for a demonstration"
PEOPLE = ("researcher", "approver")
"""Who enrols besides the suppliers, each by the name of the role."""

_POLICY = """\
# Written by the demo. It permits the demo's one study without a person's approval: this is public data;
# a supplier's own policy begins by refusing everything. min_suppliers is lowered to the demo's number, and
# salt: study lets the study say who is held out, so that each demo holds out the same persons.
syncline: 1
studies: [{study}]
flows: [{flow}]
datasets: [{study}]
columns: {{allow: ["*"]}}
questions: [{questions}]
limits: {{max_order: 2, max_rounds: 100, max_cells: 10000000000}}
min_cell: 11
min_suppliers: {suppliers}
validation: {{models: true, salt: study}}
approval: {{mode: automatic, specs: [{digest}]}}
"""


def demo(
    data: Annotated[DemoData, typer.Option("--data", help="Which real table.")] = DemoData.RAND_HIE,
    flow: Annotated[
        DataFlow, typer.Option("--flow", help="How every supplier takes part.")
    ] = DataFlow.SUMMARIES,
    method: Annotated[str, typer.Option("--method", help=f"{' or '.join(cards())}.")] = DEFAULT,
    rows: Annotated[
        int | None, typer.Option("--rows", min=1, help="Synthetic rows; as many as are real.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Where everything goes; made anew.")] = Path("demo"),
) -> None:
    """Run a study over real data: a hub and one agent for each site, as processes on this machine."""
    from syncline.study.spec import StudySpec

    started = time.monotonic()
    scene = SCENES[data]
    out = _fresh(out.absolute())
    suppliers = split_by_site(scene, out / "data")
    (out / "schema.yaml").write_text(schema_text(scene), encoding="utf-8")
    study = out / "study.yaml"
    study.write_text(_study_text(scene, list(suppliers), flow, method, rows), encoding="utf-8")
    digest = StudySpec.from_yaml(study).digest
    say(f"{scene.title}: {len(suppliers)} suppliers, each a process with a home of its own under {out}")
    with Stage(out / "logs") as stage:
        try:
            hub = _open_hub(stage, out, list(suppliers))
            policy = _policy(flow, len(suppliers), digest)
            _open_agents(stage, out, suppliers, hub, policy, scene.person)
            _run_study(stage, out, study)
        except KeyboardInterrupt:
            say("interrupted: ending the hub and the agents", err=True)
            raise typer.Exit(130) from None
        show_agreement(out / "release")
        show_traffic(stage, out, list(suppliers), STEPS[flow].leaves)
    say(f"release: {out / 'release'}   report: {out / 'release' / 'report.html'}")
    say(f"done in {time.monotonic() - started:.0f} s; check it with: {check_line(out)}")


def check_line(out: Path) -> str:
    """Return the command that checks the release, as it can be typed here; it pins the demo's own hub."""
    beside = Path(sys.executable).with_name("syncline")
    command = [
        str(_from_here(beside)) if beside.exists() else "syncline",
        *("verify", str(_from_here(out / "release"))),
        *("--home", str(_from_here(out / "researcher")), "--offline"),
    ]
    return shlex.join(command)


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


class _Hub:
    """Where the demo's hub is, and the tokens that it gave."""

    def __init__(self, address: str, tokens: dict[str, str]) -> None:
        self.address, self.tokens = address, tokens


def _open_hub(stage: Stage, out: Path, suppliers: list[str]) -> _Hub:
    home = str(out / "hub")
    stage.command("trusted_party", "init", "--home", home, "--host", "127.0.0.1")
    port, _ = free_ports()
    address = f"127.0.0.1:{port}"
    stage.daemon("hub", "trusted_party", "serve", "--home", home, "--listen", address, "--json")
    begun = {
        name: stage.begin("trusted_party", "invite", name, "--home", home, "--role", role, "--json")
        for name, role in [
            *((name, "supplier") for name in suppliers),
            *((name, name) for name in PEOPLE),
        ]
    }
    tokens = {name: str(stage.collect(process)["token"]) for name, process in begun.items()}
    stage.wait_for_port(port)
    stage.wait_for_port(port + 1)
    say(f"hub at {address}: mutual TLS 1.3; {len(tokens)} one-time tokens, valid for ten minutes")
    return _Hub(address, tokens)


def _policy(flow: DataFlow, suppliers: int, digest: str) -> str:
    questions = ", ".join(permissions())
    return _POLICY.format(
        study=STUDY, flow=flow.value, questions=questions, suppliers=suppliers, digest=digest
    )


def _open_agents(
    stage: Stage, out: Path, suppliers: dict[str, Path], hub: _Hub, policy: str, persons: str | None
) -> None:
    begun = []
    for person in PEOPLE:
        login = ["login", "-", "--hub", hub.address, "--home", str(out / person)]
        begun.append(stage.begin("syncline.cli", *login, given=hub.tokens[person]))
    for name in suppliers:
        enrol = ["enrol", "-", "--hub", hub.address, "--home", str(out / name)]
        begun.append(stage.begin("supplier_agent", *enrol, given=hub.tokens[name]))
    for process in begun:
        stage.collect(process)
    added = []
    for name, file in suppliers.items():
        home = out / name
        (home / "policy.yaml").write_text(policy, encoding="utf-8")
        add = ["datasets", "add", STUDY, str(file), "--home", str(home)]
        added.append(stage.begin("supplier_agent", *add, *(["--person", persons] if persons else [])))
    for process in added:
        stage.collect(process)
    for name in suppliers:
        stage.daemon(name, "supplier_agent", "run", "--home", str(out / name), "--json")
    say(f"agents: {', '.join(suppliers)}; each approves this study alone, by its digest")


def _run_study(stage: Stage, out: Path, study: Path) -> None:
    home = out / "researcher"
    status = submitted(study, home, quiet=False, until=Until.PEOPLE.reached)
    if status.state == AWAITING_RELEASE:
        _approve(out / "approver", out / "approver" / "read")
        wait(STUDY, until=Until.RELEASED, home=home)
    else:
        end(status)
    fetch(STUDY, out / "release", home=home)


def _approve(home: Path, read: Path) -> None:
    """Read the report as the approver and sign it; a gate that failed is overridden: the data is public."""
    failures = find_release(STUDY, home).gate_failures
    fetch(STUDY, read, report_only=True, home=home)
    if failures:
        say("the disclosure gate did not pass; the approver overrides it because this is public data:")
        for failure in failures:
            say(f"  {failure}")
    reason = OVERRIDDEN if failures else ""
    approve(STUDY, override=bool(failures), reason=reason, report=read, home=home)


def _study_text(scene: Scene, suppliers: list[str], flow: DataFlow, method: str, rows: int | None) -> str:
    named = "\n".join(f"  - {{name: {name}, dataset: {STUDY}, flow: {flow.value}}}" for name in suppliers)
    wanted = "" if rows is None else f", rows: {rows}"
    return (
        f'syncline: 1\nstudy: {STUDY}\npurpose: "{scene.purpose}"\nschema: schema.yaml\nsuppliers:\n{named}\n'
        f"quorum: {{min_suppliers: {len(suppliers)}, deadline: 10m, then: fail}}\n"
        f"synthesizer: {{method: {method}{wanted}}}\n"
        f"privacy: {{min_cell: 11}}\nvalidation:\n{scene.validation}"
        "release: {gate: default, approvals: 1, approvers: [approver], formats: [parquet]}\n"
    )


def _fresh(out: Path) -> Path:
    """Empty the directory of an earlier demo; refuse one that the demo did not make."""
    if out.exists() and not (out / MARK).exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out {out}: is not an earlier demo's directory; name another one")
    try:
        if out.exists():
            shutil.rmtree(out)
        for part in (out, out / "data", out / "logs"):
            make_private_directory(part)
        (out / MARK).write_text(
            "Made by 'syncline demo', which makes it anew at every run.\n", encoding="utf-8"
        )
    except OSError as error:
        raise StorageError(f"--out {out}: cannot be made ({error.strerror}); name another place") from error
    return out
