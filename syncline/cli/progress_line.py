"""Where progress goes: nowhere, into one line of a terminal that is written over, or a line a stage."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Self

from syncline.cli.terminal import say, say_over
from syncline.cli.time_left import shown_seconds

REDRAW_SECONDS = 1.0
"""How often a terminal's line is drawn where nothing but the time changes."""

PATIENCE_SECONDS = 3.0
"""Work in this process that takes no longer says nothing where there is no terminal."""


class ProgressLine:
    """Write lines of progress to standard error; on a terminal each over the last one."""

    def __init__(self, *, quiet: bool, terminal: bool) -> None:
        self._quiet = quiet
        self._terminal = terminal
        self._last = ""

    def note(self, line: str) -> None:
        """Write a line, unless it is the last one again."""
        if self._quiet or line == self._last:
            return
        self._last = line
        if self._terminal:
            say_over(line)
        else:
            say(line, err=True)

    def finish(self) -> None:
        """End the line of a terminal, if there is one."""
        if self._terminal and not self._quiet and self._last:
            say(err=True)
        self._last = ""


class StageProgress:
    """Tell of work in this process: stage, step and time on a terminal, else one line a stage.

    A terminal's line is drawn once a second, also while a step lasts longer, by a thread of its own; and at
    once where a stage begins. Without a terminal nothing is said of the first ``PATIENCE_SECONDS``.
    """

    def __init__(
        self, *, quiet: bool, terminal: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._line = ProgressLine(quiet=quiet, terminal=self._terminal)
        self._clock, self._began = clock, clock()
        self._stage, self._rounds = "", 0
        self._turn, self._over = threading.Lock(), threading.Event()

    def round(self, stage: str) -> None:
        """Note a round of a stage."""
        with self._turn:
            begins, self._stage, self._rounds = stage != self._stage, stage, self._rounds + 1
            if not begins:
                return
            if self._terminal:
                self._draw()
            elif self._clock() - self._began > PATIENCE_SECONDS:
                self._line.note(f"{stage}, after {self._rounds - 1} steps")

    def tick(self) -> None:
        """Draw a terminal's line as it stands now."""
        with self._turn:
            if self._terminal and not self._over.is_set():
                self._draw()

    def finish(self) -> None:
        """End the line, so that others can be printed."""
        self.tick()
        with self._turn:
            self._over.set()
            self._line.finish()

    def _draw(self) -> None:
        if self._stage:
            elapsed = shown_seconds(self._clock() - self._began)
            self._line.note(f"{self._stage} | step {self._rounds} | {elapsed}")

    def _keep_drawing(self) -> None:
        while not self._over.wait(REDRAW_SECONDS):
            self.tick()

    def __enter__(self) -> Self:
        """Begin; the line ends with the block, by an error too."""
        if self._terminal:
            threading.Thread(target=self._keep_drawing, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End the line."""
        self.finish()
