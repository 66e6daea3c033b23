"""How long work will take that is done in rounds, from the rounds so far, without wild jumps."""

from __future__ import annotations

from dataclasses import dataclass, field

_FEWEST_ROUNDS = 3
_NEWEST = 0.2
"""Weight of the newest round in the mean duration of a round."""

_MOST_CHANGE = 1.25
"""From one round to the next the time left is told at most so many times as long, or as short, as it was."""


@dataclass(slots=True)
class TimeLeft:
    """Watch rounds end; times are seconds on one clock, ``began`` is when the watch began."""

    began: float
    _seen: int = 0
    _done: int | None = None
    _ended: float = field(default=0.0)
    _mean: float = 0.0
    _told: tuple[float, float] | None = None

    def after(self, now: float, done: int, expected: int) -> float | None:
        """Return the seconds left at ``now``, with ``done`` of the ``expected`` rounds over; None if unknown.

        The first round that is seen to end may have begun before the watch, and does not count.
        """
        if self._done is None or done < self._done:
            self._done, self._ended = done, now
        elif done > self._done:
            self._take((now - self._ended) / (done - self._done), done - self._done)
            self._done, self._ended = done, now
        if self._seen < _FEWEST_ROUNDS or expected < done:
            return None
        return self._steadied(now, max(self._mean * (expected - done) - (now - self._ended), 0.0))

    def _take(self, seconds: float, rounds: int) -> None:
        for _ in range(rounds):
            weight = max(_NEWEST, 1 / (self._seen + 1))
            self._mean += weight * (seconds - self._mean)
            self._seen += 1

    def _steadied(self, now: float, left: float) -> float:
        if self._told is not None:
            before = max(self._told[0] - (now - self._told[1]), 0.0)
            left = min(max(left, before / _MOST_CHANGE), before * _MOST_CHANGE + 1.0)
        self._told = left, now
        return left


def shown_seconds(seconds: float) -> str:
    """Return a time as minutes and seconds, with hours where it has any."""
    whole = round(seconds)
    minutes = f"{whole // 60 % 60}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
