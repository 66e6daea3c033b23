"""``supplier-agent policy``: what the policy permits, and what it says to a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL
from supplier_agent.tasks.journal import open_journal
from syncline.cli.table import print_json
from syncline.compute.frames import Json
from syncline.wire.membership import load_membership

if TYPE_CHECKING:
    from syncline.study.policy import Policy

policy = typer.Typer(
    help="See what the policy permits, and try a study on it.", no_args_is_help=True, rich_markup_mode=None
)


@policy.command()
def show(home: Home = None, as_json: AsJson = False) -> None:
    """Show in plain words what the policy permits."""
    from syncline.study.policy import Policy

    place = existing_home(home)
    found = Policy.from_yaml(place.policy)
    if as_json:
        print_json(found.to_document())
        return
    typer.echo(f"policy      {place.policy}")
    for label, text in _in_words(found):
        typer.echo(f"{label:<12}{text}")


@policy.command("test")
def try_study(
    study: Annotated[Path, typer.Argument(help="A study, YAML.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the policy permits a study, and every reason if not; exit 1 where it does not."""
    from supplier_agent.cli.raw_columns import against_raw_columns
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.spec import StudySpec

    place = existing_home(home)
    supplier = load_membership(place.identity, ENROL).name
    spec = StudySpec.from_yaml(study)
    with open_journal(place) as journal:
        datasets = journal.read_now(list_datasets)
    refusals = assess(place.policy, supplier, spec, "", datasets).refusals
    if not refusals:
        with open_journal(place) as journal:
            refusals = journal.read_now(lambda c: against_raw_columns(c, place.policy, spec, supplier))
    if as_json:
        reasons: list[Json] = list(refusals)
        print_json({"study": spec.study, "permitted": not refusals, "refusals": reasons})
    elif refusals:
        typer.echo(f"{place.policy} does not permit the study {spec.study}:")
        for refusal in refusals:
            typer.echo(f"  {refusal}")
    else:
        typer.echo(f"{place.policy} permits the study {spec.study}")
    if refusals:
        raise typer.Exit(1)


def _in_words(found: Policy) -> list[tuple[str, str]]:
    limits = found.limits
    automatic = found.approval.mode.value == "automatic"
    return [
        ("studies", _listed(found.studies)),
        ("flows", _listed([flow.value for flow in found.flows])),
        ("data sets", _listed(found.datasets)),
        ("columns", f"{_listed(found.columns.allow)}; denied: {', '.join(found.columns.deny) or 'none'}"),
        ("questions", _listed([kind.value for kind in found.questions])),
        (
            "limits",
            f"{limits.max_order} columns counted together, {limits.max_rounds} rounds,"
            f" {limits.max_cells} cells",
        ),
        ("min_cell", f"studies that build on counts of at least {found.min_cell} persons"),
        ("suppliers", f"studies with at least {found.min_suppliers} suppliers"),
        ("validation", "permitted" if found.validation else "refused"),
        ("approval", "automatic for the digests listed" if automatic else "a person approves each study"),
    ]


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) if names else "none: every study is refused"
