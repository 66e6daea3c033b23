"""``supplier-agent datasets``: which data this agent may answer for, and where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.datasets.catalogue import (
    Dataset,
    add_dataset,
    find_dataset,
    find_preparation,
    list_datasets,
    remove_dataset,
    set_people,
)
from supplier_agent.datasets.inspection import Inspection, inspect_dataset
from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import microseconds, open_journal
from syncline.cli.command_app import group
from syncline.cli.named_data import check_named_data, refuse_misnamed
from syncline.cli.table import print_json, print_table
from syncline.cli.terminal import say
from syncline.clock import SystemClock
from syncline.compute.frames import Json
from syncline.data.labels import normal_label
from syncline.errors import UsageError
from syncline.sources.locator import absolute_locator

datasets = group("Name the data that studies may ask for.")
Name = Annotated[str, typer.Argument(help="The name under which studies ask for the data.")]


@datasets.command()
def add(
    name: Name,
    source: Annotated[
        str,
        typer.Argument(
            help="A file, a directory of Parquet files, or a database URL with ?table= or ?query=."
        ),
    ],
    person: Annotated[
        str | None, typer.Option("--person", help="The column that tells persons apart.")
    ] = None,
    preparation: Annotated[
        Path | None, typer.Option("--preparation", help="The steps that prepare it; a copy is kept.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a data set after reading it once; the rows stay where they are."""
    canonical, digest = _read_preparation(preparation)
    place, locator = existing_home(home), absolute_locator(source)
    check_named_data("SOURCE", source)
    refuse_misnamed("SOURCE", source)
    person = None if person is None else normal_label(person)
    found = _inspected(place, Dataset(name, locator, person, digest), canonical)
    if person is not None:
        _require_column(person, found)
    _say_unread(found)
    dataset = Dataset(name, locator, person, digest, found.people)
    now_us = microseconds(SystemClock())
    with open_journal(place) as journal:
        journal.write_now(lambda connection: add_dataset(connection, dataset, now_us, canonical))
    if as_json:
        print_json(_described(dataset, found))
        return
    say(f"added {name}: {found.rows} rows, {len(found.columns)} columns, from {dataset.shown_source}")
    say(f"studies may use it once {place.policy} lists {name} under datasets")


@datasets.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the data sets."""
    with open_journal(existing_home(home)) as journal:
        known = journal.read_now(list_datasets)
    if as_json:
        print_json([_described(dataset) for dataset in known])
        return
    rows = [
        (dataset.name, dataset.person or "-", (dataset.preparation or "-")[:16], dataset.shown_source)
        for dataset in known
    ]
    print_table(
        ("NAME", "PERSON", "PREPARATION", "SOURCE"),
        rows,
        "No data sets yet: supplier-agent datasets add NAME SOURCE",
    )


@datasets.command()
def check(name: Name, home: Home = None, as_json: AsJson = False) -> None:
    """Read a data set from end to end, prepared as it will be, in a process of its own."""
    place = existing_home(home)
    with open_journal(place) as journal:
        dataset = journal.read_now(lambda connection: find_dataset(connection, name))
        canonical = journal.read_now(lambda connection: find_preparation(connection, dataset.preparation))
    found = _inspected(place, dataset, canonical)
    found.require_person(dataset)
    _say_unread(found)
    with open_journal(place) as journal:
        journal.write_now(lambda connection: set_people(connection, name, found.people))
    if as_json:
        described = {**_described(dataset, found), "description": found.description}
        print_json({**described, "columns": list(found.columns)})
    else:
        say(f"{name} can be read: {found.rows} rows, {len(found.columns)} columns")
        say(found.description)


@datasets.command()
def remove(name: Name, home: Home = None, as_json: AsJson = False) -> None:
    """Forget a data set; its rows are not touched."""
    with open_journal(existing_home(home)) as journal:
        journal.write_now(lambda connection: remove_dataset(connection, name))
    if as_json:
        print_json({"name": name, "removed": True})
    else:
        say(f"removed {name}; its rows are where they were")


def _inspected(home: AgentHome, dataset: Dataset, canonical: bytes) -> Inspection:
    from supplier_agent.tasks.standing_policy import work_limits

    return inspect_dataset(dataset, canonical, work_limits(home.policy))


def _say_unread(found: Inspection) -> None:
    for sentence in found.unread:
        say(sentence, err=True)


def _require_column(person: str, found: Inspection) -> None:
    from syncline.data.section import nearest, shown

    if person not in found.columns:
        hint = nearest(person, found.columns)
        raise UsageError(f"--person {shown(person)!r}: there is no such column; {hint}")


def _described(dataset: Dataset, found: Inspection | None = None) -> dict[str, Json]:
    described: dict[str, Json] = {
        "name": dataset.name,
        "source": dataset.shown_source,
        "person": dataset.person,
        "preparation": dataset.preparation,
    }
    return described if found is None else {**described, "rows": found.rows, "unread": list(found.unread)}


def _read_preparation(path: Path | None) -> tuple[bytes, str | None]:
    """Return a preparation in canonical form and its digest; nothing where there is none."""
    if path is None:
        return b"", None
    from syncline.preparation.preparation_document import Preparation

    preparation = Preparation.from_yaml(path)
    return preparation.canonical(), preparation.digest
