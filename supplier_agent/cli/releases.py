"""``supplier-agent releases``: the releases that this supplier's data is in, their reports, and its no."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, existing_home
from supplier_agent.consent.decision import Seal
from supplier_agent.consent.release_refusal import (
    ReleaseRefusal,
    find_refusal,
    list_refusals,
    refuse_release,
)
from supplier_agent.home import ENROL
from supplier_agent.tasks.journal import microseconds, open_journal
from syncline.cli.confirmation import Yes
from syncline.cli.release_lines import choose_release, print_releases, release_json
from syncline.cli.table import print_json
from syncline.cli.terminal import require_yes, say
from syncline.clock import SystemClock
from syncline.compute.frames import Json
from syncline.durable.audit_table import AuditLog
from syncline.errors import UsageError
from syncline.wire.membership import Membership, load_membership
from syncline.wire.messages import ReleaseId
from syncline.wire.release_messages import ReleaseEntry, ReleaseState

_LISTING = "supplier-agent releases list"

releases = typer.Typer(
    help="See releases with your data in them, read their reports, and refuse.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the releases that this supplier's data is in, and those that wait for approvals; asks the hub."""
    from supplier_agent.uplink.release_list import releases_of

    place = existing_home(home)
    found = asyncio.run(releases_of(load_membership(place.identity, ENROL)))
    with open_journal(place) as journal:
        refusals = {one.release_id: one for one in journal.read_now(list_refusals)}
    if as_json:
        print_json([release_json(one) | _refused(refusals.get(one.release_id)) for one in found])
        return
    print_releases(found, "No releases with this supplier's data.")
    for entry in found:
        say(f"{entry.release_id} gate: {_gate(entry)}")
    for refusal in refusals.values():
        say(f"{refusal.release_id} refused here: {refusal.reason} ({_where(refusal)})")


@releases.command()
def report(
    release: Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")],
    out: Annotated[Path, typer.Option("--out", help="A directory that does not exist yet.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the report of a release or of a draft that waits, as a decision signs it; never the table."""
    from supplier_agent.uplink.release_list import releases_of
    from syncline.cli.fetched_report import keep_report
    from syncline.cli.releases import beside

    if out.exists():
        raise UsageError(f"{out} exists already: name a directory with --out that does not")
    member = load_membership(existing_home(home).identity, ENROL)
    entry = choose_release(asyncio.run(releases_of(member, ended=True)), release, _LISTING)
    with beside(out) as gathered:
        asyncio.run(_fetch_report(member, entry.release_id, gathered))
        files: list[Json] = list(keep_report(gathered, entry))
        gathered.rename(out)
    if as_json:
        print_json(release_json(entry) | {"out": str(out), "files": files})
        return
    say(f"{out}: the report of release {entry.release_id}, the one that a decision signs")
    say(f"gate: {_gate(entry)}")


@releases.command()
def refuse(
    release: Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is signed, kept and shown.")] = "",
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a release: one that waits is not released; one that is out is withdrawn, after a question."""
    from supplier_agent.uplink.release_list import releases_of

    place, clock = existing_home(home), SystemClock()
    if not reason.strip():
        raise UsageError(f"refuse release {release}: say why with --reason")
    member = load_membership(place.identity, ENROL)
    key = member.signing_key()
    with open_journal(place) as journal:
        refusal = journal.read_now(lambda connection: find_refusal(connection, release))
        if refusal is None:
            entry = choose_release(asyncio.run(releases_of(member, ended=True)), release, _LISTING)
            _confirm_withdrawal(entry, yes=yes)
            seal, now_us = Seal(key, AuditLog(key, clock), member.name), microseconds(clock)
            refusal = journal.write_now(
                lambda connection: refuse_release(connection, seal, member.name, entry, reason, now_us)
            )
    if as_json:
        print_json({"release_id": refusal.release_id, "study_id": refusal.study_id} | _refused(refusal))
        return
    say(f"release {refusal.release_id} is refused: {refusal.reason} ({_where(refusal)})")


def _confirm_withdrawal(entry: ReleaseEntry, *, yes: bool) -> None:
    """Ask before a release that is out is withdrawn; one that waits has reached nobody."""
    if entry.state is ReleaseState.RELEASED:
        require_yes(
            f"release {entry.release_id} of study {entry.study_name} is out: to refuse it WITHDRAWS it for"
            " everybody, which cannot be undone and reaches no copy that was fetched; withdraw it?",
            yes=yes,
            remedy="give --yes to withdraw it",
        )


async def _fetch_report(member: Membership, release_id: ReleaseId, directory: Path) -> None:
    """Write a report into a directory; what the hub sends to a supplier is never the table."""
    from syncline.cli.releases import write_files
    from syncline.wire.research_client import ResearchClient

    async with ResearchClient(member.hub, member.tls) as client:
        await write_files(client.fetch(release_id, report_only=True), directory)


def _gate(entry: ReleaseEntry) -> str:
    """Say what the disclosure gate said of a release."""
    if entry.subject is None:
        return "not told: the release is older than this version's decisions"
    if entry.subject.gate_passed is None:
        return "NONE was run: the study asks for none"
    if entry.subject.gate_passed:
        return "passed"
    return f"FAILED: {'; '.join(entry.gate_failures)}"


def _where(refusal: ReleaseRefusal) -> str:
    if not refusal.delivered:
        return "the running agent sends it to the hub"
    return f"the hub did not take it: {refusal.outcome}" if refusal.outcome else "the hub has it"


def _refused(refusal: ReleaseRefusal | None) -> dict[str, Json]:
    if refusal is None:
        return {"refused": False}
    return {
        "refused": True,
        "refusal_reason": refusal.reason,
        "refusal_delivered": refusal.delivered,
        "refusal_outcome": refusal.outcome,
        "refused_us": refusal.refused_us,
    }
