"""``syncline releases specification``: what the study asked for whose release an approver decides about."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Annotated

import typer

from syncline.cli.hub_session import AsJson, Home, open_membership, open_session
from syncline.cli.release_lines import choose_release
from syncline.cli.terminal import say, say_json
from syncline.errors import IdentityError, UsageError

if TYPE_CHECKING:
    from syncline.wire.membership import Membership
    from syncline.wire.release_messages import ReleaseEntry


def specification(
    release: Annotated[str, typer.Argument(help="A release's id, or its study's id or name.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the specification of the study that a release is of, with its schema, as suppliers approved it."""
    entry, content = asyncio.run(_fetched(open_membership(home), release))
    document = json.loads(content)
    if as_json:
        told = {"release_id": entry.release_id, "study": entry.study_name}
        say_json(json.dumps({**told, "sha256": _sha256(content), "specification": document}, indent=2))
        return
    say(f"study {entry.study_name}, digest {_sha256(content)}")
    say_json(json.dumps(document, indent=1, ensure_ascii=False))


def require_specification(entry: ReleaseEntry, content: bytes) -> None:
    """Raise unless ``content`` is the specification whose digest a decision signs."""
    if entry.subject is None or _sha256(content) != entry.subject.specification_sha256:
        raise IdentityError(
            f"release {entry.release_id}: the hub's specification is not the one that a decision signs: ask"
            " its operator"
        )


async def _fetched(membership: Membership, wanted: str) -> tuple[ReleaseEntry, bytes]:
    from syncline.study.approvals import SPECIFICATION_NAME

    async with await open_session(membership) as client:
        entry = choose_release(await client.releases(ended=True), wanted)
        content, inside = bytearray(), False
        async for chunk in client.fetch(entry.release_id, report_only=True):
            inside = chunk.name == SPECIFICATION_NAME if chunk.name else inside
            if inside:
                content += chunk.data
    if not content:
        raise UsageError(
            f"release {entry.release_id}: the hub sends its specification to approvers alone; a researcher"
            " has the study's file"
        )
    require_specification(entry, bytes(content))
    return entry, bytes(content)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
