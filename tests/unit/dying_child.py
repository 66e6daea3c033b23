"""A computing child without a process, for the rules by which children are started again and ended."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.compute.child import ChildDied
from syncline.compute.work_limits import WorkLimits
from tests.unit.virtual_clock import VirtualClock


class DyingChild:
    """A child that dies in its first calls: as often as ``deaths`` says in all."""

    clock: VirtualClock
    deaths: int
    called: list[float]
    started: int

    def __init__(self, limits: WorkLimits) -> None:
        self.limits, self.alive, self.pid = limits, True, 7

    @classmethod
    def anew(cls) -> type[DyingChild]:
        """Return the class as if no child had been started."""
        cls.clock, cls.deaths, cls.called, cls.started = VirtualClock(), 0, [], 0
        return cls

    @classmethod
    async def start(cls, module: str, *, limits: WorkLimits) -> DyingChild:
        cls.started += 1
        return cls(limits)

    async def call(self, header: object, blobs: Sequence[bytes]) -> tuple[dict[str, object], list[bytes]]:
        type(self).called.append(self.clock.monotonic())
        if len(self.called) <= self.deaths:
            self.alive = False
            raise ChildDied("the child was killed")
        return {}, []

    async def close(self) -> None:
        self.alive = False
