"""The researcher at a hub: ``syncline login``, and the session that the other commands open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.terminal import say
from syncline.durable.private_directory import PRIVATE, make_private_directory, require_guarded
from syncline.durable.storage_fault import place_error

if TYPE_CHECKING:
    from syncline.identity.peer import PeerRole
    from syncline.wire.membership import Membership
    from syncline.wire.research_client import ResearchClient

Home = Annotated[
    Path | None, typer.Option("--home", help="Where the researcher's keys lie; ~/.syncline/researcher.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
LOGIN = "run 'syncline login TOKEN --hub HOST:PORT' with a token from the hub's operator"


def identity_directory(home: Path | None) -> Path:
    """Return where the researcher's keys and certificate lie."""
    return (home or Path.home() / ".syncline" / "researcher") / "identity"


def open_membership(home: Path | None) -> Membership:
    """Read the researcher's identity."""
    from syncline.wire.membership import load_membership

    return load_membership(identity_directory(home), LOGIN)


async def open_session(membership: Membership) -> ResearchClient:
    """Connect to the hub; a certificate past half of its life is renewed on the way."""
    from syncline.clock import SystemClock
    from syncline.errors import SynclineError
    from syncline.wire.enrolment_client import renew
    from syncline.wire.research_client import ResearchClient

    now = SystemClock().now()
    if membership.certificate.renewal_due(now):
        try:
            membership = await renew(membership)
        except SynclineError:
            membership.certificate.check_current(now)
    return ResearchClient(membership.hub, membership.tls)


def login(
    token: Annotated[str, typer.Argument(help="The one-time token, or - to read it from standard input.")],
    hub: Annotated[str, typer.Option("--hub", help="HOST:PORT of the hub.")],
    enrolment: Annotated[
        str | None, typer.Option("--enrolment", help="HOST:PORT that takes tokens; one port up.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Get a certificate with a one-time token, as a researcher or as an approver, as the token says."""
    import asyncio

    from syncline.cli.new_member import only_if_enrolled, token_text
    from syncline.cli.table import print_json
    from syncline.clock import SystemClock
    from syncline.wire.enrolment_client import EnrolmentPlan, enrol
    from syncline.wire.server_chain import typed_address

    directory = identity_directory(home)
    given = token_text(token)
    plan = EnrolmentPlan(directory, typed_address(hub), _role(given), enrolment and typed_address(enrolment))
    with only_if_enrolled(directory.parent):
        _make_private(directory.parent)
        member = asyncio.run(enrol(plan, given, SystemClock()))
    until = f"{member.certificate.not_after:%Y-%m-%d}"
    if as_json:
        print_json({"name": member.name, "role": member.role, "hub": member.hub, "valid_until": until})
    else:
        say(f"You are {member.role} {member.name} at {member.hub}; the certificate renews itself.")


def _role(token: str) -> PeerRole:
    """Return the role for which a token is, of those whose people work with this command."""
    from syncline.errors import IdentityError
    from syncline.identity.peer import PeerRole
    from syncline.identity.tokens import EnrolmentToken

    try:
        approves = EnrolmentToken.parse(token).role is PeerRole.APPROVER
    except IdentityError:
        approves = False  # enrolling says what is wrong with it
    return PeerRole.APPROVER if approves else PeerRole.RESEARCHER


def _make_private(directory: Path) -> None:
    require_guarded(directory)
    try:
        make_private_directory(directory)
        os.chmod(directory, PRIVATE)
    except OSError as error:
        raise place_error("--home", directory, error) from error
