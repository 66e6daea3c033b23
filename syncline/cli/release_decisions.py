"""``syncline releases approve`` and ``refuse``: an approver's word, signed with the approver's own key.

What is signed is about the digests of the tables and of the report. The command fetches the report itself
and compares its digest before it signs, so that a hub cannot have one report read and another one signed;
what it prints of the gate stands in that report.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.confirmation import ReleaseDigest, Yes, confirm_release, tell_release
from syncline.cli.fetched_report import check_read_report, gate_said
from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.release_lines import choose_release, release_json
from syncline.cli.table import print_json
from syncline.cli.terminal import say
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
    digest: ReleaseDigest = "",
    yes: Yes = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Approve a release that waits, by the digests of its tables and report; asks before it signs."""
    from syncline.study.release_decision import ReleaseVerdict

    verdict = ReleaseVerdict.OVERRIDE if override else ReleaseVerdict.APPROVE
    _decide(_Wish(release, verdict, reason, report, digest, yes), home, as_json)


def refuse(release: Release, reason: Why = "", home: Home = None, as_json: AsJson = False) -> None:
    """Refuse a release that waits: its study ends, and nothing is released."""
    from syncline.study.release_decision import ReleaseVerdict

    _decide(_Wish(release, ReleaseVerdict.REFUSE, reason), home, as_json)


def find_release(release: str, home: Path | None) -> ReleaseEntry:
    """Return a release as the hub lists it for this member."""

    async def work() -> ReleaseEntry:
        async with await open_session(open_membership(home)) as client:
            return choose_release(await client.releases(ended=True), release)

    return asyncio.run(work())


@dataclass(frozen=True, slots=True)
class _Wish:
    """What an approver typed: which release, what is said to it and why, and by what it is known as read."""

    release: str
    verdict: ReleaseVerdict
    reason: str
    report: Path | None = None
    digest: str = ""
    yes: bool = False


def _decide(wish: _Wish, home: Path | None, as_json: bool) -> None:
    membership = open_membership(home)
    _require_approver(membership, wish.verdict)
    entry, words = asyncio.run(_send(membership, wish, as_json))
    if as_json:
        print_json({**release_json(entry), "decision": wish.verdict.value})
    else:
        say(words)


def _require_approver(membership: Membership, verdict: ReleaseVerdict) -> None:
    from syncline.identity.peer import PeerRole

    if membership.role is not PeerRole.APPROVER:
        raise IdentityError(
            f"you are {membership.role} {membership.name}, and only approvers {verdict} releases: let one of"
            " them do it, with --home where the approver's keys lie"
        )


async def _send(membership: Membership, wish: _Wish, as_json: bool) -> tuple[ReleaseEntry, str]:
    """Sign and send a decision; return the release as it was before, and what was done in a sentence."""
    from syncline.study.release_decision import ReleaseDecision, ReleaseVerdict
    from syncline.wire.people_sentence import people_sentence
    from syncline.wire.release_messages import GivenDecision
    from syncline.wire.releases import MAX_REASON

    verdict = wish.verdict
    async with await open_session(membership) as client:
        entry = choose_release(await client.releases(ended=True), wish.release)
        if (done := _done_already(entry, verdict, membership.name)) is not None:
            return entry, done
        subject, hubs_report = await _looked_up(client, entry)
        if wish.report is not None:
            check_read_report(wish.report, subject)
        said_of_gate = [] if verdict is ReleaseVerdict.REFUSE else gate_said(subject, hubs_report)
        words = people_sentence(wish.reason, MAX_REASON)
        said = ReleaseDecision(subject, verdict, words, membership.name)
        if not as_json:
            tell_release(verdict, entry.study_name, subject, said_of_gate)
        known = wish.digest or ("" if wish.report is None else subject.report_sha256)
        confirm_release(verdict, entry.study_name, subject, known, yes=wish.yes)
        signed = said.signed(membership.signing_key())
        await client.decide(GivenDecision(subject, verdict, words, signed.signature))
        return entry, f"{membership.name} says {verdict} to release {entry.release_id}: signed, and taken"


def _done_already(entry: ReleaseEntry, verdict: ReleaseVerdict, name: str) -> str | None:
    """Say that this person approved already, None who has not; a withdrawn release is an error."""
    from syncline.wire.release_messages import ReleaseState

    if entry.state is ReleaseState.WITHDRAWN:
        raise UsageError(f"release {entry.release_id}: it was withdrawn ({entry.note}), and stays so")
    if not any((one.approver, one.decision) == (name, verdict) for one in entry.approvals):
        return None
    what = "approved" if verdict.value == "approve" else "approved, by override,"
    standing = "it is released" if entry.state is ReleaseState.RELEASED else entry.note
    return f"you have {what} release {entry.release_id} already; nothing new was signed: {standing}"


async def _looked_up(client: ResearchClient, entry: ReleaseEntry) -> tuple[ReleaseSubject, bytes]:
    """Return what is signed and the hub's report, once that has the digest that is signed."""
    from syncline.study.approvals import REPORT_NAME

    subject = entry.subject
    if subject is None:
        raise UsageError(f"release {entry.release_id}: it was released before there were decisions")
    report, inside = bytearray(), False
    async for chunk in client.look_up_report(entry.release_id):
        inside = chunk.name == REPORT_NAME if chunk.name else inside
        if inside:
            report += chunk.data
    if hashlib.sha256(report).hexdigest() != subject.report_sha256:
        raise IdentityError(
            f"release {entry.release_id}: the hub's report is not the one that it asks to sign; nothing was"
            " signed: ask its operator"
        )
    return subject, bytes(report)
