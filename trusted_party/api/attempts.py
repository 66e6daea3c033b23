"""How often a stranger may be refused before the next attempt is not looked at.

A token's secret cannot be guessed; what is bounded here is work: signatures to check and the database to ask,
for each address and for each token. Only refused attempts count, so that many members behind one address may
enrol at once.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict

from syncline.clock import Clock
from syncline.wire.refusals import PeerUnreachable

WINDOW = dt.timedelta(minutes=10)
OF_ADDRESS = 30
OF_TOKEN = 10

_REMEMBERED = 4096


class Attempts:
    """Count refused attempts by what they have in common, within ten minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refused: OrderedDict[str, tuple[dt.datetime, int]] = OrderedDict()

    def require(self, kind: str, name: str, most: int) -> None:
        """Raise where ``name``, an address or a token, was refused ``most`` times."""
        since, count = self._refused.get(_key(kind, name), (self._clock.now(), 0))
        if count >= most and self._clock.now() - since < WINDOW:
            raise PeerUnreachable(
                f"enrolment: too many attempts of this {kind} were refused: wait"
                f" {WINDOW.total_seconds() / 60:.0f} minutes, and ask the hub's operator what is wrong"
            )

    def refused(self, kind: str, name: str) -> None:
        """Count one refused attempt; what was refused longest ago is forgotten where there are many."""
        key, now = _key(kind, name), self._clock.now()
        since, count = self._refused.pop(key, (now, 0))
        self._refused[key] = (now, 1) if now - since >= WINDOW else (since, count + 1)
        if len(self._refused) > _REMEMBERED:
            self._refused.popitem(last=False)


def _key(kind: str, name: str) -> str:
    return f"{kind} {name}"
