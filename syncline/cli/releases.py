"""``syncline releases``: list releases, fetch them verified, and as an approver decide about them."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from syncline.cli.command_app import group
from syncline.cli.fetched_report import keep_report, warn_of_page
from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.new_member import token_text
from syncline.cli.release_decisions import approve, refuse
from syncline.cli.release_lines import choose_release, print_releases, release_json, signed_files
from syncline.cli.release_specification import specification
from syncline.cli.table import print_json, shown_bytes
from syncline.cli.terminal import say
from syncline.durable.private_directory import make_private_directory
from syncline.errors import IdentityError, StorageError, UsageError, WireError

if TYPE_CHECKING:
    from syncline.identity.access_token import AccessToken
    from syncline.wire.membership import Membership
    from syncline.wire.messages import FileChunk
    from syncline.wire.release_messages import ReleaseEntry

releases = group("List, fetch and approve releases.")


releases.command("approve")(approve)
releases.command("refuse")(refuse)
releases.command("specification")(specification)


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the releases that you may fetch or decide about, the newest first, and what some wait for."""
    found = asyncio.run(_list(open_membership(home)))
    if as_json:
        print_json([release_json(entry) for entry in found])
    else:
        print_releases(found, "No releases yet.")


@releases.command()
def fetch(
    release: Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")],
    out: Annotated[Path, typer.Option("--out", help="A directory that does not exist yet.")],
    report_only: Annotated[
        bool, typer.Option("--report-only", help="The report alone, as an approver reads it.")
    ] = False,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="SYNCLINE_ACCESS_TOKEN",
            show_envvar=True,
            help="The access token of a release that was granted to you, or - to read it from stdin.",
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a release; the directory appears only after the hub's signature and every file were verified.

    With --report-only the digest of report.json is compared with the one that a decision signs, and the page
    is made here of that report.json: the hub's own page is left aside.
    """
    if out.exists():
        raise UsageError(f"{out} exists already: name a directory with --out that does not")
    membership = open_membership(home)
    access = None if token is None else _own_token(token_text(token), membership)
    with beside(out) as gathered:
        entry = asyncio.run(_fetch(membership, release, gathered, access, report_only=report_only))
        files = keep_report(gathered, entry) if report_only else _verify(gathered, membership)
        gathered.rename(out)
    if as_json:
        print_json({"release_id": entry.release_id, "out": str(out), "files": files, "verified": True})
    elif report_only:
        say(f"{out}: the report of release {entry.release_id}, the one that a decision signs")
    else:
        say(f"{out}: {signed_files(len(files))}, verified against the hub's signature")
        warn_of_page(out)


async def _list(membership: Membership) -> list[ReleaseEntry]:
    async with await open_session(membership) as client:
        return await client.releases()


async def _fetch(
    membership: Membership, wanted: str, directory: Path, access: AccessToken | None, *, report_only: bool
) -> ReleaseEntry:
    async with await open_session(membership) as client:
        entry = choose_granted(await client.releases(ended=True), wanted, access)
        secret = b"" if access is None else access.secret
        chunks = client.fetch(entry.release_id, report_only=report_only, access_secret=secret)
        await write_files(chunks, directory)
    return entry


def _own_token(text: str, membership: Membership) -> AccessToken:
    """Read an access token; one of another researcher is refused before the hub is asked."""
    from syncline.identity.access_token import AccessToken

    try:
        access = AccessToken.parse(text)
    except IdentityError as error:
        raise UsageError(f"--token: {error}") from None
    if access.researcher != membership.name:
        raise UsageError(
            f"--token: this access token is for researcher {access.researcher}, and you are"
            f" {membership.name}: ask the hub's operator for one of your own"
        )
    return access


def choose_granted(entries: list[ReleaseEntry], wanted: str, access: AccessToken | None) -> ReleaseEntry:
    """Return the release that is meant, which is that of the access token where one is given."""
    if access is not None and not _listed(entries, wanted) and not _listed(entries, access.release_id):
        raise IdentityError(
            f"release {access.release_id}: the hub does not let you see it: your access is over or was taken"
            " away: ask the hub's operator for a new access token"
        )
    entry = choose_release(entries, wanted)
    if access is not None and entry.release_id != access.release_id:
        raise UsageError(
            f"--token: this access token is for release {access.release_id}, and not for {entry.release_id}:"
            " give the one that you were given for it, or none (unset SYNCLINE_ACCESS_TOKEN) for a release of"
            " your own"
        )
    return entry


def _listed(entries: list[ReleaseEntry], wanted: str) -> bool:
    return any(wanted in (entry.release_id, entry.study_id, entry.study_name) for entry in entries)


async def write_files(chunks: AsyncIterator[FileChunk], directory: Path) -> None:
    """Write the pieces of a release as they come; each file must have the size that was announced."""
    file: BinaryIO | None = None
    name, left, shown = "", 0, sys.stderr.isatty()
    try:
        async for chunk in chunks:
            if chunk.name:
                _check_complete(name, left)
                if file is not None:
                    file.close()
                name, left = chunk.name, chunk.size
                file = _create(directory / name)
                if shown:
                    say(f"{name}  {shown_bytes(chunk.size)}", err=True)
            if file is None or len(chunk.data) > left:
                raise WireError("release: the hub sent more bytes than it announced")
            file.write(chunk.data)
            left -= len(chunk.data)
        _check_complete(name, left)
    except OSError as error:
        raise StorageError(f"{directory}: cannot be written ({error.strerror})") from error
    finally:
        if file is not None:
            file.close()


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError:
        raise WireError(f"release: the hub sent the file {path.name} twice") from None


def _check_complete(name: str, left: int) -> None:
    if left:
        raise WireError(f"release: {left} bytes of {name} are missing: fetch it again")


def _verify(directory: Path, membership: Membership) -> list[str]:
    from syncline.identity.key_pin import KeyPin
    from syncline.study.manifest import verify_release

    found = verify_release(directory, KeyPin.of_key(membership.hub_signing_key))
    if not found.passed:
        raise IdentityError(f"release refused, nothing was kept: {'; '.join(found.failures)}")
    return list(found.files)


@contextmanager
def beside(out: Path) -> Iterator[Path]:
    """Give a directory next to ``out``, and remove it where it did not take that name."""
    try:
        make_private_directory(out.parent)
        gathered = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise StorageError(
            f"{out} cannot be made ({error.strerror}): name another directory with --out"
        ) from error
    try:
        yield gathered
    finally:
        shutil.rmtree(gathered, ignore_errors=True)
