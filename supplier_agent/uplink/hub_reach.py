"""Ask whether the hub can be reached and knows this agent, without disturbing one that runs."""

from __future__ import annotations

import secrets

from supplier_agent.uplink.hub_client import HubClient
from syncline.wire.membership import Membership
from syncline.wire.messages import Heartbeat
from syncline.wire.refusals import AlreadyAttached


async def reach_hub(membership: Membership) -> int:
    """Return the hub's time where it admits this certificate; raise what stands in the way.

    The time is in microseconds since 1970 UTC, 0 where the hub does not tell it.

    A heartbeat of a process that is not attached changes nothing: the hub answers that it is not the one.
    """
    client = HubClient(membership.hub, membership.tls)
    try:
        return await client.heartbeat(Heartbeat(secrets.token_hex(16), ()))
    except AlreadyAttached as refused:
        return refused.hub_time_us
    finally:
        await client.close()
