"""Adult over four agents and a hub on loopback: seconds from submit to release, memory and quality."""

from __future__ import annotations

import csv
import gzip
import random
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.adult import judge
from benchmarks.processes import found, resident_mb
from benchmarks.shared_data import shared
from syncline.cli.demo.stage import Stage
from syncline.data.inference import infer_schema
from syncline.sources.registry import open_source
from syncline.sources.source_inference import read_table
from syncline.study.spec import StudySpec

SUPPLIERS = ("a", "b", "c", "d")
STUDY = """\
syncline: 1
study: adult
schema: schema.yaml
suppliers: [{suppliers}]
synthesizer: {{method: cart, seed: {seed}}}
{checked}
"""
UNCHECKED = "validation: none\nrelease: {gate: none, approvals: 0}"
CHECKED = """\
validation:
  {holdout: 0.2, target: income, keys: [age, sex, race, native-country], sensitive: [income, occupation]}
release: {gate: default, approvals: 0}"""
"""Every supplier compares the table with its rows; the whole default validation and its gate."""


def run() -> None:
    """Print times, memory and quality of a networked study, three seeds."""
    names = ("wall s", "hub MB", "agent MB", "tv2", "AUC", "TSTR", "nearer")
    print(f"{'4 agents, submit to release fetched':<42} " + " ".join(f"{name:>8}" for name in names))
    for seed in (1, 2, 3):
        with tempfile.TemporaryDirectory() as directory:
            _study(Path(directory), seed, UNCHECKED)
    with tempfile.TemporaryDirectory() as directory:
        _study(Path(directory), 1, CHECKED)


def _study(home: Path, seed: int, checked: str) -> None:
    train, holdout = shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv")
    listed = ", ".join(f"{{name: {name}}}" for name in SUPPLIERS)
    study = STUDY.format(suppliers=listed, seed=seed, checked=checked)
    (home / "schema.yaml").write_text(infer_schema(read_table(open_source(train))).to_yaml())
    cost = networked(home, split(train, home, [1, 2, 5, 9]), study)
    q = judge(train, holdout, cost.release / "synthetic.parquet")
    figures = " ".join(f"{q[name]:8.4f}" for name in ("tv2", "auc_holdout", "tstr", "dcr_share"))
    label = f"seed {seed}" + ("" if checked == UNCHECKED else ", compared by all suppliers")
    print(f"{label:<42} {cost.wall:8.2f} {cost.hub_mb:8.0f} {cost.agent_mb:8.0f} {figures}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a networked study took, and where its release lies."""

    wall: float
    hub_mb: float
    agent_mb: float
    release: Path


def networked(home: Path, files: Mapping[str, Path], text: str) -> Cost:
    """Run a study over agents with these files; ``text`` names ``schema.yaml``, which lies in ``home``."""
    (home / "logs").mkdir()
    study, me, release = home / "study.yaml", ("--home", str(home / "me")), home / "release"
    study.write_text(text)
    spec = StudySpec.from_yaml(study)
    with Stage(home / "logs") as stage:
        found(stage, home, files, spec.digest)
        time.sleep(2)
        watch = _Watch(len(files))
        began = time.perf_counter()
        stage.command("syncline.cli", "studies", "submit", str(study), "--wait", *me)
        wall = time.perf_counter() - began
        hub, agent = watch.stop()
        stage.command("syncline.cli", "releases", "fetch", spec.study, "--out", str(release), *me)
    return Cost(wall, hub, agent, release)


def split(source: Path, home: Path, weights: Sequence[int]) -> dict[str, Path]:
    """Split rows at random into parts of unlike size."""
    chance = random.Random(1)
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", newline="") as file:
        header, *rows = csv.reader(file)
    parts: dict[str, list[list[str]]] = {name: [] for name in SUPPLIERS}
    for row in rows:
        parts[chance.choices(SUPPLIERS, weights)[0]].append(row)
    files = {}
    for name, own in parts.items():
        files[name] = home / f"{name}.csv"
        with files[name].open("w", newline="") as file:
            csv.writer(file).writerows([header, *own])
    return files


class _Watch:
    """Sample the largest memory of the hub with its child, and of any agent with its child."""

    def __init__(self, agents: int) -> None:
        self._agents = agents
        self._ended = threading.Event()
        self._hub = self._agent = 0.0
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            self._hub = max(self._hub, sum(mb for _, mb in resident_mb("trusted_party")))
            own = [mb for _, mb in resident_mb("supplier_agent")]
            self._agent = max(self._agent, sum(own) / self._agents)

    def stop(self) -> tuple[float, float]:
        """Return the peaks: hub and child together; agent and child together, the mean over agents."""
        self._ended.set()
        self._thread.join()
        return self._hub, self._agent
