"""How much of one round the daemon takes into memory: it hands the replies of all suppliers on at once."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.errors import StudyFailed
from syncline.wire.messages import MAX_PAYLOAD_BYTES

MOST_ROUND_BYTES = 2 << 30
"""Replies, and rows that were kept, of all suppliers of a round together."""

_MIB = 1 << 20


def require_load(sizes: Mapping[str, int], round_number: int) -> None:
    """Raise unless what suppliers sent for a round, in bytes by name, can be taken in at once."""
    total = sum(sizes.values())
    if total > MOST_ROUND_BYTES:
        name, size = max(sizes.items(), key=lambda item: item[1])
        raise StudyFailed(
            f"round {round_number}: what suppliers sent takes {total // _MIB} MiB together, more than the"
            f" {MOST_ROUND_BYTES // _MIB} MiB that the hub takes in at once; {name} sent the most,"
            f" {size // _MIB} MiB: ask for fewer columns or of fewer suppliers"
        )


def require_request(size: int, round_number: int) -> None:
    """Raise unless a request of ``size`` bytes can be offered: an agent refuses to decode a larger one."""
    if size > MAX_PAYLOAD_BYTES:
        raise StudyFailed(
            f"round {round_number}: its request takes {size // _MIB} MiB, more than the"
            f" {MAX_PAYLOAD_BYTES // _MIB} MiB that suppliers take: ask for fewer columns"
        )
