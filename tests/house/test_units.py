"""The systemd units are valid, and give the daemons as few rights as they need."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house.repository import DEPLOY, ROOT

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HIGHEST_EXPOSURE = "20"  # of 100, as systemd-analyze security counts
HARDENED = {
    "LimitCORE": "0",
    "MemoryDenyWriteExecute": "yes",
    "NoNewPrivileges": "yes",
    "PrivateTmp": "yes",
    "ProtectHome": "yes",
    "ProtectSystem": "strict",
    "Restart": "on-failure",
    "StateDirectoryMode": "0700",
    "UMask": "0077",
}

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def settings_of(unit: Path) -> dict[str, str]:
    lines = (line for line in unit.read_text("utf-8").splitlines() if "=" in line and line[0] != "#")
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def with_a_program_that_exists(unit: Path, folder: Path) -> Path:
    """Copy a unit so that its program exists on this machine, as systemd's check requires."""
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"))
    copy = folder / unit.name
    copy.write_text(text, "utf-8")
    return copy


def analyze(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *args], capture_output=True, encoding="utf-8", check=False)


def test_there_is_a_unit_for_each_daemon() -> None:
    assert [unit.stem for unit in UNITS] == ["supplier-agent", "trusted-party"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_hardened(unit: Path) -> None:
    found = settings_of(unit)
    assert {key: found.get(key) for key in HARDENED} == HARDENED
    assert found["CapabilityBoundingSet"] == ""
    assert found["User"] not in {"", "root"}
    assert {"MemoryMax", "TasksMax", "SystemCallFilter"} <= found.keys()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_an_installed_command_in_its_state_directory(unit: Path) -> None:
    found = settings_of(unit)
    program, *arguments = found["ExecStart"].split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert Path(program).name in scripts
    assert arguments[arguments.index("--home") + 1] == f"/var/lib/{found['StateDirectory']}"
    users = (DEPLOY / "systemd" / "syncline.sysusers.conf").read_text("utf-8")
    assert re.search(rf"^u {found['User']} ", users, flags=re.MULTILINE)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_accepts_a_unit(unit: Path, tmp_path: Path) -> None:
    run = analyze("verify", "--man=no", str(with_a_program_that_exists(unit, tmp_path)))
    complaints = [line for line in run.stderr.splitlines() if unit.name in line]
    assert (run.returncode, complaints) == (0, [])


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_exposes_little(unit: Path, tmp_path: Path) -> None:
    copy = with_a_program_that_exists(unit, tmp_path)
    run = analyze("security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}", "--no-pager", str(copy))
    assert run.returncode == 0, run.stdout.splitlines()[-1:]
