"""``syncline releases``: list what was released and fetch it, verified, into a directory."""

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

from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.table import print_json, print_table, shown_bytes, shown_time
from syncline.errors import IdentityError, StorageError, UsageError, WireError

if TYPE_CHECKING:
    from syncline.wire.membership import Membership
    from syncline.wire.messages import FileChunk, ReleaseEntry, ReleaseId

releases = typer.Typer(help="List and fetch releases.", no_args_is_help=True, rich_markup_mode=None)


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List the releases of your studies, the newest first."""
    found = asyncio.run(_list(open_membership(home)))
    found.sort(key=lambda entry: entry.released_us, reverse=True)
    if as_json:
        print_json(
            [
                {
                    "release_id": entry.release_id,
                    "study_id": entry.study_id,
                    "study": entry.study_name,
                    "manifest_sha256": entry.manifest_sha256,
                    "size": entry.size,
                    "released_us": entry.released_us,
                }
                for entry in found
            ]
        )
        return
    rows = [
        (entry.release_id, entry.study_name, shown_bytes(entry.size), shown_time(entry.released_us))
        for entry in found
    ]
    print_table(("ID", "STUDY", "SIZE", "RELEASED"), rows, "No releases yet.")


@releases.command()
def fetch(
    release: Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")],
    out: Annotated[Path, typer.Option("--out", help="A directory that does not exist yet.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a release; the directory appears only after the hub's signature and every file were verified."""
    if out.exists():
        raise UsageError(f"{out} exists already: name a directory with --out that does not")
    membership = open_membership(home)
    with _beside(out) as gathered:
        release_id = asyncio.run(_fetch(membership, release, gathered))
        files = _verify(gathered, membership)
        gathered.rename(out)
    if as_json:
        print_json({"release_id": release_id, "out": str(out), "files": files, "verified": True})
    else:
        typer.echo(f"{out}: {len(files) + 2} files, verified against the hub's signature")


async def _list(membership: Membership) -> list[ReleaseEntry]:
    async with await open_session(membership) as client:
        return await client.releases()


async def _fetch(membership: Membership, wanted: str, directory: Path) -> ReleaseId:
    async with await open_session(membership) as client:
        release_id = _choose(await client.releases(), wanted)
        await write_files(client.fetch(release_id), directory)
    return release_id


def _choose(entries: list[ReleaseEntry], wanted: str) -> ReleaseId:
    found = [
        entry.release_id
        for entry in entries
        if wanted in (entry.release_id, entry.study_id, entry.study_name)
    ]
    if len(found) == 1:
        return found[0]
    many = "no release" if not found else f"{len(found)} releases"
    raise UsageError(f"you have {many} '{wanted}': take the id from 'syncline releases list'")


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
                    sys.stderr.write(f"{name}  {shown_bytes(chunk.size)}\n")
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
def _beside(out: Path) -> Iterator[Path]:
    """Give a directory next to ``out``, and remove it where it did not take that name."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        gathered = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise StorageError(
            f"{out} cannot be made ({error.strerror}): name another directory with --out"
        ) from error
    try:
        yield gathered
    finally:
        shutil.rmtree(gathered, ignore_errors=True)
