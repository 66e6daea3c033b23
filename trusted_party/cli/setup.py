"""``trusted-party init`` and ``invite``: make a hub, let members in."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Annotated

import typer

from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.clock import SystemClock
from syncline.errors import IdentityError, UsageError
from syncline.identity.authority import check_host
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import Role, check_name
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
    hosts = tuple(dict.fromkeys(host or (socket.getfqdn(), "localhost", "127.0.0.1")))
    for given in hosts:
        _check("--host", given, check_host)
    _check("--name", name, check_name)
    place.create(name, hosts, SystemClock())
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
    say(f"hub        {place.root}")
    say(f"reached as {', '.join(hosts)}")
    say(f"authority  {authority}")
    say(f"           {fingerprint_words(authority)}")
    say(f"releases   {signing}")
    say(f"           {fingerprint_words(signing)}")
    say("next       trusted-party serve --listen HOST:PORT, and trusted-party invite NAME")


def invite(
    name: Annotated[str, typer.Argument(help="The name that the member will have at this hub.")],
    role: Annotated[str, typer.Option("--role", help="supplier, researcher or approver.")] = "supplier",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print a token that is good for one enrolment within ten minutes."""
    invited = _role(role)
    _check("NAME", name, check_name)
    with open_office(home) as office:
        enrolments = Enrolments(office.database, office.home.load_authority(), office.audit, office.clock)
        replaces = enrolments.awaits(name)
        token = enrolments.invite(name, invited)
    if as_json:
        seconds = int(TOKEN_LIFETIME.total_seconds())
        print_json(
            {"name": name, "role": invited, "token": token, "valid_seconds": seconds, "replaces": replaces}
        )
    else:
        if replaces:
            say(f"note: the token that {name} was given before and did not use is void now", err=True)
        say(token)


def _role(text: str) -> Role:
    if text not in (Role.SUPPLIER, Role.RESEARCHER, Role.APPROVER):
        raise UsageError(f"--role {text}: must be supplier, researcher or approver")
    return Role(text)


def _check(argument: str, given: str, check: Callable[[str], object]) -> None:
    try:
        check(given)
    except IdentityError as error:
        raise UsageError(f"{argument} '{given}': {str(error).partition(': ')[2]}") from None
