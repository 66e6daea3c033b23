"""All targets by name."""

from __future__ import annotations

from functools import cache

from tests.fuzz import document_targets, file_targets, payload_targets, wire_targets
from tests.fuzz.target import Target


@cache
def all_targets() -> dict[str, Target]:
    """Return every target."""
    rooms = (wire_targets, payload_targets, document_targets, file_targets)
    found = [target for room in rooms for target in room.targets()]
    by_name = {target.name: target for target in found}
    assert len(by_name) == len(found), "two targets have one name"
    return by_name
