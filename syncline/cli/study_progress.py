"""A study's progress for people: one live line on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from syncline.cli.progress_line import REDRAW_SECONDS, ProgressLine
from syncline.cli.table import print_table, shown_bytes, shown_time
from syncline.cli.terminal import say
from syncline.cli.time_left import TimeLeft, shown_seconds
from syncline.compute.frames import Json

if TYPE_CHECKING:
    from syncline.wire.messages import StudyId, StudyStatus, SupplierStatus
    from syncline.wire.research_client import ResearchClient

RETRY_SECONDS = 1.0
AWAITING_RELEASE = "awaiting_release"
RELEASED = "released"
_WAITS = ("awaiting_approval", "paused", AWAITING_RELEASE)
"""States that a person ends; the reason, where there is one, says how."""


def has_ended(status: StudyStatus) -> bool:
    """Tell whether a study has ended."""
    return status.ended_us > 0


async def follow(
    client: ResearchClient,
    study_id: StudyId,
    *,
    quiet: bool,
    terminal: bool,
    until: Callable[[StudyStatus], bool] = has_ended,
) -> StudyStatus:
    """Report a study's changes on standard error ``until`` it ends; a hub that restarts is waited for."""
    from syncline.wire.refusals import PeerUnreachable

    shown = _Progress(quiet, terminal)
    drawing = asyncio.create_task(shown.keep_drawing())
    try:
        while True:
            try:
                async for status in client.watch(study_id):
                    over = until(status)
                    if not (over and status.state in _WAITS):  # why people are waited for, the caller says
                        shown.update(status)
                    if over:
                        return status
            except PeerUnreachable:
                shown.note("the hub does not answer; waiting for it")
            await asyncio.sleep(RETRY_SECONDS)
    finally:
        drawing.cancel()
        shown.finish()


def study_line(status: StudyStatus) -> str:
    """Return where a study stands, in one line."""
    moved = f"{shown_bytes(status.bytes_received)} in, {shown_bytes(status.bytes_sent)} out"
    return " | ".join([*_standing(status), moved])


def _standing(status: StudyStatus) -> list[str]:
    """Return the state, the stage, the rounds and who answered, each in words."""
    words = [status.state]
    if status.stage and status.stage != status.state:
        words.append(status.stage)
    words.append(shown_rounds(status))
    answered = sum(supplier.state == "answered" for supplier in status.suppliers)
    return [*words, f"{answered}/{len(status.suppliers)} answered"]


def shown_rounds(status: StudyStatus) -> str:
    """Return how many rounds are done, or which one is out of about how many while some are left."""
    done, expected = status.rounds_done, status.rounds_expected
    if has_ended(status) or expected <= done:
        return f"rounds {done}"
    return f"round {done + 1} of about {expected}"


def show_study(status: StudyStatus) -> None:
    """Print a study with its suppliers."""
    say(f"study      {status.name} ({status.study_id})")
    say(f"state      {shown_state(status)}")
    say(f"progress   {study_line(status)}")
    say(f"digest     {status.specification_sha256}")
    say(f"submitted  {shown_time(status.submitted_us)}   ended {shown_time(status.ended_us)}")
    if status.release_id:
        say(f"release    {status.release_id}")
    for hazard in status.hazards:
        passed = " (let pass)" if hazard.accepted else ""
        say(f"{'HAZARD' if hazard.severe else 'hazard':<11}{hazard.words}{passed}")
    rows = [
        (
            item.name,
            "yes" if item.connected else "no",
            item.state,
            _flow(item),
            str(item.rounds_answered),
            item.reason,
        )
        for item in status.suppliers
    ]
    print_table(("SUPPLIER", "CONNECTED", "STATE", "FLOW", "ROUNDS", "REASON"), rows, "No suppliers.")


WITHDRAWN = "withdrawn:"
"""How a hub begins to say of a release that it was withdrawn."""


def shown_state(status: StudyStatus) -> str:
    """Return where a study stands and why; of a release, that it was withdrawn or overridden."""
    if status.state == RELEASED and status.reason:
        return status.reason
    return f"{status.state}: {status.reason}" if status.reason else status.state


def _flow(item: SupplierStatus) -> str:
    """Say by which flow a supplier takes part, and which was asked for where that is a wider one."""
    narrowed = item.flow and item.flow != item.flow_asked
    return f"{item.flow} (asked: {item.flow_asked})" if narrowed else item.flow_asked or "-"


def print_studies(found: Sequence[StudyStatus], empty: str) -> None:
    """Print a table of studies, and below it what needs a person, and what became of releases."""
    rows = [
        (one.study_id, one.name, one.state, str(one.rounds_done), shown_time(one.submitted_us))
        for one in found
    ]
    print_table(("ID", "NAME", "STATE", "ROUNDS", "SUBMITTED"), rows, empty)
    for one in found:
        if one.reason and one.state in (*_WAITS, RELEASED):
            say(f"{one.study_id} {shown_state(one)}")


def untold_reasons(status: StudyStatus) -> list[str]:
    """Return what suppliers have against a study as far as its reason does not hold it, cut as it may be."""
    return [
        f"{item.name}: {item.reason}"
        for item in status.suppliers
        if item.state == "refused" and item.reason not in status.reason
    ]


def study_json(status: StudyStatus) -> dict[str, Json]:
    """Return a study for programs."""
    return {
        "study_id": status.study_id,
        "name": status.name,
        "state": status.state,
        "reason": status.reason,
        "stage": status.stage,
        "rounds_done": status.rounds_done,
        "rounds_expected": status.rounds_expected,
        "bytes_received": status.bytes_received,
        "bytes_sent": status.bytes_sent,
        "specification_sha256": status.specification_sha256,
        "release_id": status.release_id,
        "submitted_us": status.submitted_us,
        "ended_us": status.ended_us,
        "hazards": [
            {"words": hazard.words, "severe": hazard.severe, "accepted": hazard.accepted}
            for hazard in status.hazards
        ],
        "suppliers": [
            {
                "name": item.name,
                "connected": item.connected,
                "state": item.state,
                "reason": item.reason,
                "flow_asked": item.flow_asked,
                "flow": item.flow,
                "rounds_answered": item.rounds_answered,
            }
            for item in status.suppliers
        ],
    }


class _Progress:
    """What is told of a study on its way: on a terminal one line, else the first change of each stage.

    A terminal's line is drawn once a second at most, with the time as it is then, and at once where a stage
    begins.
    """

    def __init__(self, quiet: bool, terminal: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = ProgressLine(quiet=quiet, terminal=terminal)
        self._terminal = terminal
        self._clock = clock
        self._left = TimeLeft(clock())
        self._running: StudyStatus | None = None
        self._drawn = clock() - REDRAW_SECONDS
        self._stage = ""
        self._reason = ""

    def update(self, status: StudyStatus) -> None:
        """Take a status that the hub told."""
        if status.reason and status.state in _WAITS:
            self._wait_for_people(status)
            return
        begins = self._stage != (stage := f"{status.state} {status.stage}")
        self._stage, self._running = stage, status
        self._left.after(self._clock(), status.rounds_done, status.rounds_expected)
        if not self._terminal and begins:
            self._line.note(f"{status.name}: {study_line(status)}")
        elif begins or self._clock() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def _wait_for_people(self, status: StudyStatus) -> None:
        self._running = None
        if status.reason != self._reason:
            self._reason = status.reason
            self._line.note(f"{status.name}: {status.state}: {status.reason}")
            self._line.finish()

    async def keep_drawing(self) -> None:
        """Draw a terminal's line once a second, until it is cancelled."""
        while self._terminal:
            await asyncio.sleep(REDRAW_SECONDS)
            self._draw()

    def _draw(self) -> None:
        """Write the line of a study that is at work; while people are waited for there is none."""
        status = self._running
        if self._terminal and status is not None:
            self._drawn = self._clock()
            self._line.note(f"{status.name}: {' | '.join([*_standing(status), self._times(status)])}")

    def _times(self, status: StudyStatus) -> str:
        """Return how long the study has been followed and, once one can say, how long it will take."""
        now = self._clock()
        left = self._left.after(now, status.rounds_done, status.rounds_expected)
        elapsed = shown_seconds(now - self._left.began)
        return elapsed if not left else f"{elapsed}, about {shown_seconds(left)} left"

    def note(self, line: str) -> None:
        """Say something else; it stays until the hub tells of the study again."""
        self._running = None
        self._line.note(line)

    def finish(self) -> None:
        """Write the line as it stands at the end, and end it."""
        self._draw()
        self._line.finish()
