"""Progress of learning one table: over one line of a terminal, elsewhere a line where the work takes long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncline.cli.terminal import say, say_over
from syncline.clock import Clock, SystemClock

SECONDS = 5.0
"""How long nothing is said where lines stay."""

_WORDS = {
    "read": "reading the table",
    "check": "counting rows",
    "search": "looking where values lie",
    "relate": "looking how columns are related",
    "propose": "looking for formulas",
    "confirm": "checking formulas",
    "grow": "growing trees",
    "leaves": "counting leaves",
}


@contextmanager
def learning_shown(clock: Clock | None = None) -> Iterator[Callable[[str], None]]:
    """Yield what is to hear the stage of each round; a terminal's line is cleared in the end."""
    clock, over = clock or SystemClock(), sys.stderr.isatty()
    last, rounds = clock.monotonic(), 0

    def listen(stage: str) -> None:
        nonlocal last, rounds
        rounds += 1
        line = f"learning, round {rounds}: {_WORDS.get(stage, stage)}"
        if over:
            say_over(line)
        elif clock.monotonic() - last >= SECONDS:
            last = clock.monotonic()
            say(line, err=True)

    try:
        yield listen
    finally:
        if over:
            say_over("")
