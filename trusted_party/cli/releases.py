"""``trusted-party releases``: what was released, and where its directory stands."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from syncline.cli.table import print_json, print_table, shown_bytes, shown_time
from syncline.errors import UsageError
from trusted_party.cli.options import AsJson, Home, open_office
from trusted_party.datastore.releases import list_releases

releases = typer.Typer(help="List and decide releases.", no_args_is_help=True, rich_markup_mode=None)

Release = Annotated[str, typer.Argument(help="The release's id.")]


@releases.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List releases, the newest first."""
    with open_office(home) as office:
        found = office.database.read_now(list_releases)
        directory = office.home.releases_path
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
                    "directory": str(directory / entry.release_id),
                }
                for entry in found
            ]
        )
        return
    rows = [
        (entry.release_id, entry.study_name, shown_bytes(entry.size), shown_time(entry.released_us))
        for entry in found
    ]
    print_table(("ID", "STUDY", "SIZE", "RELEASED"), rows, "No releases.")


@releases.command()
def approve(release: Release, home: Home = None) -> None:
    """Approve a release; not in this version."""
    _refuse("approve", release)


@releases.command()
def refuse(release: Release, home: Home = None) -> None:
    """Refuse a release; not in this version."""
    _refuse("refuse", release)


def _refuse(verb: str, release: str) -> NoReturn:
    raise UsageError(
        f"releases {verb} {release}: this version does not implement approvals of releases; a study whose"
        " release.approvals is not 0 is refused when it is submitted"
    )
