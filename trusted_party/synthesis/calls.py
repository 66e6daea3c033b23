"""What the daemon gives its child to compute with, as the header of a call names the blobs behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncline.compute.frames import Json
from syncline.errors import ProtocolError
from syncline.protocols.transition import PartyId
from syncline.study.flow import DataFlow


@dataclass(frozen=True, slots=True)
class StepInput:
    """What a step is computed from.

    Attributes
    ----------
    kept : what was kept of the study, by its name
    replies, shipments : what parties answered, and the rows of those that sent some
    request : what all were asked
    """

    kept: Mapping[str, bytes]
    replies: Mapping[PartyId, bytes]
    request: bytes
    shipments: Mapping[PartyId, bytes]

    @classmethod
    def of(cls, header: Mapping[str, Json], blobs: Sequence[bytes]) -> StepInput:
        """Return what a call holds, in the order in which its header names it."""
        names, parties, senders = (_names(header, field) for field in ("kept", "parties", "rows"))
        if len(blobs) != len(names) + len(parties) + 1 + len(senders):
            raise ProtocolError("each party of the round needs one reply or shipment")
        kept, rest = kept_of_call(header, blobs[: len(names)]), blobs[len(names) :]
        replies = {PartyId(name): blob for name, blob in zip(parties, rest, strict=False)}
        request, *rows = rest[len(parties) :]
        return cls(
            kept, replies, request, {PartyId(name): blob for name, blob in zip(senders, rows, strict=True)}
        )


def flows_of_call(header: Mapping[str, Json]) -> dict[str, DataFlow]:
    """Return each supplier's flow, as the header says it."""
    flows = header.get("flows")
    if not isinstance(flows, dict):
        raise ProtocolError("flows: expected the flow of each supplier")
    return {name: DataFlow(str(flow)) for name, flow in flows.items()}


def kept_of_call(header: Mapping[str, Json], blobs: Sequence[bytes]) -> dict[str, bytes]:
    """Return what was kept, by the names that the header gives the blobs."""
    names = _names(header, "kept")
    if len(names) != len(blobs):
        raise ProtocolError("kept: expected a blob for each name")
    return dict(zip(names, blobs, strict=True))


def _names(header: Mapping[str, Json], field: str) -> list[str]:
    names = header.get(field, [])
    if not isinstance(names, list):
        raise ProtocolError(f"{field}: expected a list of names")
    return [str(name) for name in names]
