"""A supplier with its table, as a driver in one process asks it."""

from __future__ import annotations

import secrets
from typing import TypeAlias

from syncline.protocols.asking import Answering, Memory, Reply, Request
from syncline.protocols.in_process import Respond
from syncline.questions.question import Comparer, Entropy
from syncline.questions.workspace import Workspace

PartyCall: TypeAlias = Respond[Request, Memory, Reply]


def party_with(
    table: Workspace, comparer: Comparer | None = None, entropy: Entropy = secrets.token_bytes
) -> PartyCall:
    """Return a party that answers from its table, about a candidate too where it has a ``comparer``."""
    side = Answering(comparer)

    def respond(request: Request, memory: Memory) -> tuple[Reply, Memory]:
        return side.respond(request, table, memory, entropy)

    return respond
