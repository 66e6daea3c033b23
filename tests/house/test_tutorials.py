"""The tutorials are typed as they stand, in the order of their numbers, until a release is verified."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.cli.demo.stage import free_ports
from tests.house.repository import ROOT

PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(
    r"^<!-- (?:step (?P<number>\d+)(?P<background> background)?|file (?P<file>[\w.]+)) -->\n"
    r"```(?:sh|yaml)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SHELL = re.compile(r"^```sh$", re.MULTILINE)
PORT = "8443"
APPROVING = 16
PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    text: str
    background: bool


def blocks() -> Iterator[re.Match[str]]:
    for page in PAGES:
        yield from BLOCK.finditer(page.read_text("utf-8"))


def steps() -> list[Step]:
    """Return what is typed, in order."""
    found = [
        Step(int(block["number"]), block["text"], block["background"] is not None)
        for block in blocks()
        if block["number"]
    ]
    return sorted(found, key=lambda step: step.number)


def test_every_command_of_a_tutorial_has_its_place_in_the_order() -> None:
    numbers = [step.number for step in steps()]
    assert numbers == sorted(set(numbers))
    assert len(steps()) == sum(len(SHELL.findall(page.read_text("utf-8"))) for page in PAGES)


class Terminal:
    """A directory in which steps are typed; daemons that a step began end with it."""

    def __init__(self, root: Path, port: int) -> None:
        self._port = port
        self._daemons: list[subprocess.Popen[bytes]] = []
        for name in ("docs", ".venv"):
            source = ROOT / name if name == "docs" else Path(sys.prefix)
            (root / name).symlink_to(source)
        self.place = root / "tutorial"
        self._environment = {**os.environ, "PATH": f"{root / '.venv' / 'bin'}:{os.environ['PATH']}"}

    def begin(self, root: Path, text: str) -> None:
        self._run(root, text)

    def type(self, step: Step) -> str:
        """Run a step; approving waits until the agents have heard of the study, as a person would."""
        text = step.text.replace(PORT, str(self._port))
        if step.background:
            shell = ["bash", "-eu", "-c", text]
            log = (self.place / f"step-{step.number}.log").open("wb")
            with log:
                self._daemons.append(
                    subprocess.Popen(
                        shell,
                        cwd=self.place,
                        env=self._environment,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )
                )
            time.sleep(3)
            return ""
        return self._run(self.place, text, PATIENCE if step.number == APPROVING else 0)

    def _run(self, place: Path, text: str, patience: float = 0) -> str:
        ends = time.monotonic() + patience
        while True:
            done = subprocess.run(
                ["bash", "-eu", "-c", text],
                cwd=place,
                env=self._environment,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode == 0:
                return done.stdout
            if time.monotonic() >= ends:
                raise AssertionError(f"{text}\n{done.stdout}\n{done.stderr}\n{self._logs()}")
            time.sleep(1)

    def _logs(self) -> str:
        return "\n".join(path.read_text("utf-8") for path in sorted(self.place.glob("step-*.log")))

    def close(self) -> None:
        for daemon in self._daemons:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGTERM)
        for daemon in self._daemons:
            daemon.wait(30)


@pytest.mark.slow
@pytest.mark.network
def test_what_the_tutorials_say_leads_to_a_verified_release(tmp_path: Path) -> None:
    pytest.importorskip("palmerpenguins")
    first, *others = steps()
    terminal = Terminal(tmp_path, free_ports()[0])
    try:
        terminal.begin(tmp_path, first.text)
        for block in blocks():
            if block["file"]:
                (terminal.place / block["file"]).write_text(block["text"], "utf-8")
        said = {step.number: terminal.type(step) for step in others}
    finally:
        terminal.close()
    assert any(species in said[20] for species in ("Adelie", "Chinstrap", "Gentoo"))
    report = json.loads((terminal.place / "release" / "report.json").read_text("utf-8"))
    assert report["gate"]["passed"] is True
