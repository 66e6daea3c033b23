"""``trusted-party releases``: what waits and what is out, and the operator's word on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from syncline.cli.command_app import group
from syncline.cli.confirmation import ReleaseDigest, Yes, confirm_release, tell_release
from syncline.cli.release_lines import print_releases, release_json
from syncline.cli.table import print_json, shown_time
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.data.section import shown
from syncline.errors import UsageError
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole, check_name
from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
from syncline.wire.messages import ReleaseId
from syncline.wire.people_sentence import people_sentence
from syncline.wire.release_messages import ReleaseEntry, ReleaseState
from syncline.wire.releases import MAX_REASON
from trusted_party.cli.options import AsJson, Home, Office, open_office
from trusted_party.datastore.grants import Grant, grants_of
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.store import Transaction
from trusted_party.release import granting
from trusted_party.release.decisions import OPERATOR, DecisionService, ReleaseCase, check_person, require_case
from trusted_party.release.entries import entries, entry_of, known_entry
from trusted_party.release.granting import IssuedGrant
from trusted_party.release.naming import named_release, require_standing_release
from trusted_party.release.withdrawal import withdraw as withdraw_release
from trusted_party.studies.endings import Endings

releases = group("List and decide releases.")

MOST_DAYS = 3650
Release = Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept, signed and shown.")]
By = Annotated[str, typer.Option("--by", help="The person at the hub who decides.")]


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List releases, what waits for approvals and who was granted access, the newest first."""
    with open_office(home) as office:
        _show(office, office.database.read_now(lambda transaction: list(entries(transaction))), as_json)


@releases.command()
def show(release: Release, home: Home = None, as_json: AsJson = False) -> None:
    """Show a release, what it waits for, and who was granted access until when."""
    with open_office(home) as office:

        def read(transaction: Transaction) -> ReleaseEntry:
            return _entry(transaction, named_release(transaction, release))

        found = office.database.read_now(read)
        if as_json:
            print_json(_json(office, found))
        else:
            _show(office, [found], as_json=False)


@releases.command()
def approve(
    release: Release,
    by: By = OPERATOR,
    override: Annotated[
        bool, typer.Option("--override", help="Approve although the disclosure gate failed; needs --reason.")
    ] = False,
    reason: Why = "",
    digest: ReleaseDigest = "",
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a release that waits, signed with the hub's key, where its study names no approvers."""
    verdict = ReleaseVerdict.OVERRIDE if override else ReleaseVerdict.APPROVE
    with open_office(home) as office:
        case, decision = _statement(office, release, verdict, by, reason)
        if not as_json:
            failures = case.draft.gate.failures if case.draft.gate is not None else ()
            tell_release(verdict, case.study.name, decision.subject, failures)
        confirm_release(verdict, case.study.name, decision.subject, digest, yes=yes)
        _decide(office, decision, as_json)


@releases.command()
def refuse(
    release: Release, by: By = OPERATOR, reason: Why = "", home: Home = None, as_json: AsJson = False
) -> None:
    """Refuse a release that waits: its study ends, and nothing is released."""
    with open_office(home) as office:
        _, decision = _statement(office, release, ReleaseVerdict.REFUSE, by, reason)
        _decide(office, decision, as_json)


@releases.command()
def withdraw(release: Release, reason: Why = "", home: Home = None, as_json: AsJson = False) -> None:
    """Take back what is released: nobody fetches it any more, and lists say why."""
    words = _words(reason)
    if not words:
        raise UsageError(f"withdraw release {release}: say why with --reason")
    with open_office(home) as office:
        now_us = to_us(office.clock.now())

        def write(transaction: Transaction) -> ReleaseEntry:
            known = require_standing_release(transaction, named_release(transaction, release))
            withdraw_release(transaction, office.audit, known, OPERATOR, words, now_us)
            return _entry(transaction, known.release_id)

        entry = office.database.write_now(write)
        if as_json:
            print_json(_json(office, entry))
        else:
            say(
                f"release {entry.release_id} of study {shown(entry.study_name)} is withdrawn: nobody fetches"
                " it any more; the hub's audit (release_fetched) says who did"
            )


@releases.command()
def grant(
    release: Release,
    researcher: Annotated[str, typer.Argument(help="An enrolled researcher.")],
    days: Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="For how long.")] = 30,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a researcher besides the study's own fetch a release, and print the access token, once.

    The token opens the release only beside that researcher's certificate. A second grant voids the first.
    """
    with open_office(home) as office:
        until_us = granting.until(to_us(office.clock.now()), days)

        def write(transaction: Transaction) -> IssuedGrant:
            release_id = named_release(transaction, release)
            return granting.grant(transaction, office.audit, release_id, researcher, until_us)

        given = office.database.write_now(write)
    if as_json:
        print_json(_given_json(given))
        return
    spell = "1 day" if days == 1 else f"{days} days"
    until = f"until {shown_time(until_us)} UTC"
    say(
        f"{researcher} may fetch release {given.grant.release_id} for {spell}, {until}, by access token"
        f" {given.grant.short_id}:",
        err=True,
    )
    if given.replaced is not None:
        say(
            f"note: access token {given.replaced.short_id}, which {researcher} was given before, is void now",
            err=True,
        )
    say(given.token.text())


@releases.command()
def revoke(
    release: Release,
    researcher: Annotated[str, typer.Argument(help="A researcher who was granted access.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Take a granted access away: the access token opens nothing any more."""
    with open_office(home) as office:

        def write(transaction: Transaction) -> tuple[ReleaseId, bool]:
            release_id = named_release(transaction, release)
            return release_id, granting.revoke(transaction, office.audit, release_id, researcher)

        release_id, gone = office.database.write_now(write)
    if as_json:
        print_json({"release_id": release_id, "researcher": researcher, "revoked": gone})
    elif gone:
        say(f"revoked: the access to release {release_id} that {researcher} was granted")
    else:
        say(f"nothing to revoke: {researcher} was granted no access to release {release_id}")


def _statement(
    office: Office, release: str, verdict: ReleaseVerdict, by: str, reason: str
) -> tuple[ReleaseCase, ReleaseDecision]:
    """Return the draft that is meant and what is said to it; refuse who may not say it."""
    person, words = check_name(by), people_sentence(reason, MAX_REASON)

    def read(transaction: Transaction) -> tuple[ReleaseCase, ReleaseDecision]:
        case = require_case(transaction, named_release(transaction, release))
        subject = case.draft.subject(case.study.specification_sha256)
        decision = ReleaseDecision(subject, verdict, words, person)
        check_person(transaction, case, decision)
        return case, decision

    return office.database.read_now(read)


def _decide(office: Office, decision: ReleaseDecision, as_json: bool) -> None:
    entry = _taken(office, decision)
    if as_json:
        print_json({"state": "refused"} if entry is None else _json(office, entry))
    elif entry is not None:
        _show(office, [entry], as_json=False)
    else:
        say("the release is refused, and its study has ended")


def _taken(office: Office, decision: ReleaseDecision) -> ReleaseEntry | None:
    """Sign a decision with the hub's key and take it, if it is about the draft that waits; the hub notices.

    Returns where the release stands now; None for one that was refused, which does not stand any more.
    """
    key = office.home.load_signing_key()
    endings = Endings(office.audit, office.clock)
    service = DecisionService(office.audit, endings, office.clock, public_signing_key(key))
    release_id = ReleaseId(decision.subject.release_id)

    def write(transaction: Transaction) -> ReleaseEntry | None:
        service.take(
            transaction, require_case(transaction, release_id), decision.signed(key), PeerRole.OPERATOR
        )
        return entry_of(transaction, release_id)

    return office.database.write_now(write)


def _words(reason: str) -> str:
    return people_sentence(reason, MAX_REASON)


def _entry(transaction: Transaction, release_id: ReleaseId) -> ReleaseEntry:
    found = known_entry(transaction, release_id)
    assert found is not None
    return found


def _grants(office: Office, entry: ReleaseEntry) -> list[Grant]:
    return office.database.read_now(lambda transaction: grants_of(transaction, entry.release_id))


def _given_json(given: IssuedGrant) -> dict[str, Json]:
    return {
        "release_id": given.grant.release_id,
        "researcher": given.grant.researcher,
        "until_us": given.grant.until_us,
        "grant": given.grant.short_id,
        "token": given.token.text(),
        "replaces": None if given.replaced is None else given.replaced.short_id,
    }


def _json(office: Office, entry: ReleaseEntry) -> dict[str, Json]:
    granted: list[Json] = [
        {"researcher": one.researcher, "until_us": one.until_us, "grant": one.short_id}
        for one in _grants(office, entry)
    ]
    directory = str(office.home.releases_path / entry.release_id)
    return {**release_json(entry), "directory": directory, "grants": granted}


def _show(office: Office, found: Sequence[ReleaseEntry], as_json: bool) -> None:
    """Print releases, and below them who was granted access and until when."""
    if as_json:
        print_json([_json(office, entry) for entry in found])
        return
    print_releases(found, "No releases.")
    now_us = to_us(office.clock.now())
    for entry in found:
        for one in _grants(office, entry):
            gone = one.is_over(now_us) or entry.state is ReleaseState.WITHDRAWN
            over = ", which is over" if gone else ""
            until = f"until {shown_time(one.until_us)} UTC{over}"
            token = f"by access token {one.short_id}"
            say(f"{entry.release_id} granted: {one.researcher} may fetch it {until}, {token}")
