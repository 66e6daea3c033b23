"""Which agents are alive: a lease each, prolonged by heartbeats, never by the transport's own pings.

A hub whose loop hangs still answers pings, and so does an agent, so only a word from the application
counts. One identity belongs to one living process: a second one is told so and may attach once the lease
of the first has run out or its stream has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncline.clock import Clock
from syncline.wire.refusals import AlreadyAttached


@dataclass(slots=True)
class _Lease:
    instance: str
    ends_at: float
    streams: int


class Presence:
    """The leases of one running hub; it starts with none, and waits for one lease before it judges."""

    def __init__(self, clock: Clock, lease_seconds: float) -> None:
        self._clock = clock
        self._seconds = lease_seconds
        self._leases: dict[str, _Lease] = {}
        self._judges_from = clock.monotonic() + lease_seconds

    def attach(self, name: str, instance: str) -> None:
        """Give the lease to a process, unless another living process holds it."""
        now = self._clock.monotonic()
        lease = self._leases.get(name)
        if lease is not None and lease.instance != instance and lease.streams and now < lease.ends_at:
            raise AlreadyAttached(
                f"another agent is attached as {name}: stop it, or enrol this one under a name of its own"
            )
        streams = lease.streams if lease is not None and lease.instance == instance else 0
        self._leases[name] = _Lease(instance, now + self._seconds, streams + 1)

    def detach(self, name: str, instance: str) -> None:
        """Note that a stream ended; the lease runs on, for the agent may be back in a moment."""
        lease = self._leases.get(name)
        if lease is not None and lease.instance == instance:
            lease.streams -= 1

    def beat(self, name: str, instance: str) -> None:
        """Prolong a lease; a process that does not hold it must attach first."""
        lease = self._leases.get(name)
        if lease is None or lease.instance != instance:
            raise AlreadyAttached(f"this process is not the one attached as {name}: attach again")
        lease.ends_at = self._clock.monotonic() + self._seconds

    def holds(self, name: str, instance: str) -> bool:
        """Tell whether this process is still the one that the lease belongs to."""
        lease = self._leases.get(name)
        return lease is not None and lease.instance == instance

    def alive(self, name: str) -> bool:
        """Tell whether an agent is attached, or may be back in a moment."""
        lease = self._leases.get(name)
        return lease is not None and self._clock.monotonic() < lease.ends_at

    def lost(self, name: str) -> bool:
        """Tell whether an agent is surely gone; right after the hub's start nobody is."""
        return name not in self._leases and self._clock.monotonic() >= self._judges_from

    def expired(self) -> list[str]:
        """Name those whose leases ran out."""
        return sorted(name for name in self._leases if not self.alive(name))

    def forget(self, name: str) -> bool:
        """Drop a lease that ran out; return whether its holder is gone and not just back."""
        if self.alive(name):
            return False
        self._leases.pop(name, None)
        return True
