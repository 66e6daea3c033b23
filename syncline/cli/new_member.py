"""What enrolling needs from a terminal: a token, and a home that is gone again where nothing came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from syncline.errors import UsageError

_MOST_CHARACTERS = 1024


def token_text(argument: str) -> str:
    """Return the token, read from standard input where the argument is ``-``: others can list arguments."""
    if argument != "-":
        return argument
    text = sys.stdin.read(_MOST_CHARACTERS)
    if not text.strip():
        raise UsageError("token: nothing stands on standard input: pipe the one line into this command")
    return text


@contextmanager
def only_if_enrolled(home: Path) -> Iterator[None]:
    """Remove a home that did not exist before, where enrolling failed and left nothing worth keeping.

    Keys whose token may have reached the hub are kept: the same command goes on with them.
    """
    existed = home.exists()
    try:
        yield
    except BaseException:
        if not existed:
            with suppress(OSError):  # it is not empty
                home.rmdir()
        raise
