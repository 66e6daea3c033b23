"""Commitments, and what was opened, as messages; read strictly, with every party once and in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Opening
from syncline.protocols.opening import (
    COMMITMENT_BYTES,
    CONTRIBUTION_BYTES,
    HUB,
    Commitments,
    Occasion,
    Openings,
)
from syncline.protocols.person_key import SEALED_BYTES
from syncline.protocols.transition import PartyId
from syncline.wire import strict
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

MAX_PEOPLE = 1 << 48
"""The most persons that a supplier says it has."""

_MAX_PARTIES = 1001  # the suppliers of a study, and the hub
_HUB_BYTES = 32


def commitments_to_proto(value: Commitments) -> pb.Commitments:
    """Render what all parties committed to."""
    return pb.Commitments(
        study_id=value.occasion.study_id,
        specification_sha256=bytes.fromhex(value.occasion.specification_sha256),
        by_party=_to_proto(value.by_party),
    )


def commitments_from_proto(message: pb.Commitments) -> Commitments:
    """Read what all parties committed to."""
    occasion = Occasion(
        strict.identifier("commitments.study_id", message.study_id),
        strict.digest("commitments.specification_sha256", message.specification_sha256),
    )
    by_party = _from_proto("commitments.by_party", message.by_party, COMMITMENT_BYTES, _HUB_BYTES)
    try:
        return Commitments(occasion, by_party)
    except ProtocolError as error:
        raise WireError(f"commitments: {error}") from None


def openings_to_proto(value: Openings) -> pb.Openings:
    """Render what all parties opened."""
    return pb.Openings(
        by_party=_to_proto(value.by_party), holdout_percent=value.percent, sealed=_to_proto(value.sealed)
    )


def openings_from_proto(message: pb.Openings) -> Openings:
    """Read what all parties opened."""
    percent = strict.natural("openings.holdout_percent", message.holdout_percent, 100)
    by_party = _from_proto("openings.by_party", message.by_party, CONTRIBUTION_BYTES, CONTRIBUTION_BYTES)
    return Openings(by_party, percent, _sealed("openings.sealed", message.sealed))


def opening_to_proto(value: Opening) -> pb.Opening:
    """Render what one supplier opens."""
    people = 0 if value.people is None else value.people + 1
    return pb.Opening(contribution=value.contribution, people=people, sealed=_to_proto(value.sealed))


def opening_from_proto(message: pb.Opening) -> Opening:
    """Read what one supplier opens."""
    people = strict.natural("opening.people", message.people, MAX_PEOPLE + 1)
    contribution = strict.octets("opening.contribution", message.contribution, CONTRIBUTION_BYTES)
    return Opening(contribution, people - 1 if people else None, _sealed("opening.sealed", message.sealed))


def _to_proto(by_party: Mapping[PartyId, bytes]) -> list[pb.PartyBytes]:
    return [pb.PartyBytes(party=name, value=by_party[name]) for name in sorted(by_party)]


def _sealed(field: str, parts: Sequence[pb.PartyBytes]) -> dict[PartyId, bytes]:
    found = _from_proto(field, parts, SEALED_BYTES, SEALED_BYTES)
    if HUB in found:
        raise WireError(f"{field}: nothing is sealed for the hub")
    return found


def _from_proto(field: str, parts: Sequence[pb.PartyBytes], length: int, of_hub: int) -> dict[PartyId, bytes]:
    """Return the bytes of each party: ``length`` of a supplier, ``of_hub`` of the hub."""
    strict.few(field, len(parts), _MAX_PARTIES)
    if any(one.party >= other.party for one, other in pairwise(parts)):
        raise WireError(f"{field}: the parties are not each there once, in the order of their names")
    lengths = [of_hub if part.party == HUB else length for part in parts]
    return {
        _party(field, part.party): strict.octets(field, part.value, own)
        for part, own in zip(parts, lengths, strict=True)
    }


def _party(field: str, name: str) -> PartyId:
    return HUB if name == HUB else PartyId(strict.party_name(field, name))
