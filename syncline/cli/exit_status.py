"""How a command ends: 0 success, 1 a failed run, 2 wrong usage; an error is one sentence."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from syncline.errors import SynclineError

INTERRUPTED = 130


def run_app(app: typer.Typer) -> NoReturn:
    """Run a command line and exit with its status."""
    try:
        app()
    except SynclineError as error:
        fail(error)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    sys.exit(0)


def fail(error: SynclineError) -> NoReturn:
    """Print the error's sentence and exit with the status of its class."""
    sys.stderr.write(f"error: {error}\n")
    sys.exit(error.exit_code)
