"""``trusted-party init`` and ``invite``: make a hub, let members in."""

from __future__ import annotations

import datetime as dt
import re
import socket
import sys
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
from syncline.identity.peer import PeerRole, check_name
from syncline.identity.tokens import LONGEST_LIFETIME
from syncline.study.manifest import key_fingerprint
from syncline.wire.server_chain import next_port
from trusted_party.cli.options import AsJson, Home, hub_home, open_office
from trusted_party.datastore.database_address import DatabaseAddress
from trusted_party.studies.enrolment import Enrolments

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def init(
    host: Annotated[
        list[str] | None,
        typer.Option("--host", help="A name or address by which members reach this hub; repeat for more."),
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The hub's name in its authority.")] = "hub",
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="postgresql://USER@HOST/NAME, in the place of a file in the home.",
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a hub: its directory, its authority, its keys and its certificate."""
    place = hub_home(home)
    hosts = tuple(dict.fromkeys(host or (socket.getfqdn(), "localhost", "127.0.0.1")))
    for given in hosts:
        _check("--host", given, check_host)
    _check("--name", name, check_name)
    url = None if database is None else DatabaseAddress(database)
    place.create(name, hosts, SystemClock(), url)
    kept = str(place.database_path) if url is None else url.name
    authority = place.load_authority().root_sha256.hex()
    signing = key_fingerprint(public_signing_key(place.load_signing_key()))
    if as_json:
        print_json(
            {
                "home": str(place.root),
                "database": kept,
                "hosts": hosts,
                "authority_sha256": authority,
                "signing_sha256": signing,
            }
        )
        return
    say(f"hub        {place.root}")
    say(f"database   {kept}")
    say(f"reached as {', '.join(hosts)}")
    say(f"authority  {authority}")
    say(f"           {fingerprint_words(authority)}")
    say(f"releases   {signing}")
    say(f"           {fingerprint_words(signing)}")
    say("next       trusted-party serve --listen HOST:PORT, and trusted-party invite NAME")


def invite(
    name: Annotated[str, typer.Argument(help="The name that the member will have at this hub.")],
    role: Annotated[str, typer.Option("--role", help="supplier, researcher or approver.")] = "supplier",
    valid: Annotated[
        str, typer.Option("--valid", help="How long the token is good: 10m, 6h or 3d; 14d at most.")
    ] = "10m",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Print a token that is good for one enrolment, what the member types with it, and until when."""
    invited, lifetime = _role(role), _lifetime(valid)
    _check("NAME", name, check_name)
    with open_office(home) as office:
        enrolments = Enrolments(office.database, office.home.load_authority(), office.audit, office.clock)
        replaces = enrolments.awaits(name)
        token, until = enrolments.invite(name, invited, lifetime)
        addresses = office.home.addresses()
    if as_json:
        print_json(
            {
                "name": name,
                "role": invited,
                "token": token,
                "valid_seconds": int(lifetime.total_seconds()),
                "valid_until": f"{until:%Y-%m-%dT%H:%M:%SZ}",
                "command": _enrolling(invited, token, addresses),
                "replaces": replaces,
            }
        )
        return
    if replaces:
        say(f"note: the token that {name} was given before and did not use is void now", err=True)
    say(token)
    typed = _enrolling(invited, token if sys.stdout.isatty() else "TOKEN", addresses)
    say(f"good once, until {until:%Y-%m-%d %H:%M} UTC; {invited} {name} types:", err=True)
    say(f"  {typed}", err=True)


def _enrolling(role: PeerRole, token: str, addresses: tuple[str, str]) -> str:
    """Return the command by which somebody enrols here; ``-`` in place of the token reads it from a pipe."""
    members, enrolment = addresses
    command = "supplier-agent enrol" if role is PeerRole.SUPPLIER else "syncline login"
    apart = "" if enrolment == next_port(members) else f" --enrolment {enrolment}"
    return f"{command} {token} --hub {members}{apart}"


def _lifetime(text: str) -> dt.timedelta:
    """Read a number of minutes, hours or days."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text.strip())
    lifetime = dt.timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if lifetime is None or lifetime > LONGEST_LIFETIME:
        raise UsageError(f"--valid {text}: must be minutes, hours or days such as 10m, 6h or 3d, at most 14d")
    return lifetime


def _role(text: str) -> PeerRole:
    if text not in (PeerRole.SUPPLIER, PeerRole.RESEARCHER, PeerRole.APPROVER):
        raise UsageError(f"--role {text}: must be supplier, researcher or approver")
    return PeerRole(text)


def _check(argument: str, given: str, check: Callable[[str], object]) -> None:
    try:
        check(given)
    except IdentityError as error:
        raise UsageError(f"{argument} '{given}': {str(error).partition(': ')[2]}") from None
