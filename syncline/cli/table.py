"""Plain tables and JSON for people and programs that read a command's output."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

from syncline.cli.terminal import say, say_json
from syncline.compute.frames import Json
from syncline.data.printable import printable


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> None:
    """Print aligned columns, or the sentence ``empty`` where there is no row."""
    if not rows:
        say(empty)
        return
    table = [tuple(map(printable, row)) for row in (headers, *rows)]
    widths = [max(len(row[place]) for row in table) for place in range(len(headers))]
    for row in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def print_json(value: Json) -> None:
    """Print a value as JSON, indented, keys in the order given."""
    say_json(json.dumps(value, indent=2, ensure_ascii=False))


def shown_time(microseconds: int | None) -> str:
    """Return a time in UTC, or a dash where there is none yet."""
    if not microseconds:
        return "-"
    return f"{dt.datetime.fromtimestamp(microseconds / 1_000_000, dt.UTC):%Y-%m-%d %H:%M:%S}"


def shown_bytes(count: int) -> str:
    """Return a number of bytes in the unit that a person would use."""
    if count < 1000:
        return f"{count} B"
    for unit, size in (("kB", 1000), ("MB", 1000**2)):
        if count < 1000 * size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1000**3:.2f} GB"
