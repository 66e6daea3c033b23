"""Adult over four agents and a hub on loopback: seconds from submit to release, memory and quality."""

from __future__ import annotations

import csv
import random
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.adult import judge
from benchmarks.processes import found, resident_mb
from benchmarks.shared_data import shared
from syncline.cli.demo.stage import Stage

SUPPLIERS = ("a", "b", "c", "d")
STUDY = """\
syncline: 1
study: adult
schema: schema.yaml
suppliers: [{suppliers}]
synthesizer: {{method: cart, seed: {seed}}}
validation: none
"""


def run() -> None:
    """Print times, memory and quality of a networked study, three seeds."""
    names = ("wall s", "hub MB", "agent MB", "tv2", "AUC", "TSTR", "nearer")
    print(f"{'4 agents, submit to release fetched':<42} " + " ".join(f"{name:>8}" for name in names))
    for seed in (1, 2, 3):
        with tempfile.TemporaryDirectory() as directory:
            _study(Path(directory), seed)


def _study(home: Path, seed: int) -> None:
    from syncline.study.spec import StudySpec

    (home / "logs").mkdir()
    train, holdout = shared("data", "adult", "train.csv"), shared("data", "adult", "holdout.csv")
    files = _split(train, home)
    with Stage(home / "logs") as stage:
        schema = stage.command("syncline.cli", "schema", "infer", str(train))
        (home / "schema.yaml").write_text(schema)
        study = home / "study.yaml"
        study.write_text(STUDY.format(suppliers=", ".join(f"{{name: {n}}}" for n in SUPPLIERS), seed=seed))
        found(stage, home, files, StudySpec.from_yaml(study).digest)
        time.sleep(2)
        watch = _Watch()
        began = time.perf_counter()
        stage.command("syncline.cli", "studies", "submit", str(study), "--wait", "--home", str(home / "me"))
        wall = time.perf_counter() - began
        hub, agent = watch.stop()
        stage.command(
            "syncline.cli",
            "releases",
            "fetch",
            "adult",
            "--out",
            str(home / "release"),
            "--home",
            str(home / "me"),
        )
    q = judge(train, holdout, home / "release" / "synthetic.parquet")
    figures = " ".join(f"{q[name]:8.4f}" for name in ("tv2", "auc_holdout", "tstr", "dcr_share"))
    print(f"{'seed ' + str(seed):<42} {wall:8.2f} {hub:8.0f} {agent:8.0f} {figures}")


def _split(source: Path, home: Path) -> dict[str, Path]:
    """Split rows at random into parts of unlike size."""
    chance = random.Random(1)
    with source.open(newline="") as file:
        header, *rows = csv.reader(file)
    parts: dict[str, list[list[str]]] = {name: [] for name in SUPPLIERS}
    for row in rows:
        parts[chance.choices(SUPPLIERS, [1, 2, 5, 9])[0]].append(row)
    files = {}
    for name, own in parts.items():
        files[name] = home / f"{name}.csv"
        with files[name].open("w", newline="") as file:
            csv.writer(file).writerows([header, *own])
    return files


class _Watch:
    """Sample the largest memory of the hub with its child, and of any agent with its child."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._hub = self._agent = 0.0
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            self._hub = max(self._hub, sum(mb for _, mb in resident_mb("trusted_party")))
            own = [mb for _, mb in resident_mb("supplier_agent")]
            self._agent = max(self._agent, sum(own) / len(SUPPLIERS))

    def stop(self) -> tuple[float, float]:
        """Return the peaks: hub and child together; agent and child together, the mean over agents."""
        self._ended.set()
        self._thread.join()
        return self._hub, self._agent
