"""Ask the hub which releases this supplier's data is in, beside the agent that runs."""

from __future__ import annotations

from supplier_agent.uplink.hub_client import HubClient
from syncline.wire.membership import Membership
from syncline.wire.release_messages import ReleaseEntry


async def releases_of(membership: Membership, *, ended: bool = False) -> list[ReleaseEntry]:
    """Return the releases and waiting drafts with this supplier's data, the newest first.

    With ``ended`` they are also those that never came out.
    """
    client = HubClient(membership.hub, membership.tls)
    try:
        return await client.releases(ended=ended)
    finally:
        await client.close()
