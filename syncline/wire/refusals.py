"""What a hub refuses besides the catalogue's errors: the caller's next step differs for each."""

from __future__ import annotations

from syncline.errors import IdentityError, ProtocolError, SynclineError, UsageError


class HubFault(SynclineError):
    """The hub failed for a reason of its own, which its log names; the same call may work later."""


class PeerUnreachable(SynclineError):
    """The other side does not answer now; the same call may succeed later."""


class UnknownObject(UsageError):
    """No such study, task, release or payload for this caller."""


class AlreadyAttached(IdentityError):
    """Another living agent holds this identity.

    ``hub_time_us`` is the hub's time, microseconds since 1970 UTC, 0 where it did not tell.
    """

    hub_time_us = 0


class VersionMismatch(ProtocolError):
    """Hub and agent run unlike algorithm versions."""
