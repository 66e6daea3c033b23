"""``syncline verify``: whether a release is what the hub signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.fetched_report import page_differs, warn_of_page
from syncline.cli.hub_session import LOGIN, AsJson, Home, identity_directory
from syncline.cli.release_lines import signed_files
from syncline.cli.terminal import say
from syncline.errors import UsageError
from syncline.identity.key_pin import KeyPin

if TYPE_CHECKING:
    from syncline.study.manifest import Verification


def verify(
    release: Annotated[Path, typer.Argument(help="A release directory.")],
    hub_key: Annotated[
        str | None,
        typer.Option(
            "--hub-key", help="The hub's fingerprint, in digits or words; else the home's hub is it."
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Check that no byte of a release changed since the hub signed it; exit with status 1 where one did."""
    from syncline.cli.table import print_json
    from syncline.study.manifest import verify_release

    pin, known = _pin(hub_key, home)
    found = verify_release(release, pin)
    if found.stranger:
        found = replace(found, failures=(_stranger(found, known), *found.failures[1:]))
    if as_json:
        print_json(
            {
                "passed": found.passed,
                "failures": list(found.failures),
                "files": list(found.files),
                "signer": found.signer_fingerprint,
                "pinned": found.pinned,
                "page_differs": page_differs(release),
                "gate_passed": found.gate_passed,
                "gate_failures": list(found.gate_failures),
                "approvals": [
                    {"approver": name, "decision": said, "reason": why}
                    for (name, said), why in zip(found.approvals, found.reasons, strict=True)
                ],
            }
        )
    elif found.passed:
        say(_sentence(found, known))
        for line in _decided(found):
            say(line)
    if found.passed and not as_json:
        warn_of_page(release)
    for failure in () if as_json else found.failures:
        say(f"error: {failure}", err=True)
    if not found.passed:
        raise typer.Exit(1)


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
    return (
        f"{checked}a key that is not pinned: whoever made these files may have made it. Its fingerprint is"
        f" {_words(found)}: compare it with what the hub's operator tells you, or give theirs as --hub-key"
    )


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
