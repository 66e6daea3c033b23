"""How often one member may call: a bucket of calls that fills at a steady rate, for each name.

gRPC keeps calls in a queue until Python takes them, with no limit for each connection, so that one member
who calls faster than this hub answers would keep all others waiting. An agent makes a few calls a minute and
some for each round.
"""

from __future__ import annotations

from syncline.clock import Clock

BURST = 512
CALLS_PER_SECOND = 64.0


class CallRate:
    """Count the calls of members by name; there are no more names than certificates."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, name: str) -> bool:
        """Take one call from a member's bucket; False where it is empty."""
        now = self._clock.monotonic()
        before, left = self._left.get(name, (now, float(BURST)))
        left = min(float(BURST), left + (now - before) * CALLS_PER_SECOND)
        self._left[name] = (now, max(left - 1, 0.0))
        return left >= 1
