"""Ask the hub which releases this supplier's data is in, beside the agent that runs."""

from __future__ import annotations

from supplier_agent.uplink.hub_client import HubClient
from syncline.wire.membership import Membership
from syncline.wire.release_messages import ReleaseEntry


async def releases_of(membership: Membership) -> list[ReleaseEntry]:
    """Return the releases and waiting drafts with this supplier's data, the newest first."""
    client = HubClient(membership.hub, membership.tls)
    try:
        return await client.releases()
    finally:
        await client.close()
