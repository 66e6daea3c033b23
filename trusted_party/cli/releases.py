"""``trusted-party releases``: what waits and what is out, and the operator's word on it."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import typer

from syncline.cli.release_lines import print_releases, release_json
from syncline.cli.table import print_json
from syncline.errors import UsageError
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import Role, check_name
from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
from syncline.wire.messages import ReleaseId
from syncline.wire.people_sentence import people_sentence
from syncline.wire.release_messages import ReleaseEntry
from syncline.wire.releases import MAX_REASON
from trusted_party.cli.options import AsJson, Home, Office, open_office
from trusted_party.datastore.grants import Grant
from trusted_party.datastore.moments import to_us
from trusted_party.release import access
from trusted_party.release.decisions import OPERATOR, Bench, check_person, require_case
from trusted_party.release.entries import entries, entry_of
from trusted_party.release.withdrawal import withdraw as withdraw_release
from trusted_party.studies.endings import Endings

releases = typer.Typer(help="List and decide releases.", no_args_is_help=True, rich_markup_mode=None)

MOST_DAYS = 3650
Release = Annotated[str, typer.Argument(help="The release's id.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept, signed and shown.")]
By = Annotated[str, typer.Option("--by", help="The person at the hub who decides.")]


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List releases and what waits for approvals, the newest first."""
    with open_office(home) as office:
        found = office.database.read_now(lambda connection: list(entries(connection)))
        directory = office.home.releases_path
    if as_json:
        print_json([{**release_json(one), "directory": str(directory / one.release_id)} for one in found])
    else:
        print_releases(found, "No releases.")


@releases.command()
def approve(
    release: Release,
    by: By = OPERATOR,
    override: Annotated[
        bool, typer.Option("--override", help="Approve although the disclosure gate failed; needs --reason.")
    ] = False,
    reason: Why = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a release that waits, signed with the hub's key, where its study names no approvers."""
    verdict = ReleaseVerdict.OVERRIDE if override else ReleaseVerdict.APPROVE
    _decide(release, verdict, by, reason, home, as_json)


@releases.command()
def refuse(
    release: Release, by: By = OPERATOR, reason: Why = "", home: Home = None, as_json: AsJson = False
) -> None:
    """Refuse a release that waits: its study ends, and nothing is released."""
    _decide(release, ReleaseVerdict.REFUSE, by, reason, home, as_json)


@releases.command()
def withdraw(release: Release, reason: Why = "", home: Home = None, as_json: AsJson = False) -> None:
    """Take back what is released: nobody fetches it any more, and lists say why."""
    words = _words(reason)
    if not words:
        raise UsageError(f"withdraw release {release}: say why with --reason")
    with open_office(home) as office:
        now_us = to_us(office.clock.now())

        def write(connection: sqlite3.Connection) -> ReleaseEntry | None:
            withdraw_release(connection, office.audit, ReleaseId(release), OPERATOR, words, now_us)
            return entry_of(connection, ReleaseId(release))

        entry = office.database.write_now(write)
    _print(entry, as_json)


@releases.command()
def grant(
    release: Release,
    researcher: Annotated[str, typer.Argument(help="An enrolled researcher.")],
    days: Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="For how long.")] = 30,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a researcher besides the study's own fetch a release, for some days."""
    with open_office(home) as office:
        until_us = access.until(to_us(office.clock.now()), days)
        given = Grant(ReleaseId(release), researcher, until_us)
        office.database.write_now(lambda connection: access.grant(connection, office.audit, given))
    if as_json:
        print_json({"release_id": release, "researcher": researcher, "until_us": until_us})
    else:
        typer.echo(f"{researcher} may fetch release {release} for {days} days")


@releases.command()
def revoke(
    release: Release,
    researcher: Annotated[str, typer.Argument(help="A researcher who was granted access.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take a granted access away."""
    with open_office(home) as office:
        gone = office.database.write_now(
            lambda connection: access.revoke(connection, office.audit, ReleaseId(release), researcher)
        )
    if as_json:
        print_json({"release_id": release, "researcher": researcher, "revoked": gone})
    else:
        typer.echo(
            f"{researcher} has no granted access to release {release}{'' if gone else ', and had none'}"
        )


def _decide(release: str, verdict: ReleaseVerdict, by: str, reason: str, home: Home, as_json: bool) -> None:
    with open_office(home) as office:
        entry = _taken(office, ReleaseId(release), verdict, by, _words(reason))
    _print(entry, as_json)


def _taken(
    office: Office, release_id: ReleaseId, verdict: ReleaseVerdict, by: str, reason: str
) -> ReleaseEntry | None:
    """Sign the decision with the hub's key and take it; the running hub notices."""
    key = office.home.load_signing_key()
    endings = Endings(office.audit, office.clock)
    bench = Bench(office.audit, endings, office.clock, public_signing_key(key))
    person = check_name(by)

    def write(connection: sqlite3.Connection) -> ReleaseEntry | None:
        case = require_case(connection, release_id)
        subject = case.draft.subject(case.study.specification_sha256)
        decision = ReleaseDecision(subject, verdict, reason, person)
        check_person(connection, case, decision)
        bench.take(connection, case, decision.signed(key), Role.OPERATOR)
        return entry_of(connection, release_id)

    return office.database.write_now(write)


def _words(reason: str) -> str:
    return people_sentence(reason, MAX_REASON)


def _print(entry: ReleaseEntry | None, as_json: bool) -> None:
    """Show where a release stands now; one that was refused does not stand any more."""
    if as_json:
        print_json({"state": "refused"} if entry is None else release_json(entry))
    elif entry is None:
        typer.echo("the release is refused, and its study has ended")
    else:
        print_releases([entry], "")
