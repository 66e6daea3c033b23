"""Files that a command line names: data to read and places to write, checked before any work begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from syncline.errors import DataError, UsageError
from syncline.sources.locator import is_url, split_sheet

if TYPE_CHECKING:
    from syncline.sources.source import Source


def check_named_data(argument: str, locator: str) -> None:
    """Refuse data that ``argument`` names and that is not there."""
    if not locator.strip():
        raise UsageError(f"{argument}: is empty; name a file or a database URL")
    path, _ = split_sheet(locator)
    if not is_url(locator) and not Path(path).expanduser().exists():
        raise UsageError(f"{argument} {locator}: no such file; check the path")


def open_named(argument: str, locator: str) -> Source:
    """Open the source that ``argument`` names; what is wrong with the name itself is wrong usage."""
    from syncline.sources.registry import READERS, open_source

    check_named_data(argument, locator)
    try:
        return open_source(locator)
    except DataError as error:
        if is_url(locator) or _is_misnamed(locator, tuple(READERS)):
            raise UsageError(f"{argument} {error}") from None
        raise


def refuse_misnamed(argument: str, locator: str) -> None:
    """Refuse a path that no reader takes, as :func:`open_named` does, without the data being read here."""
    from syncline.sources.registry import READERS

    if not is_url(locator) and _is_misnamed(locator, tuple(READERS)):
        open_named(argument, locator)


def _is_misnamed(locator: str, endings: tuple[str, ...]) -> bool:
    path, _ = split_sheet(locator)
    return Path(path).is_dir() or not path.lower().endswith(endings)


def new_file(path: Path, *, force: bool = False) -> Path:
    """Return the place that ``--out`` names, where nothing stands in the way of writing a file there."""
    if not path.parent.is_dir():
        raise UsageError(f"--out {path}: there is no directory {path.parent}; make the directory first")
    if path.is_dir():
        raise UsageError(f"--out {path}: is a directory; name a file in it")
    if path.exists() and not force:
        raise UsageError(f"--out {path}: exists already; name another file, or replace it with --force")
    return path


def new_export(path: Path) -> Path:
    """Return the place that ``--out`` names for a record that never replaces another."""
    if path.exists():
        raise UsageError(f"--out {path}: exists already; name another file")
    return new_file(path)
