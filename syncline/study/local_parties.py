"""Suppliers whose rows are at hand answer like all others, by the same code, in this process."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.errors import DataError, StudyFailed
from syncline.protocols.asking import Memory, Reply, Request, admit
from syncline.protocols.party import PartyCall, party_with
from syncline.protocols.transition import PartyId
from syncline.questions.question import Comparer
from syncline.questions.workspace import Workspace


def answer_locally(
    request: Request,
    tables: Mapping[PartyId, Workspace],
    memory: Memory,
    comparer: Comparer | None = None,
) -> tuple[dict[PartyId, Reply], Memory]:
    """Return each party's reply and the memory after it, which is one for all: all are asked the same."""
    after = admit(request, memory)
    replies = {
        party: local_party(party, table, comparer)(request, memory)[0] for party, table in tables.items()
    }
    return replies, after


def local_party(party: PartyId, table: Workspace, comparer: Comparer | None = None) -> PartyCall:
    """Return a party that answers from its table; whatever its rows make impossible is told with its name."""
    answer = party_with(table, comparer)

    def respond(request: Request, memory: Memory) -> tuple[Reply, Memory]:
        try:
            return answer(request, memory)
        except DataError as error:
            raise StudyFailed(f"the rows of supplier {party!r}: {error.public}") from error
        except (ValueError, ArithmeticError) as error:
            raise StudyFailed(f"the rows of supplier {party!r} cannot be counted") from error

    return respond
