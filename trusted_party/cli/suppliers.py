"""``trusted-party suppliers``: who enrolled, and who must go. It also evicts and bans other roles."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli.command_app import group
from syncline.cli.table import print_json, print_table, shown_time
from syncline.cli.terminal import say
from syncline.compute.frames import Json
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.study.manifest import key_fingerprint
from trusted_party.cli.options import AsJson, Home, open_office
from trusted_party.datastore.members import Member, list_members
from trusted_party.studies.dismissal import ban as ban_member
from trusted_party.studies.dismissal import evict as evict_member

suppliers = group("List, evict and ban members.")


@suppliers.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List all members with their roles; suppliers also with whether their agents are connected."""
    with open_office(home) as office:
        found = office.database.read_now(list_members)
    if as_json:
        print_json([_json(member) for member in found])
        return
    rows = [
        (
            member.name,
            member.role.value,
            member.standing.value,
            "yes" if member.connected else "no",
            "now" if member.connected else shown_time(member.last_seen_us),
            fingerprint_words(key_fingerprint(member.signing_key)),
        )
        for member in found
    ]
    print_table(
        ("NAME", "ROLE", "STANDING", "CONNECTED", "SEEN", "SIGNING KEY"), rows, "Nobody has enrolled."
    )


@suppliers.command()
def evict(
    name: Annotated[str, typer.Argument(help="The member's name.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a member's certificates; after a new invitation it may enrol again."""
    with open_office(home) as office:
        evict_member(office.database, office.audit, name)
    _say(name, "evicted", as_json)


@suppliers.command()
def ban(
    name: Annotated[str, typer.Argument(help="The member's name.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.")] = "banned by the operator",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a member's certificates for good and end its connections at once."""
    with open_office(home) as office:
        ban_member(office.database, office.audit, name, reason)
    _say(name, "banned", as_json)


def _say(name: str, standing: str, as_json: bool) -> None:
    if as_json:
        print_json({"name": name, "standing": standing})
    else:
        say(f"{name} is {standing}")


def _json(member: Member) -> dict[str, Json]:
    return {
        "name": member.name,
        "role": member.role,
        "standing": member.standing,
        "reason": member.reason,
        "connected": member.connected,
        "last_seen_us": member.last_seen_us,
        "enrolled_us": member.enrolled_us,
        "datasets": list(member.datasets),
        "signing_key_sha256": key_fingerprint(member.signing_key),
    }
