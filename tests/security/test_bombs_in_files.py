"""A file of a data supplier that unpacks without end: it is refused in a sentence, within a child's limits.

Each file is read by the real child that reads data sets. With the guard of its format taken out, the child
meets its own limit instead, says so by name, and is alive or was ended; whoever called it goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from syncline.compute.work_limits import WorkLimits
from syncline.errors import DataError, SynclineError, WorkLimitReached
from tests.security import bombs
from tests.security.confined import READER, confined, small

LIMITS = small(384, cpu_seconds=60.0)
HELD = "syncline.sources.stored_table:require_held"
PAGES = "syncline.sources.parquet:_rows_at_a_time"
FLAT = "syncline.sources.stored_table:require_read"
SHEETS = "syncline.sources.excel:require_sane_archive"


@dataclass(frozen=True)
class Bomb:
    """A file, what is said of it, and what is said with the guards ``without`` taken out."""

    make: Callable[[Path], Path | str]
    said: str
    without: Sequence[str] = ()
    then: str = "384 MiB of memory"
    limits: WorkLimits = LIMITS


BOMBS = {
    "a packed text": Bomb(bombs.csv_gz, "unpacks to more than 200 times its size"),
    "cells as long as may be": Bomb(bombs.long_cells_csv, "rows take more than 1 GiB|MiB of memory"),
    "a page of Parquet": Bomb(bombs.parquet_page, "a page of more than 256 MiB", [PAGES]),
    "a dictionary of Parquet": Bomb(
        bombs.parquet_dictionary, "column 'a' has a cell of more than 1024 KiB", [PAGES]
    ),
    "repeated texts of Parquet": Bomb(bombs.parquet_repeats, "1 GiB|MiB of memory", [PAGES, HELD]),
    "a batch of Arrow": Bomb(
        bombs.arrow_file,
        "a record batch of more than 1024 MiB",
        ["syncline.sources.arrow_file:_require_bounded"],
    ),
    "a dictionary of Arrow": Bomb(bombs.arrow_dictionary, "rows take more than 1 GiB"),
    "one run of Arrow": Bomb(
        bombs.arrow_runs,
        "more than 1000000 rows of one table: .* limits.table_rows",
        limits=small(384, rows=1_000_000),
    ),
    "structures of Arrow": Bomb(
        bombs.arrow_structures,
        "column 'a' holds lists or structures",
        ["syncline.sources.arrow_file:unread_of"],
    ),
    "lists in a dictionary of Arrow": Bomb(
        bombs.arrow_lists_in_dictionary, "column 'a' holds lists or structures"
    ),
    "columns of Parquet": Bomb(bombs.parquet_columns, "more than 10000 columns"),
    "a list of Parquet": Bomb(bombs.parquet_lists, "column 'a' holds lists or structures"),
    "parts of Excel": Bomb(bombs.excel_parts, "more than 10000 parts"),
    "a number of JSON Lines": Bomb(bombs.json_number, "line 1 is longer than 1 MiB"),
    "a shared text of Excel": Bomb(bombs.excel_shared_text, "rows take more than 1 GiB|MiB of memory"),
    "a packed sheet of Excel": Bomb(bombs.excel_packed, "200 times its packed size"),
    "keys of JSON Lines": Bomb(bombs.json_keys, "more than 10000 keys"),
    "depth of JSON Lines": Bomb(bombs.json_depth, "line 1 is no JSON"),
    "a view of SQLite without end": Bomb(
        bombs.sqlite_endless, "minutes of processor time", limits=small(384, cpu_seconds=1.5)
    ),
    "a cell of SQLite": Bomb(bombs.sqlite_blob, "a cell of more than 1024 KiB|MiB of memory"),
}


def read(
    path: Path | str, limits: WorkLimits, without: Sequence[str] = ()
) -> tuple[SynclineError, int, bool]:
    """Return what a child says of a file, the most memory that it had, and whether it is alive."""
    with confined(READER, limits, without) as child:
        with pytest.raises((DataError, WorkLimitReached)) as told:
            child.handle({"source": str(path), "person": None})
        return told.value, child.peak_bytes if child.alive else 0, child.alive


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_without_its_guard_a_limit_is_met(name: str, tmp_path: Path) -> None:
    bomb = BOMBS[name]
    path = bomb.make(tmp_path)
    error, peak, _ = read(path, bomb.limits)
    assert re.search(bomb.said, str(error)), str(error)
    assert peak < bomb.limits.memory_bytes + (256 << 20)
    if bomb.without:
        error, _, _ = read(path, bomb.limits, bomb.without)
        assert isinstance(error, WorkLimitReached), str(error)
        assert re.search(bomb.then, str(error)), str(error)
