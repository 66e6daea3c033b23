"""``supplier-agent enrol``: keys, a certificate for them, and a policy that permits nothing yet."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from supplier_agent.cli.options import AsJson, Home, agent_home
from supplier_agent.home import AgentHome
from syncline.cli.new_member import only_if_enrolled, token_text
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.clock import SystemClock
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.identity.private_file import write_private


def enrol(
    token: Annotated[str, typer.Argument(help="The one-time token, or - to read it from standard input.")],
    hub: Annotated[str, typer.Option("--hub", help="HOST:PORT of the hub.")],
    enrolment: Annotated[
        str | None, typer.Option("--enrolment", help="HOST:PORT that takes tokens; one port up.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Enrol at a hub with a one-time token; running it again with the same token does no harm."""
    from supplier_agent.tasks.journal import open_journal
    from syncline.identity.fingerprint_words import fingerprint_words
    from syncline.study.manifest import key_fingerprint
    from syncline.wire.enrolment_client import EnrolmentPlan
    from syncline.wire.enrolment_client import enrol as enrol_member
    from syncline.wire.server_chain import typed_address

    place = agent_home(home)
    plan = EnrolmentPlan(
        place.identity, typed_address(hub), PeerRole.SUPPLIER, enrolment and typed_address(enrolment)
    )
    given = token_text(token)
    with only_if_enrolled(place.root):
        place.create()
        member = asyncio.run(enrol_member(plan, given, SystemClock()))
    is_new = write_first_policy(place)
    open_journal(place).close()
    key = key_fingerprint(public_signing_key(member.signing_key()))
    until = f"{member.certificate.not_after:%Y-%m-%d}"
    if as_json:
        print_json(
            {
                "name": member.name,
                "role": member.role,
                "hub": member.hub,
                "valid_until": until,
                "signing_key_sha256": key,
                "policy": str(place.policy),
            }
        )
        return
    say(f"This agent is supplier {member.name} at {member.hub}; its certificate renews itself.")
    say(f"Its signing key, to compare by telephone: {fingerprint_words(key)}")
    standing = "It permits nothing yet: read and edit" if is_new else "Its policy stays as it is:"
    say(f"{standing} {place.policy}")
    say("Then: supplier-agent datasets add NAME SOURCE, supplier-agent check, supplier-agent run")


def write_first_policy(home: AgentHome) -> bool:
    """Write the default policy, which permits nothing, and tell so; one that is there is left alone."""
    from syncline.study.default_policy import DEFAULT_POLICY_YAML

    if home.policy.exists():
        return False
    write_private(home.policy, DEFAULT_POLICY_YAML.encode())
    return True
