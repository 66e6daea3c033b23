"""Who may call now: the fingerprints of valid certificates, kept in memory and read again at each change."""

from __future__ import annotations

from syncline.errors import IdentityError
from syncline.identity.peer import PeerIdentity, PeerRole
from trusted_party.datastore.members import Member, find_member, valid_fingerprints
from trusted_party.datastore.store import Store


class MembersView:
    """The guard's view of the members; ``refresh`` names the fingerprints that lost their right since."""

    def __init__(self, database: Store) -> None:
        self._database = database
        self._valid: dict[str, str] = {}

    async def refresh(self) -> frozenset[str]:
        """Read the members again; return the fingerprints that may not call any more."""
        now = await self._database.read(valid_fingerprints)
        gone = frozenset(self._valid.keys() - now.keys())
        self._valid = now
        return gone

    def check(self, peer: PeerIdentity, *roles: PeerRole) -> None:
        """Raise unless the peer's key is in good standing and its role is one of ``roles``."""
        if self._valid.get(peer.fingerprint) != peer.name:
            raise IdentityError(
                f"{peer.name}: this certificate is revoked or unknown to this hub: enrol again"
            )
        if peer.role not in roles:
            raise IdentityError(f"{peer.name}: the role {peer.role} may not make this call")


async def require_member(database: Store, name: str) -> Member:
    """Return an enrolled member."""
    member = await database.read(lambda transaction: find_member(transaction, name))
    if member is None:
        raise IdentityError(f"{name}: no member of this name is enrolled")
    return member
