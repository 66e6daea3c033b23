"""``supplier-agent policy``: what the policy permits, and what it says to a study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.datasets.catalogue import list_datasets
from supplier_agent.home import ENROL
from supplier_agent.tasks.journal import open_journal
from syncline.cli.command_app import group
from syncline.cli.named_data import new_file
from syncline.cli.study_check import say_idle
from syncline.cli.table import print_json
from syncline.cli.terminal import say, say_document
from syncline.compute.frames import Json
from syncline.identity.private_file import write_private
from syncline.study.default_policy import PRESETS, Preset
from syncline.study.flow import DataFlow
from syncline.wire.membership import load_membership

if TYPE_CHECKING:
    from supplier_agent.tasks.standing_policy import PolicyAssessment
    from syncline.study.policy import Policy
    from syncline.study.policy_sections import ReleaseDemands

policy = group("See what the policy permits, and try a study on it.")


@policy.command()
def show(home: Home = None, as_json: AsJson = False) -> None:
    """Show in plain words what the policy permits."""
    from supplier_agent.tasks.standing_policy import read_policy

    place = existing_home(home)
    found = read_policy(place.policy)
    if as_json:
        print_json(found.to_document())
        return
    say(f"policy      {place.policy}")
    for label, text in _in_words(found):
        say(f"{label:<12}{text}")


@policy.command("test")
def try_study(
    study: Annotated[Path, typer.Argument(help="A study, YAML.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Say whether the policy permits a study, and every reason if not; exit 1 where it does not."""
    from supplier_agent.cli.raw_columns import against_raw_columns
    from supplier_agent.consent.approval_summary import conditions_in_words
    from supplier_agent.consent.conditions import conditions_to_json
    from supplier_agent.tasks.standing_policy import assess
    from syncline.study.idle_settings import idle_settings
    from syncline.study.study_check import sound_study

    place = existing_home(home)
    supplier = load_membership(place.identity, ENROL).name
    spec = sound_study(study)
    with open_journal(place) as journal:
        datasets = journal.read_now(list_datasets)
    found = assess(place.policy, supplier, spec, "", datasets)
    refusals = found.refusals
    if not refusals and found.flow is not None:
        flow = found.flow
        with open_journal(place) as journal:
            refusals = journal.read_now(
                lambda connection: against_raw_columns(connection, place.policy, spec, supplier, flow)
            )
    if as_json:
        reasons: list[Json] = list(refusals)
        flows: dict[str, Json] = {"flow_asked": found.asked, "flow": None if refusals else found.flow}
        judged: dict[str, Json] = {"study": spec.study, "permitted": not refusals, "refusals": reasons}
        idle: list[Json] = list(idle_settings(spec))
        print_json(judged | flows | {"conditions": conditions_to_json(spec), "no_effect": idle})
    else:
        say_idle(idle_settings(spec))
        for line in (*_verdict(place.policy, found, refusals), *conditions_in_words(spec)):
            say(line)
    if refusals:
        raise typer.Exit(1)


@policy.command()
def preset(
    name: Annotated[Preset, typer.Argument(help="How far to go: counts of pairs, all summaries, or rows.")],
    study: Annotated[
        Path | None, typer.Option("--for", help="A study, YAML: the policy is about it and its columns.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="A new file; else it is printed.")] = None,
    home: Home = None,
) -> None:
    """Print a commented policy to begin with, for a person to read, edit and put in place."""
    from syncline.study.spec import StudySpec

    with open_journal(existing_home(home)) as journal:
        known = [dataset.name for dataset in journal.read_now(list_datasets)]
    spec = None if study is None else StudySpec.from_yaml(study)
    studies = [] if spec is None else [spec.study]
    columns = [] if spec is None else [variable.name for variable in spec.schema.modelled]
    text = PRESETS[name].about(studies, known, columns).yaml()
    if out is None:
        say_document(text)
        return
    new_file(out)
    write_private(out, text.encode())
    say(f"{out}: read and edit it, then put it in place of policy.yaml in the agent's home")


def _verdict(policy: Path, found: PolicyAssessment, refusals: tuple[str, ...]) -> Iterator[str]:
    """Yield what a policy says to a study, and what would leave where it is permitted."""
    from supplier_agent.consent.approval_summary import flow_words, leaving_words

    if refusals:
        yield f"{policy} does not permit the study {found.name}:"
        yield from (f"  {refusal}" for refusal in refusals)
        return
    yield f"{policy} permits the study {found.name}"
    if found.asked is not None and found.flow is not None:
        yield flow_words(found.asked, found.flow)
        yield f"leaves: {leaving_words(found.flow)}"


def _in_words(found: Policy) -> list[tuple[str, str]]:
    limits = found.limits
    automatic = found.approval.mode.value == "automatic"
    return [
        ("studies", _listed(found.studies)),
        ("flows", _listed([flow.value for flow in found.flows])),
        ("narrowed", _narrowed(found)),
        ("data sets", _listed(found.datasets)),
        ("columns", f"{_listed(found.columns.allow)}; denied: {', '.join(found.columns.deny) or 'none'}"),
        ("questions", _listed(found.questions)),
        (
            "limits",
            f"{limits.max_order} columns counted together, {limits.max_rounds} rounds,"
            f" {limits.max_cells} cells",
        ),
        ("min_cell", f"studies that build on counts of at least {found.min_cell} persons"),
        ("suppliers", f"studies with at least {found.min_suppliers} suppliers"),
        ("validation", _compared(found)),
        ("release", _demanded(found.release)),
        ("approval", "automatic for the digests listed" if automatic else "a person approves each study"),
    ]


def _compared(found: Policy) -> str:
    if found.validation is None:
        return "refused"
    allowed, bounds = found.validation, found.validation.holdout
    models = "" if allowed.models else ", but no declared models"
    words = "A STUDY MAY CHOOSE WHO IS HELD OUT, AND THEN THE HUB CAN LOOK UP IDS (salt: study)"
    salt = "" if allowed.salt is None else f"; {words}"
    return f"permitted{models}; {bounds.least:g} to {bounds.most:g} of the persons held out{salt}"


def _demanded(demands: ReleaseDemands) -> str:
    gate = "a disclosure gate as strict as the default" if demands.gate is not None else ""
    least = f"at least {demands.min_approvals} approvals" if demands.min_approvals else ""
    return " and ".join(filter(None, (gate, least))) or "nothing is demanded"


def _narrowed(found: Policy) -> str:
    pairs = [(asked, found.narrow.instead_of(asked)) for asked in DataFlow]
    words = [f"{asked} is answered by {instead}" for asked, instead in pairs if instead is not None]
    return ", ".join(words) or "none: a flow that is not listed is refused"


def _listed(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names) if names else "none: every study is refused"
