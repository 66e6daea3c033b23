"""Who has a place where places are few: a newcomer takes the place of the oldest of those who hold most.

Nobody is turned away because others hold every place: an honest caller needs a place for the fraction of a
second that a handshake takes, so of many it is never the oldest, unless they come faster than it speaks.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from syncline.errors import UsageError

Guest = TypeVar("Guest", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Places:
    """How many places there are, and how many of them one holder may have."""

    in_all: int
    of_one: int

    def __post_init__(self) -> None:
        if not 1 <= self.of_one <= self.in_all:
            raise UsageError(f"places: one holder must have at least 1 and at most all {self.in_all}")


class Guests(Generic[Guest]):
    """Guests in the order in which they came, by who holds their places: an address or a member."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._holders: dict[Guest, str] = {}
        self._of: dict[str, dict[Guest, None]] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def __contains__(self, guest: Guest) -> bool:
        return guest in self._holders

    def of(self, holder: str) -> int:
        """Return how many places one holder has."""
        return len(self._of.get(holder, ()))

    def add(self, guest: Guest, holder: str) -> Guest | None:
        """Give a guest a place, and return the one that has to leave for it, if anybody has to."""
        leaving = None
        if self.of(holder) >= self._places.of_one:
            leaving = next(iter(self._of[holder]))
        elif len(self._holders) >= self._places.in_all:
            leaving = self.oldest()
        if leaving is not None:
            self.remove(leaving)
        self._holders[guest] = holder
        self._of.setdefault(holder, {})[guest] = None
        return leaving

    def remove(self, guest: Guest) -> None:
        """Take a guest's place back; one that has none is no error."""
        holder = self._holders.pop(guest, None)
        if holder is not None:
            del self._of[holder][guest]
            if not self._of[holder]:
                del self._of[holder]

    def oldest(self) -> Guest | None:
        """Return the oldest guest of the holder who has most places; None where nobody has one."""
        return next(iter(self._of[max(self._of, key=self.of)])) if self._of else None
