"""Releases for people and for programs, the same at all three commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncline.cli.table import print_table, shown_bytes, shown_time
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.data.section import shown
from syncline.errors import StudyFailed, UsageError

if TYPE_CHECKING:
    from syncline.wire.release_messages import ReleaseEntry


def choose_release(
    entries: Sequence[ReleaseEntry], wanted: str, listing: str = "syncline releases list"
) -> ReleaseEntry:
    """Return the one release that is meant; its id goes before a study's name that is the same.

    ``listing`` is the command that lists the entries. Where all that are meant ended without coming out, the
    error says why the newest of them did.
    """
    from syncline.wire.release_messages import ReleaseState

    found = [entry for entry in entries if wanted == entry.release_id]
    found = found or [entry for entry in entries if wanted in (entry.study_id, entry.study_name)]
    standing = [entry for entry in found if entry.state is not ReleaseState.ENDED]
    if len(standing) == 1:
        return standing[0]
    if found and not standing:
        raise StudyFailed(f"release {found[0].release_id} never came out: {found[0].note}")
    many = "no release" if not found else f"{len(standing)} releases"
    raise UsageError(f"you have {many} '{wanted}': take the id from '{listing}'")


def release_json(entry: ReleaseEntry) -> dict[str, Json]:
    """Return a release for programs."""
    subject = entry.subject
    return {
        "release_id": entry.release_id,
        "study_id": entry.study_id,
        "study": entry.study_name,
        "state": entry.state.value,
        "note": entry.note,
        "manifest_sha256": entry.manifest_sha256,
        "size": entry.size,
        "released_us": entry.released_us,
        "granted_until_us": entry.granted_until_us or None,
        "gate_passed": None if subject is None else subject.gate_passed,
        "gate_failures": list(entry.gate_failures),
        "content_sha256": {} if subject is None else dict(subject.content_sha256),
        "report_sha256": None if subject is None else subject.report_sha256,
        "approvals": [
            {"approver": one.approver, "decision": one.decision.value, "reason": one.reason}
            for one in entry.approvals
        ],
    }


def shown_state(entry: ReleaseEntry) -> str:
    """Return where a release stands; one that is out by overrides says whose."""
    names = [shown(one.approver) for one in entry.approvals if one.decision.value == "override"]
    if entry.state == "released" and names:
        return f"released by override of {', '.join(names)}"
    return entry.state.value


def signed_files(count: int) -> str:
    """Say how many files a release has, and by what they are signed."""
    return f"{count} {'file' if count == 1 else 'files'} that manifest.json names, which manifest.sig signs"


def print_releases(entries: Sequence[ReleaseEntry], empty: str) -> None:
    """Print a table of releases, and below it what those wait for that are not out, or why they are gone."""
    rows = [
        (
            entry.release_id,
            shown(entry.study_name),
            shown_state(entry),
            shown_bytes(entry.size),
            shown_time(entry.released_us),
        )
        for entry in entries
    ]
    print_table(("ID", "STUDY", "STATE", "SIZE", "RELEASED"), rows, empty)
    for entry in entries:
        if entry.note:
            said = (
                entry.note if entry.state == "waiting" else f"{entry.release_id} {entry.state}: {entry.note}"
            )
            say(said)
        if entry.granted_until_us:
            until = f"until {shown_time(entry.granted_until_us)} UTC"
            say(f"{entry.release_id} granted: you may fetch it {until}, with your access token")
