"""How much was sent, as it may be told to whoever may not see counts: people, programs and logs."""

from __future__ import annotations

BYTES_STEP = 65_536
"""Traffic is told in such steps: the size of a reply to one question tells how many cells hold anybody."""


def told_bytes(count: int) -> int:
    """Return a number of bytes, rounded up to a whole step."""
    return -(-count // BYTES_STEP) * BYTES_STEP
