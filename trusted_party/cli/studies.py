"""``trusted-party studies``: what runs, and the operator's word on it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from syncline.cli.command_app import group
from syncline.cli.study_progress import print_studies, show_study, study_json, study_line, untold_reasons
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.errors import StudyFailed, UsageError
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import StudyStatus
from trusted_party.cli.options import AsJson, Home, open_office
from trusted_party.datastore.store import Store
from trusted_party.studies import operation
from trusted_party.studies.endings import Endings
from trusted_party.studies.vault import Vault

studies = group("Watch and steer studies.")

Study = Annotated[str, typer.Argument(help="The study's id, or its name where only one is alive.")]


@studies.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List studies, the newest first."""
    with open_office(home) as office:
        found = office.database.read_now(operation.all_statuses)
    if as_json:
        print_json([study_json(status) for status in found])
        return
    print_studies(found, "No studies.")


@studies.command()
def show(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Show a study and where each supplier stands."""
    with open_office(home) as office:
        status = office.database.read_now(lambda transaction: operation.named_status(transaction, study))
    _print(status, as_json)


@studies.command()
def salt(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Print the salt by which a study's persons were held out, for an auditor who repeats the study."""
    from syncline.study.contributing import deals_key
    from syncline.study.fitting import fold_of
    from syncline.study.spec import StudySpec
    from syncline.wire.exchange import DrawCodec

    with open_office(home) as office:
        row = office.database.read_now(lambda transaction: operation.find_named(transaction, study))
        if row.draw_sha256 is None:
            raise UsageError(
                f"study {row.name}: its salt was not drawn: its suppliers open their parts first;"
                f" 'trusted-party studies show {row.name}' says who has not"
            )
        drawn = Vault(office.home.open_payloads()).model(row.id).get(bytes.fromhex(row.draw_sha256))
    spec = StudySpec.from_canonical(row.specification)
    if deals_key(spec):
        say(
            f"study {row.name}: its suppliers number persons by a key that the hub lacks: to repeat the"
            " study, let one of them print the salt by 'supplier-agent studies salt'",
            err=True,
        )
    fold = fold_of(spec, DrawCodec().decode(drawn).openings)
    if as_json:
        print_json({"study_id": row.id, "salt": fold.salt.hex()})
        return
    say(fold.salt.hex())


@studies.command()
def start(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Let a paused study go on: declined tasks are offered again, the deadline begins anew."""
    with open_office(home) as office:
        endings = Endings(office.audit, office.clock)
        status = office.database.write_now(
            lambda transaction: operation.resume_study(transaction, endings, study)
        )
    _print(status, as_json)


@studies.command()
def cancel(
    study: Study,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the researcher and the audit.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End a study without a release."""
    with open_office(home) as office:
        endings = Endings(office.audit, office.clock)
        status = office.database.write_now(
            lambda transaction: operation.cancel_study(transaction, endings, study, reason)
        )
    _print(status, as_json)


@studies.command()
def wait(study: Study, home: Home = None, as_json: AsJson = False) -> None:
    """Wait until a study ends, or waits for a person; exit 0 once it is released."""
    with open_office(home) as office:
        status = asyncio.run(_wait(office.database, study, quiet=as_json))
    if as_json:
        print_json(study_json(status))
    if status.state != StudyState.RELEASED:
        for reason in () if as_json else untold_reasons(status):
            say(reason, err=True)
        raise StudyFailed(f"study {status.name} is {status.state}: {status.reason or 'no reason was given'}")
    if not as_json:
        say(f"study {status.name} is released as {status.release_id}")


async def _wait(database: Store, study: str, *, quiet: bool) -> StudyStatus:
    first = await database.read(lambda transaction: operation.named_status(transaction, study))
    last = ""
    while True:
        status = await database.read(lambda transaction: operation.named_status(transaction, first.study_id))
        line = study_line(status) + (f": {status.reason}" if status.reason else "")
        if not quiet and line != last:
            last = line
            say(f"{status.name}: {last}", err=True)
        if status.ended_us or operation.needs_a_person(status):
            return status
        await database.wait_for_outside_change()


def _print(status: StudyStatus, as_json: bool) -> None:
    if as_json:
        print_json(study_json(status))
    else:
        show_study(status)
