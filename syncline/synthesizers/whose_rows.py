"""Whose rows a sentence speaks of: a supplier's, all suppliers', or those of one table without any."""

from __future__ import annotations

from syncline.protocols.round_answers import Answers
from syncline.protocols.transition import PartyId

ALONE = PartyId("(alone)")
"""The one party of a fit to one table; no supplier of a study can have this name."""


def of_party(party: PartyId) -> str:
    """Return how a sentence names whose rows it speaks of."""
    return "the data" if party == ALONE else f"supplier {party!r}"


def whole(answers: Answers) -> str:
    """Return how a sentence begins that speaks of all rows."""
    return "the data has" if answers.parties == (ALONE,) else "all suppliers together have"
