"""``supplier-agent prepare`` and ``suggest``: try a preparation, write its table, or begin one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from supplier_agent.cli.options import AsJson, Home, agent_home, confined_by_policy
from supplier_agent.datasets.catalogue import Dataset, find_preparation, list_datasets
from supplier_agent.tasks.journal import open_journal
from syncline.cli.named_data import open_named
from syncline.cli.table import print_json
from syncline.cli.terminal import say, say_document
from syncline.data.printable import printable
from syncline.errors import DataError, StorageError, UsageError
from syncline.sources.locator import is_url

if TYPE_CHECKING:
    from syncline.preparation.preparation_document import Preparation
    from syncline.preparation.rehearsal import Rehearsal

NameOrSource = Annotated[str, typer.Argument(help="A data set's name, or a CSV or Parquet file.")]
WIDE = 160
"""Columns of text where the output is no terminal."""


@confined_by_policy
def prepare(
    source: NameOrSource,
    preparation: Annotated[
        Path | None, typer.Option("--preparation", help="The steps; those of the data set, if left out.")
    ] = None,
    schema: Annotated[Path | None, typer.Option("--schema", help="The study's schema, to compare.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and show; write no table.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Where a page of the counts goes.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A new .parquet file for the table.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Try a preparation and show what it does in counts, or write the prepared table.

    A trial ends with status 1 where a study with the schema would decline the table.
    """
    from syncline.sources.registry import open_source

    if dry_run == (out is not None):
        raise UsageError("name either --dry-run, to look, or --out FILE.parquet, to write the prepared table")
    locator, steps = _opened(source, preparation, home)
    if out is not None:
        if html is not None or schema is not None:
            raise UsageError("--html and --schema belong to --dry-run; leave them out")
        _write(locator, steps, out, as_json)
        return
    from syncline.data.schema import Schema
    from syncline.preparation.rehearsal import rehearse
    from syncline.preparation.rehearsal_page import as_html

    found = rehearse(open_source(locator), steps, None if schema is None else Schema.from_yaml(schema))
    if html is not None:
        _write_page(html, as_html(found))
    if as_json:
        print_json(found.to_document())
    else:
        _show(found)
    if found.declined:
        _decline(source, found.declined)


def _decline(source: str, reasons: Sequence[str]) -> NoReturn:
    """Say why a study would decline the table, a line each where there are several reasons."""
    if len(reasons) == 1:
        raise DataError(f"{source}: a study with this schema would decline it: {reasons[0]}")
    for reason in reasons:
        say(reason, err=True)
    raise DataError(f"{source}: a study with this schema would decline it for these {len(reasons)} reasons")


@confined_by_policy
def suggest(
    source: NameOrSource,
    schema: Annotated[Path, typer.Option("--schema", help="The study's schema.")],
    preparation: Annotated[
        Path | None,
        typer.Option("--preparation", help="Steps that are decided; the draft goes on behind them."),
    ] = None,
    home: Home = None,
) -> None:
    """Print a draft of a preparation for a person to edit; it holds codes that occur in the data."""
    from syncline.data.schema import Schema
    from syncline.preparation.preparation_document import Preparation
    from syncline.preparation.suggestion import suggest_preparation
    from syncline.sources.registry import open_source

    dataset, _ = _dataset(source, home)
    locator = source if dataset is None else dataset.source
    begun = None if preparation is None else Preparation.from_yaml(preparation)
    say_document(suggest_preparation(open_source(locator), Schema.from_yaml(schema), begun))


def _opened(source: str, path: Path | None, home: Path | None) -> tuple[str, Preparation]:
    """Return where the rows lie, and the preparation named or the one that the data set has."""
    from syncline.preparation.preparation_document import Preparation

    dataset, canonical = _dataset(source, home)
    locator = source if dataset is None else dataset.source
    if path is not None:
        return locator, Preparation.from_yaml(path)
    if not canonical:
        raise UsageError(f"{source}: has no preparation of its own; name one with --preparation FILE")
    return locator, Preparation.from_canonical(canonical)


def _dataset(source: str, home: Path | None) -> tuple[Dataset | None, bytes]:
    """Return the data set of this name with its preparation, or nothing where ``source`` is no name."""
    place = agent_home(home)
    if not place.journal.exists():
        return _no_dataset(source)
    with open_journal(place) as journal:
        known = {dataset.name: dataset for dataset in journal.read_now(list_datasets)}
        if source not in known:
            return _no_dataset(source)
        digest = known[source].preparation
        return known[source], journal.read_now(lambda connection: find_preparation(connection, digest))


def _no_dataset(source: str) -> tuple[None, bytes]:
    """Return that ``source`` is a file or a URL; refuse what is neither that nor the name of a data set."""
    if not is_url(source) and "." not in source and not Path(source).exists():
        raise UsageError(
            f"{source}: there is no such data set and no such file; see 'supplier-agent datasets list'"
        )
    open_named("NAME-OR-SOURCE", source)
    return None, b""


def _write(locator: str, preparation: Preparation, out: Path, as_json: bool) -> None:
    from syncline.preparation.prepared_table import write_prepared
    from syncline.preparation.prepared_view import prepared_view
    from syncline.sources.registry import open_source

    rows = write_prepared(prepared_view(open_source(locator), preparation), out)
    if as_json:
        print_json({"out": str(out), "rows": rows, "preparation": preparation.digest})
    else:
        say(f"{rows} prepared rows: {out}")


def _write_page(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"--html {path}: cannot be written ({error.strerror}); name another") from error


def _show(found: Rehearsal) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from syncline.preparation.rehearsal_page import shown_tables

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    for shown in shown_tables(found):
        table = Table(title=Text(printable(shown.title)), box=SIMPLE_HEAD, title_justify="left")
        for place, header in enumerate(shown.headers):
            table.add_column(Text(printable(header)), justify="right" if place else "left")
        for row in shown.rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console.print(table)
    for warning in found.warnings:
        say(f"warning: {warning}")
