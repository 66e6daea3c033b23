"""``syncline verify``: whether a release is what the hub signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.fetched_report import page_differs, warn_of_page
from syncline.cli.hub_session import LOGIN, AsJson, Home, identity_directory, open_membership, open_session
from syncline.cli.release_lines import signed_files
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.errors import SynclineError, UsageError
from syncline.identity.key_pin import KeyPin

if TYPE_CHECKING:
    from syncline.study.manifest import Verification


class Accepted(StrEnum):
    """What a release may be and pass nevertheless."""

    UNPINNED = "unpinned"
    WITHDRAWN = "withdrawn"


def verify(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    hub_key: Annotated[
        str | None,
        typer.Option(
            "--hub-key", help="The hub's fingerprint, in digits or words; else the home's hub is it."
        ),
    ] = None,
    accept: Annotated[
        list[Accepted] | None,
        typer.Option("--accept", help="Pass a release that is so; repeat for both."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the home's hub whether it withdrew the release.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check that no byte of a release changed since the hub signed it, that it is the hub's, and stands.

    Exit status 1 where a byte did, where the signer's key is not known by a login or --hub-key, or where the
    hub, which is asked after a login, has withdrawn the release.
    """
    from syncline.cli.table import print_json
    from syncline.study.manifest import verify_release

    pin, known = _pin(hub_key, home)
    found = verify_release(release, pin)
    if found.stranger:
        found = replace(found, failures=(_stranger(found, known), *found.failures[1:]))
    if not found.passed or pin is None:
        standing = UNKNOWN
    elif offline or hub_key is not None:
        standing = NOT_ASKED
    else:
        standing = _standing(home, found.release_id)
    found = replace(found, failures=(*found.failures, *_refused(found, standing, accept or ())))
    if as_json:
        print_json(_as_json(found, standing, release))
    elif found.passed:
        say(_sentence(found, known))
        for line in _decided(found):
            say(line)
        warn_of_page(release)
        if standing.note:
            say(f"note: {standing.note}", err=True)
    for failure in () if as_json else found.failures:
        say(f"error: {failure}", err=True)
    if not found.passed:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the hub says of a release: whether it is ``withdrawn``, None where that is not known."""

    withdrawn: bool | None
    note: str = ""


UNKNOWN = _Standing(None)
NOT_ASKED = _Standing(None, "the hub was not asked whether it has withdrawn the release")


def _standing(home: Path | None, release_id: str) -> _Standing:
    """Ask the hub of the home's login whether the release stands; one that cannot be asked is no failure."""
    import asyncio

    from syncline.wire.release_messages import ReleaseState

    async def ask() -> _Standing:
        async with await open_session(open_membership(home)) as client:
            entries = await client.releases(ended=True)
        for entry in entries:
            if entry.release_id == release_id:
                withdrawn = entry.state is ReleaseState.WITHDRAWN
                return _Standing(withdrawn, entry.note if withdrawn else "")
        return _Standing(None, "the hub does not list this release to you: whether it stands is not known")

    try:
        return asyncio.run(ask())
    except SynclineError as error:
        return _Standing(None, f"whether the hub has withdrawn it is not known: {error}")


def _refused(found: Verification, standing: _Standing, accepted: Sequence[Accepted]) -> Iterator[str]:
    """Say why a release whose bytes are as signed does not pass."""
    if found.passed and not found.pinned and Accepted.UNPINNED not in accepted:
        yield (
            f"manifest.sig: signed by a key that is not pinned, {_words(found)}: whoever made these files may"
            " have made it; compare it with what the hub's operator tells you and give theirs as --hub-key,"
            " or --accept unpinned"
        )
    if standing.withdrawn and Accepted.WITHDRAWN not in accepted:
        yield (
            f"release {found.release_id}: withdrawn: {standing.note}; do not use it, or give"
            " --accept withdrawn"
        )


def _as_json(found: Verification, standing: _Standing, release: Path) -> dict[str, Json]:
    return {
        "passed": found.passed,
        "failures": list(found.failures),
        "files": list(found.files),
        "signer": found.signer_fingerprint,
        "pinned": found.pinned,
        "withdrawn": standing.withdrawn,
        "page_differs": page_differs(release),
        "gate_passed": found.gate_passed,
        "gate_failures": list(found.gate_failures),
        "approvals": [
            {"approver": name, "decision": said, "reason": why}
            for (name, said), why in zip(found.approvals, found.reasons, strict=True)
        ],
    }


def _pin(hub_key: str | None, home: Path | None) -> tuple[KeyPin | None, str]:
    """Return the pinned key and where it is from: the command line, or the home after a login."""
    from syncline.wire.membership import is_member, read_hub_key

    if hub_key is not None:
        return KeyPin.parse(hub_key, "--hub-key"), "--hub-key"
    directory = identity_directory(home)
    if is_member(directory):
        return KeyPin.of_key(read_hub_key(directory)), f"the hub of {directory.parent}"
    if home is not None:
        raise UsageError(f"--home {home}: it holds no certificate of a hub; {LOGIN}")
    return None, ""


def _stranger(found: Verification, known: str) -> str:
    return (
        f"manifest.sig: signed by {_words(found)}, which is not {known};"
        " if another hub made the release, ask its operator for the fingerprint and give it as --hub-key"
        " (a simulated release is signed by a key of its own)"
    )


def _sentence(found: Verification, known: str) -> str:
    checked = f"verified: {signed_files(len(found.files))}; signed by "
    if found.pinned:
        return f"{checked}{known}, fingerprint {_words(found)}"
    return f"{checked}a key that is not pinned, {_words(found)}"


def _decided(found: Verification) -> Iterator[str]:
    """Say who let the release out, and what the gate had said."""
    from syncline.wire.people_sentence import people_sentence

    if found.gate_passed is False:
        yield f"the disclosure gate FAILED{', and people overrode it' if found.approvals else ''}:"
        for failure in found.gate_failures:
            yield f"  {people_sentence(failure)}"
    for (name, said), why in zip(found.approvals, found.reasons, strict=True):
        yield people_sentence(f"signed by {name}: {said}" + (f" ({why})" if why else ""))


def _words(found: Verification) -> str:
    from syncline.identity.fingerprint_words import fingerprint_words

    digits = found.signer_fingerprint or ""
    return f"{digits} ({fingerprint_words(digits)})"
