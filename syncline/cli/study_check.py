"""``syncline studies check``: every fault of a study that can be seen without data, at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from syncline.cli.hub_session import AsJson
from syncline.cli.terminal import say
from syncline.errors import UsageError


def say_idle(sentences: Sequence[str]) -> None:
    """Print what of a study has no effect to standard error, a line each."""
    for sentence in sentences:
        say(f"note: {sentence}", err=True)


def check(
    file: Annotated[Path, typer.Argument(help="The study, YAML.")],
    persons: Annotated[
        int | None,
        typer.Option("--persons", min=1, help="How many people all suppliers have together, about."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Name every fault that can be seen without data, and the leak that the holdout would see.

    Exit 2 where there is a fault. Nothing is sent anywhere.
    """
    from syncline.cli.table import print_json
    from syncline.study.questions_asked import needed_of_each
    from syncline.study.study_check import check_study

    found = check_study(file, persons)
    needed = [] if found.spec is None else needed_of_each(found.spec)
    if as_json:
        print_json(
            {
                "faults": list(found.faults),
                "study": None if found.spec is None else found.spec.study,
                "no_effect": list(found.idle),
                "needed_of_each": [{"question": kind, "why": why} for kind, why in needed],
                "foresight": None if found.foresight is None else found.foresight.to_json(),
            }
        )
    else:
        for fault in found.faults:
            say(f"error: {fault}", err=True)
        if not found.faults and found.spec is not None:
            say(f"study {found.spec.study}: no fault can be seen without data")
        say_idle(found.idle)
        if found.foresight is not None:
            for sentence in found.foresight.words():
                say(sentence)
        elif not found.faults and found.spec is not None and found.spec.release.gate is not None:
            say("With --persons N it says what leak the holdout would let the gate see.")
        elif persons is not None and found.spec is not None:
            say("note: --persons: it has no effect, for the study runs no disclosure gate", err=True)
        _say_needed([] if found.faults else needed)
    if found.faults:
        raise typer.Exit(UsageError.exit_code)


def _say_needed(needed: Sequence[tuple[str, str]]) -> None:
    """Print which questions need each supplier's own answer, and what for."""
    if needed:
        say("Needed of each supplier, and not only summed over all:")
    for kind, why in needed:
        say(f"  {kind}: {why}")
