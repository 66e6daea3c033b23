"""Progress: one line on a terminal with an estimate that does not jump, at most a line a stage elsewhere."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.cli import progress_line, study_progress
from syncline.cli.progress_line import StageProgress
from syncline.cli.time_left import TimeLeft, shown_seconds
from syncline.wire.messages import StudyId, StudyStatus, SupplierStatus


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def status(done: int, expected: int, stage: str = "grow", **changes: object) -> StudyStatus:
    suppliers = tuple(
        SupplierStatus(f"s{n}", True, "answered" if n else "answering", "", done) for n in range(6)
    )
    fields = {
        "study_id": StudyId("s"),
        "name": "demo",
        "state": "running",
        "reason": "",
        "stage": stage,
        "rounds_done": done,
        "bytes_received": 10,
        "bytes_sent": 10,
        "suppliers": suppliers,
        "specification_sha256": "ab" * 32,
        "release_id": None,
        "submitted_us": 1,
        "ended_us": 0,
        "rounds_expected": expected,
        **changes,
    }
    return StudyStatus(**fields)  # type: ignore[arg-type]


def test_on_a_terminal_one_line_is_written_over_with_rounds_time_and_estimate(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hand()
    shown = study_progress._Progress(quiet=False, terminal=True, clock=clock)
    for done in range(12):
        shown.update(status(done, 83))
        clock.now += 2
    shown.finish()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    last = said.rstrip("\n").split("\r\x1b[K")[-1]
    assert last == "demo: running | grow | round 12 of about 83 | 5/6 answered | 0:24, about 2:22 left"


def test_without_a_terminal_each_stage_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    shown = study_progress._Progress(quiet=False, terminal=False, clock=Hand())
    for done in range(20):
        shown.update(status(done, 20, "search" if done < 5 else "grow"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("demo: running | search | round 1 of about 20 | 5/6 answered")


def drawn(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.split("\r\x1b[K") if line.strip()]


def test_between_two_changes_the_times_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Hand()

    async def second(seconds: float) -> None:
        clock.now += seconds
        if clock.now > 124:
            raise asyncio.CancelledError

    shown = study_progress._Progress(quiet=False, terminal=True, clock=clock)
    for done in range(10):
        shown.update(status(done, 20))
        clock.now += 2
    capsys.readouterr()
    monkeypatch.setattr(study_progress.asyncio, "sleep", second)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(shown.keep_drawing())
    times = [line.split(" | ")[-1] for line in drawn(capsys)]
    assert times == [
        "0:21, about 0:19 left",
        "0:22, about 0:18 left",
        "0:23, about 0:17 left",
        "0:24, about 0:16 left",
    ]


def test_many_changes_draw_once_a_second_and_the_last_one_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hand()
    shown = study_progress._Progress(quiet=False, terminal=True, clock=clock)
    for done in range(100):
        shown.update(status(done, 101))
        clock.now += 0.05
    shown.finish()
    lines = drawn(capsys)
    assert len(lines) <= 7
    assert "round 100 of about 101" in lines[-1]


@pytest.mark.parametrize("state", ["paused", "awaiting_release", "awaiting_approval"])
def test_while_people_are_waited_for_their_line_stays(capsys: pytest.CaptureFixture[str], state: str) -> None:
    shown = study_progress._Progress(quiet=False, terminal=True, clock=Hand())
    shown.update(status(3, 20))
    shown.update(status(3, 20, state=state, reason="north refused"))
    shown._draw()
    shown.update(status(3, 20, state=state, reason="north refused"))
    shown._draw()
    assert drawn(capsys)[1:] == [f"demo: {state}: north refused\n"]


def test_a_long_step_in_this_process_is_seen_to_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_line, "REDRAW_SECONDS", 0.01)
    clock = Hand()
    with StageProgress(quiet=False, terminal=True, clock=clock) as progress:
        progress.round("grow")
        for _ in range(3):
            clock.now += 1
            progress.tick()
    assert [line.strip() for line in drawn(capsys)] == [f"grow | step 1 | 0:0{n}" for n in range(4)]


@given(st.lists(st.floats(0.01, 60), min_size=6, max_size=80), st.integers(1, 40))
def test_the_time_left_never_jumps_and_comes_down_to_nothing(durations: list[float], more: int) -> None:
    left, now, before = TimeLeft(0.0), 0.0, None
    total = len(durations) + more
    for done, seconds in enumerate(durations):
        found = left.after(now, done, total)
        if before is not None:
            assert found is not None
            told, at = before
            due = max(told - (now - at), 0.0)
            assert due / 1.25 - 1e-6 <= found <= due * 1.25 + 1.0 + 1e-6
        before = None if found is None else (found, now)
        now += seconds
    assert before is not None


@pytest.mark.parametrize("seconds", [0.5, 4.0])
def test_of_even_rounds_the_time_left_is_right(seconds: float) -> None:
    left = TimeLeft(0.0)
    told = [left.after(done * seconds, done, 50) for done in range(51)]
    assert told[:3] == [None] * 3
    for done, found in enumerate(told[3:], 3):
        assert found == pytest.approx((50 - done) * seconds)


def test_nothing_is_estimated_where_the_hub_expects_nothing() -> None:
    left = TimeLeft(0.0)
    assert [left.after(float(done), done, 0) for done in range(9)] == [None] * 9


def test_times_are_minutes_and_hours() -> None:
    assert [shown_seconds(s) for s in (9.6, 70, 3599, 3725)] == ["0:10", "1:10", "59:59", "1:02:05"]


def test_work_in_this_process_is_one_line_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with StageProgress(quiet=False, terminal=True, clock=Hand()) as progress:
        for stage in ("read", "check", "grow", "grow"):
            progress.round(stage)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.split("\r\x1b[K")[-1] == "grow | step 4 | 0:00\n"


def test_elsewhere_short_work_says_nothing_and_long_work_a_line_a_stage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Hand()
    with StageProgress(quiet=False, terminal=False, clock=clock) as progress:
        for stage in ("read", "check", "search"):
            progress.round(stage)
        assert capsys.readouterr().err == ""
        clock.now += 10
        for stage in ("search", "grow", "grow", "grow", "leaves"):
            progress.round(stage)
    assert capsys.readouterr().err == "grow, after 4 steps\nleaves, after 7 steps\n"


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    for terminal in (True, False):
        clock = Hand()
        with StageProgress(quiet=True, terminal=terminal, clock=clock) as progress:
            clock.now += 10
            progress.round("grow")
    assert capsys.readouterr().err == ""
