"""Where progress goes: nowhere, into one line of a terminal that is written over, or a line a stage."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self

from syncline.cli.terminal import say, say_over

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
    """Tell of work in this process: the stage and the step on a terminal, else one line a stage.

    Without a terminal nothing is said of the first ``PATIENCE_SECONDS``.
    """

    def __init__(
        self, *, quiet: bool, terminal: bool | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._line = ProgressLine(quiet=quiet, terminal=self._terminal)
        self._clock, self._began = clock, clock()
        self._stage, self._rounds = "", 0

    def round(self, stage: str) -> None:
        """Note a round of a stage."""
        self._rounds += 1
        if self._terminal:
            self._line.note(f"{stage} | step {self._rounds}")
        elif stage != self._stage and self._clock() - self._began > PATIENCE_SECONDS:
            self._line.note(f"{stage}, after {self._rounds - 1} steps")
        self._stage = stage

    def finish(self) -> None:
        """End the line, so that others can be printed."""
        self._line.finish()

    def __enter__(self) -> Self:
        """Begin; the line ends with the block, by an error too."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the line."""
        self.finish()
