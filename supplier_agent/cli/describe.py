"""``supplier-agent describe``: draft what may be published of a data set, for a person to pass on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, confined_by_policy, existing_home
from supplier_agent.datasets.catalogue import Dataset, find_dataset, find_preparation
from supplier_agent.tasks.journal import open_journal
from syncline.cli.named_data import new_file
from syncline.cli.table import print_json
from syncline.cli.terminal import say, say_document
from syncline.errors import StorageError

if TYPE_CHECKING:
    from syncline.sources.source import Source


@confined_by_policy
def describe(
    name: Annotated[str, typer.Argument(help="A data set's name.")],
    min_cell: Annotated[
        int, typer.Option("--min-cell", min=1, max=1_000_000, help="Persons who must hold what is said.")
    ] = 11,
    out: Annotated[Path | None, typer.Option("--out", help="A new file for the draft.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Draft a schema of what may be published; nothing is sent, a person edits it and passes it on."""
    from syncline.preparation.description import describe_table
    from syncline.preparation.description_draft import STAYS, as_document, as_yaml

    place = existing_home(home)
    if out is not None:
        new_file(out)
    with open_journal(place) as journal:
        dataset = journal.read_now(lambda connection: find_dataset(connection, name))
        canonical = journal.read_now(lambda connection: find_preparation(connection, dataset.preparation))
    found = describe_table(_opened(dataset, canonical), name, dataset.person, min_cell)
    if out is not None:
        _write(out, as_yaml(found))
    if as_json:
        print_json(as_document(found))
    elif out is None:
        say_document(as_yaml(found))
    else:
        say(f"draft: {out}")
        say(STAYS)


def _opened(dataset: Dataset, canonical: bytes) -> Source:
    """Return the data set's rows, through its preparation where it has one."""
    from syncline.preparation.preparation_document import Preparation
    from syncline.preparation.prepared_view import prepared_view
    from syncline.sources.registry import open_source

    source: Source = open_source(dataset.source)
    return prepared_view(source, Preparation.from_canonical(canonical)) if canonical else source


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"--out {path}: cannot be written ({error.strerror}); name another") from error
