"""The opening round at the hub: name what all committed to, check what they open, and draw the salt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from syncline.compute.frames import Header
from syncline.errors import ProtocolError, StudyFailed
from syncline.protocols.asking import Opening, Reply, Request
from syncline.protocols.opening import HUB, Commitments, Draw, Occasion, Openings
from syncline.protocols.transition import PartyId
from syncline.study.fitting import fold_of
from syncline.study.holdout import holdout_percent, salt_words
from syncline.study.spec import StudySpec
from syncline.wire.exchange import RequestCodec
from trusted_party.synthesis.kept_state import OPENING, KeptOpening, own_bytes

STAGE = "open"
"""The stage of a study whose suppliers open their contributions to the salt."""


def begin(occasion: Occasion, commitments: Mapping[PartyId, bytes], contribution: bytes) -> list[bytes]:
    """Return the state and the request of the opening round; ``contribution`` is the hub's own."""
    named = {**commitments, HUB: occasion.commitment(HUB, contribution)}
    request = RequestCodec().encode(Request(0, (), commitments=Commitments(occasion, named)))
    return [OPENING.encode(KeptOpening(request, contribution)), request]


def draw(spec: StudySpec, state: bytes, replies: Mapping[PartyId, Reply]) -> Draw:
    """Return what the salt is drawn from; a supplier that opened anything else ends the study by its name."""
    with own_bytes():
        kept = OPENING.decode(state)
        commitments = RequestCodec().decode(kept.request).commitments
    assert commitments is not None
    opened = {party: _opened(party, replies[party]) for party in sorted(replies)}
    people = sum(_people(spec, party, opening) for party, opening in opened.items())
    contributions = {party: opening.contribution for party, opening in opened.items()}
    everything = {**contributions, HUB: kept.contribution}
    try:
        return Draw(commitments, Openings(everything, holdout_percent(spec, people)))
    except ProtocolError as error:
        raise StudyFailed(str(error)) from None


def facts_of(spec: StudySpec, drawn: Draw) -> Header:
    """Return what a release says of its holdout: never the salt, but by what it is recognised."""
    fold = fold_of(spec, drawn.openings)
    return {
        "holdout": float(fold.fraction),
        "salt_from": salt_words(spec),
        "salt_sha256": hashlib.sha256(fold.salt).hexdigest(),
        "hub_commitment": drawn.commitments.by_party[HUB].hex() if spec.salt is None else None,
    }


def _opened(party: PartyId, reply: Reply) -> Opening:
    if reply.opening is None or reply.answers or reply.round:
        raise StudyFailed(
            f"supplier {party!r} answered the opening round without its contribution to the salt"
        )
    return reply.opening


def _people(spec: StudySpec, party: PartyId, opening: Opening) -> int:
    if spec.holdout is not None:
        return 0
    if opening.people is None:
        raise StudyFailed(
            f"supplier {party!r} did not say how many persons it has, which decides the holdout"
        )
    return opening.people
