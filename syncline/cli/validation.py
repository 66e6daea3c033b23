"""``syncline validate``: compare any synthetic table with real ones, and write a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.hub_session import AsJson
from syncline.cli.local import new_directory, require_new, say_notes
from syncline.cli.named_data import open_named
from syncline.cli.progress_line import StageProgress
from syncline.cli.terminal import say
from syncline.errors import UsageError

if TYPE_CHECKING:
    from syncline.validation.validation import Validation


Holdout = Annotated[str | None, typer.Option("--holdout", help="People of the same kind who were not used.")]
SchemaFile = Annotated[Path | None, typer.Option("--schema", help="Inferred from all tables if left out.")]
Target = Annotated[str | None, typer.Option("--target", help="A column that models predict.")]
Keys = Annotated[str, typer.Option("--keys", help="Columns that an attacker knows, with commas.")]
Sensitive = Annotated[
    str, typer.Option("--sensitive", help="Columns that an attacker wants to know, with commas.")
]
Models = Annotated[
    list[str] | None,
    typer.Option("--model", help="A regression to compare, as in 'y ~ a + b'; may be repeated."),
]
MinCell = Annotated[int, typer.Option("--min-cell", min=1, help="No count of fewer persons is printed.")]
Person = Annotated[
    str | None, typer.Option("--person", help="The column of real tables that tells persons apart.")
]
Gate = Annotated[bool, typer.Option("--gate", help="Exit with 1 where the disclosure gate fails.")]


def validate(
    real: Annotated[str, typer.Option("--real", help="The rows that the table was made from.")],
    synthetic: Annotated[str, typer.Option("--synthetic", help="The table to judge, whoever made it.")],
    out: Annotated[Path, typer.Option("--out", help="A new directory for the report.")],
    holdout: Holdout = None,
    schema: SchemaFile = None,
    target: Target = None,
    keys: Keys = "",
    sensitive: Sensitive = "",
    models: Models = None,
    min_cell: MinCell = 11,
    person: Person = None,
    gate: Gate = False,
    as_json: AsJson = False,
) -> None:
    """Compare a synthetic table with the real one, and with people who were not used."""
    from syncline.study.table_validation import validate as compare

    _require_files({"--real": real, "--synthetic": synthetic, "--holdout": holdout}, schema)
    require_new(out)
    with StageProgress(quiet=as_json) as progress:
        found = compare(
            real,
            synthetic,
            holdout,
            schema=schema,
            person=person,
            target=target,
            keys=keys,
            sensitive=sensitive,
            models=models or [],
            min_cell=min_cell,
            listen=progress.round,
        )
    _write(found, new_directory(out), as_json=as_json)
    if gate and not found.gate.passed:
        raise typer.Exit(1)


def _write(found: Validation, directory: Path, *, as_json: bool) -> None:
    """Write the report in both forms, and print what it says."""
    from syncline.cli.table import print_json

    found.to_json(directory / "report.json")
    found.to_html(directory / "report.html")
    say_notes(found.notes)
    if as_json:
        print_json({**found.document(), "notes": [note.to_json() for note in found.notes]})
        return
    for line in found.lines():
        say(line)
    say(f"report: {directory / 'report.html'}")


def _require_files(locators: Mapping[str, str | None], schema: Path | None) -> None:
    """Raise, naming the option, where a table cannot be opened or the schema is no file."""
    for option, locator in locators.items():
        if locator is not None:
            open_named(option, locator)
    if schema is not None and not schema.is_file():
        raise UsageError(f"--schema {schema}: no such file; check the path")
