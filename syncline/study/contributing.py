"""The opening round: name what all committed to, check what they open, and draw the salt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from syncline.errors import ProtocolError, StudyFailed
from syncline.protocols.asking import Opening, Reply
from syncline.protocols.opening import HUB, Commitments, Occasion, Openings, SaltDraw
from syncline.protocols.transition import PartyId
from syncline.questions.known import Known
from syncline.study.holdout import holdout_percent
from syncline.study.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Contributing:
    """The opening round is out: what all committed to, and the hub's own contribution (16 bytes)."""

    commitments: Commitments
    contribution: bytes = field(repr=False)

    @classmethod
    def of(cls, occasion: Occasion, suppliers: Mapping[PartyId, bytes], contribution: bytes) -> Self:
        """Return the round in which ``suppliers`` open what they committed to, beside the hub's own."""
        named = {**suppliers, HUB: occasion.commitment(HUB, contribution)}
        return cls(Commitments(occasion, named), contribution)

    @property
    def round(self) -> int:
        """The first round."""
        return 0


def draw_salt(spec: StudySpec, contributing: Contributing, replies: Mapping[PartyId, Reply]) -> SaltDraw:
    """Return what the salt is drawn from; a supplier that opened anything else ends the study by its name."""
    opened = {party: _opened(party, replies[party]) for party in sorted(replies)}
    people = sum(_people(spec, party, opening) for party, opening in opened.items())
    contributions = {party: opening.contribution for party, opening in opened.items()}
    everything = {**contributions, HUB: contributing.contribution}
    dealer = contributing.commitments.suppliers[0]
    for party, opening in opened.items():
        dealt = set(contributing.commitments.suppliers) if party == dealer and deals_key(spec) else set()
        if set(opening.sealed) != dealt:
            raise StudyFailed(f"supplier {party!r} did not deal the key that numbers persons as it must")
    openings = Openings(everything, holdout_percent(spec, people), opened[dealer].sealed)
    try:
        return SaltDraw(contributing.commitments, openings)
    except ProtocolError as error:
        raise StudyFailed(str(error)) from None


def deals_key(spec: StudySpec) -> bool:
    """Tell whether suppliers share a key that numbers persons: where there are persons, and a drawn salt."""
    return spec.schema.person is not None and spec.salt is None


def people_opened(spec: StudySpec, replies: Mapping[PartyId, Reply]) -> dict[PartyId, Known]:
    """Return what is known of each supplier once it said how many persons it has, where that decided."""
    if spec.holdout is not None:
        return {}
    return {
        party: Known(opened=_people(spec, party, _opened(party, replies[party]))) for party in sorted(replies)
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
