"""A decision that cannot be taken back: shown before it is signed, and asked for, or told by a digest.

On a terminal a person sees what a decision is about and is asked. Where there is no terminal, a script says
which bytes it means by a digest, or says ``--yes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.terminal import require_yes, say
from syncline.errors import UsageError

if TYPE_CHECKING:
    from syncline.study.release_decision import ReleaseSubject, ReleaseVerdict

Yes = Annotated[bool, typer.Option("--yes", help="Do it without a question.")]
ReleaseDigest = Annotated[
    str,
    typer.Option(
        "--digest", help="Only this one: the SHA-256 of the report.json that you read, or a table's digest."
    ),
]

_GATES = {None: "none is run", True: "passed", False: "FAILED"}


def tell_release(verdict: ReleaseVerdict, study: str, subject: ReleaseSubject, said: Sequence[str]) -> None:
    """Print what is decided about, by its digests, why the disclosure gate failed, and what it could see."""
    say(f"to {verdict.value}: release {subject.release_id} of study {study}")
    for name, content in sorted(subject.content_sha256.items()):
        say(f"  {name}  {content}")
    say(f"  report.json  {subject.report_sha256}")
    say(f"  specification  {subject.specification_sha256}")
    say(f"  disclosure gate: {_GATES[subject.gate_passed]}")
    for sentence in said:
        say(f"    {sentence}")


def confirm_release(
    verdict: ReleaseVerdict, study: str, subject: ReleaseSubject, digest: str, *, yes: bool
) -> None:
    """Ask before an approval or an override, unless ``digest`` names the draft, or ``yes`` was said."""
    from syncline.study.release_decision import ReleaseVerdict

    if verdict is ReleaseVerdict.REFUSE:
        return
    if digest:
        if digest.lower() not in {subject.report_sha256, *subject.content_sha256.values()}:
            raise UsageError(
                f"--digest: the draft of release {subject.release_id} that waits now has other digests;"
                " nothing was signed: fetch its report again with --report-only, and read it"
            )
        return
    although = " ALTHOUGH ITS DISCLOSURE GATE FAILED" if subject.gate_passed is False else ""
    require_yes(
        f"release {subject.release_id} of study {study}: an approval lets its synthetic rows out{although},"
        " and cannot be taken back; approve it?",
        yes=yes,
        remedy="give the SHA-256 of the report.json that was read as --digest, or --yes",
    )
