"""Ask whether the hub can be reached and knows this agent, without disturbing one that runs."""

from __future__ import annotations

import secrets

from supplier_agent.uplink.hub_client import HubClient
from syncline.wire.membership import Membership
from syncline.wire.messages import Heartbeat
from syncline.wire.refusals import AlreadyAttached


async def reach_hub(membership: Membership) -> None:
    """Return where the hub answers and admits this certificate; raise what stands in the way.

    A heartbeat of a process that is not attached changes nothing: the hub answers that it is not the one.
    """
    client = HubClient(membership.hub, membership.tls)
    try:
        await client.heartbeat(Heartbeat(secrets.token_hex(16), ()))
    except AlreadyAttached:
        return
    finally:
        await client.close()
