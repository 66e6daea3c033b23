"""How a command ends: 0 success, 1 a failed run, 2 wrong usage; an error is one sentence."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

import typer

from syncline.cli.terminal import say
from syncline.errors import SynclineError, UsageError

INTERRUPTED = 130


def run_app(app: typer.Typer) -> NoReturn:
    """Run a command line and exit with its status."""
    try:
        # by its own name, and not by what started the process: `python -m syncline.cli` shows the same help
        status = app(prog_name=app.info.name, standalone_mode=False)
    except SynclineError as error:
        fail(error)
    except typer.TyperException as error:
        _fail_usage(error)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception:
        for line in traceback.format_exc().splitlines():
            say(line, err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def fail(error: SynclineError) -> NoReturn:
    """Print what is wrong, a sentence a line, and exit with the status of the error's class."""
    for sentence in error.sentences:
        say(f"error: {sentence}", err=True)
    sys.exit(error.exit_code)


def _fail_usage(error: typer.TyperException) -> NoReturn:
    """Print what is wrong with a command line as one sentence; a group without a command shows its help."""
    message = error.format_message()
    if message.startswith("Usage: "):
        for line in message.splitlines():
            say(line, err=True)
    else:
        say(f"error: {usage_sentence(message)}{_help(error)}", err=True)
    sys.exit(UsageError.exit_code)


def usage_sentence(message: str) -> str:
    """Return the parser's message on one line, without the words of the library that checks values."""
    line = " ".join(message.split()).rstrip(".").replace("Value error, ", "").replace("Input should", "must")
    return line[:1].lower() + line[1:]


def _help(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return "" if context is None else f"; see '{context.command_path} --help'"
