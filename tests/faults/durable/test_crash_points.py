"""Kill a writing process at each of its points: what it told as committed is there, and nothing by halves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from syncline.durable.crash_points import CrashPlan
from syncline.durable.database import Database
from syncline.errors import UsageError
from tests.process.durable.counting_process import MIGRATIONS

ROOT = Path(__file__).parents[3]
ROWS = 4
POINTS = 2 * (ROWS + 1)  # before and after each commit, that of the migration included


def run(database: Path, rows: int, **variables: str) -> tuple[int, list[int]]:
    """Return the exit status and the rows of which the process said that they are committed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.process.durable.counting_process", str(database), str(rows)],
        env={**os.environ, **variables},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, [int(line) for line in done.stdout.split()]


def stored(path: Path) -> list[tuple[int, int]]:
    with Database(path, MIGRATIONS) as database:
        return database.read_now(
            lambda connection: [
                tuple(row) for row in connection.execute("SELECT * FROM rows ORDER BY number")
            ]
        )


@pytest.mark.faults
def test_the_log_enumerates_every_commit(tmp_path: Path) -> None:
    log = tmp_path / "points"
    status, _ = run(tmp_path / "state.db", ROWS, SYNCLINE_CRASH_LOG=str(log))
    assert status == 0
    expected = {"database:before-commit": ROWS + 1, "database:after-commit": ROWS + 1}
    assert Counter(log.read_text().split()) == expected


@pytest.mark.faults
@pytest.mark.parametrize("point", range(1, POINTS + 1))
def test_a_kill_at_any_point_loses_nothing(tmp_path: Path, point: int) -> None:
    path = tmp_path / "state.db"
    status, told = run(path, ROWS, SYNCLINE_CRASH_AT=f"*#{point}")
    assert status == -signal.SIGKILL
    committed = point // 2 - 1 if point % 2 == 0 else (point - 1) // 2 - 1
    assert stored(path) == [(number, 1) for number in range(1, max(committed, 0) + 1)]
    assert told == list(range(1, len(told) + 1))
    assert len(told) <= max(committed, 0)
    status, _ = run(path, 1)
    assert status == 0


@pytest.mark.faults
def test_a_point_is_killed_by_name_and_count(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    status, _ = run(path, ROWS, SYNCLINE_CRASH_AT="database:before-commit#3")
    assert status == -signal.SIGKILL
    assert len(stored(path)) == 1


@pytest.mark.parametrize("text", ["name", "name#", "#3", "name#0", "name#-1", "name#x", "name#1.5", "name#²"])
def test_a_malformed_plan_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="SYNCLINE_CRASH_AT"):
        CrashPlan.from_environment({"SYNCLINE_CRASH_AT": text})


def test_without_variables_there_is_no_plan() -> None:
    assert CrashPlan.from_environment({}) is None
