"""What commands print: the one way out, so that no name or reason from elsewhere speaks to the terminal.

``tests/house`` refuses any other way of printing in this project.
"""

from __future__ import annotations

import sys
from typing import TextIO

from syncline.data.printable import printable, printable_json, printable_lines
from syncline.errors import UsageError

_REPLACE_LINE = "\r\x1b[K"


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line; what a terminal would obey is shown and not obeyed."""
    _write(sys.stderr if err else sys.stdout, f"{printable(line)}\n")


def say_document(text: str) -> None:
    """Print a document: as it is for a file or a program, on a terminal as lines that it cannot obey."""
    _write(sys.stdout, printable_lines(text) if sys.stdout.isatty() else text)


def say_json(text: str) -> None:
    """Print JSON, with escapes in its strings where a terminal would obey what stands there."""
    _write(sys.stdout, f"{printable_json(text)}\n")


def say_over(line: str) -> None:
    """Write progress on standard error over the line that was written last; ``say`` ends it."""
    _write(sys.stderr, f"{_REPLACE_LINE}{printable(line)}")


def require_yes(question: str, *, yes: bool, remedy: str) -> None:
    """Ask a person on the terminal; where there is none, do what ``remedy`` names instead of asking.

    Raises
    ------
    UsageError
        The answer is no, or nobody can be asked.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question} there is no terminal to answer at: {remedy}")
    _write(sys.stderr, f"{printable(question)} [y/N] ")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError("nothing was done: the answer was not yes")


def require_word(question: str, word: str, *, given: bool, remedy: str) -> None:
    """Let a person go on by typing ``word`` on the terminal; where there is none, only where it was given.

    Raises
    ------
    UsageError
        The word was not typed, or nobody can be asked.
    """
    if given:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question}; there is no terminal to answer at: {remedy}")
    _write(sys.stderr, f"{printable(question)}; type '{word}' to go on: ")
    if sys.stdin.readline().strip().lower() != word:
        raise UsageError(f"nothing was done: the word was not '{word}'")


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()
