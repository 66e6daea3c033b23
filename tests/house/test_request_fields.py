"""Every field of a request is accounted for: what an agent checks of it, or why it can do no harm."""

from __future__ import annotations

import re

from google.protobuf.descriptor import Descriptor

from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from tests.house.repository import ROOT

PAGE = ROOT / "docs" / "wire.md"
HEADING = "### What a request says, and what an agent makes of it"
ROW = re.compile(r"^\| (`\w+\.\w+`(?:, `\w+\.\w+`)*) \| ((?:checked|harmless): .+) \|$")


def fields(message: Descriptor, seen: set[str]) -> set[str]:
    """Return the fields with a value of their own of a message and of all that it holds."""
    if message.name in seen:
        return set()
    seen.add(message.name)
    found = set()
    for field in message.fields:
        if field.message_type is None:
            found.add(f"{message.name}.{field.name}")
        else:
            found |= fields(field.message_type, seen)
    return found


def accounted() -> list[str]:
    """Return the fields that the page speaks of, from the rows of its table."""
    section = PAGE.read_text("utf-8").split(HEADING)[1].split("\n#")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    found = [ROW.match(row) for row in rows]
    assert all(found), [row for row, match in zip(rows, found, strict=True) if match is None]
    return [name for match in found if match for name in re.findall(r"`(\w+\.\w+)`", match[1])]


def test_every_field_of_a_request_is_checked_or_harmless() -> None:
    asked = fields(pb.Request.DESCRIPTOR, set())
    assert "RankColumn.prefixes" in asked
    assert sorted(accounted()) == sorted(asked)
