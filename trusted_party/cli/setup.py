"""``trusted-party init`` and ``invite``: make a hub, let members in."""

from __future__ import annotations

import socket
from typing import Annotated

import typer

from syncline.cli.table import print_json
from syncline.clock import SystemClock
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import Role
from syncline.identity.tokens import TOKEN_LIFETIME
from syncline.study.manifest import key_fingerprint
from trusted_party.cli.options import AsJson, Home, hub_home, open_office
from trusted_party.studies.enrolment import Enrolments


def init(
    host: Annotated[
        list[str] | None,
        typer.Option("--host", help="A name or address by which members reach this hub; repeat for more."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The hub's name in its authority.")] = "hub",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a hub: its directory, its authority, its keys and its certificate."""
    place = hub_home(home)
    hosts = tuple(host or (socket.getfqdn(), "localhost", "127.0.0.1"))
    place.create(name, tuple(dict.fromkeys(hosts)), SystemClock())
    authority = place.load_authority().root_sha256.hex()
    signing = key_fingerprint(public_signing_key(place.load_signing_key()))
    if as_json:
        print_json(
            {
                "home": str(place.root),
                "hosts": hosts,
                "authority_sha256": authority,
                "signing_sha256": signing,
            }
        )
        return
    typer.echo(f"hub        {place.root}")
    typer.echo(f"reached as {', '.join(hosts)}")
    typer.echo(f"authority  {authority}\n           {fingerprint_words(authority)}")
    typer.echo(f"releases   {signing}\n           {fingerprint_words(signing)}")
    typer.echo("next       trusted-party serve --listen HOST:PORT, and trusted-party invite NAME")


def invite(
    name: Annotated[str, typer.Argument(help="The name that the member will have at this hub.")],
    role: Annotated[Role, typer.Option("--role", help="What the member may do.")] = Role.SUPPLIER,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print a token that is good for one enrolment within ten minutes."""
    with open_office(home) as office:
        enrolments = Enrolments(office.database, office.home.load_authority(), office.audit, office.clock)
        token = enrolments.invite(name, role)
    if as_json:
        seconds = int(TOKEN_LIFETIME.total_seconds())
        print_json({"name": name, "role": role, "token": token, "valid_seconds": seconds})
    else:
        typer.echo(token)
