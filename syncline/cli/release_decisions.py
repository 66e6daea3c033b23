"""``syncline releases approve`` and ``refuse``: an approver's word, signed with the approver's own key.

What is signed is about the digests of the tables and of the report. The command fetches the report itself
and compares its digest before it signs, so that a hub cannot have one report read and another one signed;
what it prints of the gate stands in that report.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.fetched_report import check_read_report, gate_failures
from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.release_lines import release_json
from syncline.cli.table import print_json
from syncline.errors import IdentityError, UsageError

if TYPE_CHECKING:
    from syncline.study.release_decision import ReleaseSubject, ReleaseVerdict
    from syncline.wire.membership import Membership
    from syncline.wire.release_messages import ReleaseEntry
    from syncline.wire.research_client import ResearchClient

Release = Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")]
Why = Annotated[str, typer.Option("--reason", help="A sentence that is signed, kept and shown.")]


def approve(
    release: Release,
    override: Annotated[
        bool, typer.Option("--override", help="Approve although the disclosure gate failed; needs --reason.")
    ] = False,
    reason: Why = "",
    report: Annotated[
        Path | None,
        typer.Option("--report", help="The report that you read: what fetch --report-only wrote."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a release that waits, by the digests of its tables and report."""
    from syncline.study.release_decision import ReleaseVerdict

    verdict = ReleaseVerdict.OVERRIDE if override else ReleaseVerdict.APPROVE
    _decide(release, verdict, reason, report, home, as_json)


def refuse(release: Release, reason: Why = "", home: Home = None, as_json: AsJson = False) -> None:
    """Refuse a release that waits: its study ends, and nothing is released."""
    from syncline.study.release_decision import ReleaseVerdict

    _decide(release, ReleaseVerdict.REFUSE, reason, None, home, as_json)


def find_release(release: str, home: Path | None) -> ReleaseEntry:
    """Return a release as the hub lists it for this member."""

    async def work() -> ReleaseEntry:
        async with await open_session(open_membership(home)) as client:
            return choose_release(await client.releases(), release)

    return asyncio.run(work())


def choose_release(entries: list[ReleaseEntry], wanted: str) -> ReleaseEntry:
    """Return the one release that is meant; its id goes before a study's name that is the same."""
    found = [entry for entry in entries if wanted == entry.release_id]
    found = found or [entry for entry in entries if wanted in (entry.study_id, entry.study_name)]
    if len(found) == 1:
        return found[0]
    many = "no release" if not found else f"{len(found)} releases"
    raise UsageError(f"you have {many} '{wanted}': take the id from 'syncline releases list'")


def _decide(
    release: str, verdict: ReleaseVerdict, reason: str, report: Path | None, home: Path | None, as_json: bool
) -> None:
    membership = open_membership(home)
    entry = asyncio.run(_send(membership, release, verdict, reason, report, as_json))
    if as_json:
        print_json({**release_json(entry), "decision": verdict.value})
    else:
        typer.echo(f"{membership.name} says {verdict.value} to release {entry.release_id}: signed, and taken")


async def _send(
    membership: Membership,
    release: str,
    verdict: ReleaseVerdict,
    reason: str,
    report: Path | None,
    as_json: bool,
) -> ReleaseEntry:
    from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
    from syncline.wire.people_sentence import people_sentence
    from syncline.wire.release_messages import GivenDecision
    from syncline.wire.releases import MAX_REASON

    async with await open_session(membership) as client:
        entry = choose_release(await client.releases(), release)
        subject, hubs_report = await _looked_up(client, entry)
        if report is not None:
            check_read_report(report, subject)
        failures = [] if verdict is ReleaseVerdict.REFUSE else gate_failures(subject, hubs_report)
        words = people_sentence(reason, MAX_REASON)
        said = ReleaseDecision(subject, verdict, words, membership.name)
        if not as_json:
            _tell(verdict, entry, subject, failures)
        signed = said.signed(membership.signing_key())
        await client.decide(GivenDecision(subject, verdict, words, signed.signature))
        return entry


async def _looked_up(client: ResearchClient, entry: ReleaseEntry) -> tuple[ReleaseSubject, bytes]:
    """Return what is signed and the hub's report, once that has the digest that is signed."""
    from syncline.study.approvals import REPORT_NAME

    subject = entry.subject
    if subject is None:
        raise UsageError(f"release {entry.release_id}: it was released before there were decisions")
    report, inside = bytearray(), False
    async for chunk in client.fetch(entry.release_id, report_only=True):
        inside = chunk.name == REPORT_NAME if chunk.name else inside
        if inside:
            report += chunk.data
    if hashlib.sha256(report).hexdigest() != subject.report_sha256:
        raise IdentityError(
            f"release {entry.release_id}: the hub's report is not the one that it asks to sign; nothing was"
            " signed: ask its operator"
        )
    return subject, bytes(report)


def _tell(
    verdict: ReleaseVerdict, entry: ReleaseEntry, subject: ReleaseSubject, failures: Sequence[str]
) -> None:
    from syncline.wire.people_sentence import people_sentence

    typer.echo(f"to {verdict.value}: release {entry.release_id} of study {entry.study_name}")
    for name, content in sorted(subject.content_sha256.items()):
        typer.echo(f"  {name}  {content}")
    typer.echo(f"  report.json  {subject.report_sha256}")
    gates = {None: "none is run", True: "passed", False: "FAILED"}
    typer.echo(f"  disclosure gate: {gates[subject.gate_passed]}")
    for failure in failures:
        typer.echo(f"    {people_sentence(failure)}")
