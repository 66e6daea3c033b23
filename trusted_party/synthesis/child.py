"""The child process that computes for the hub: the steps of a study's protocol, and its release.

Every operation is a pure function of what is sent to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from syncline.compute.frames import Header, Json
from syncline.compute.serve import serve
from syncline.errors import ProtocolError, WireError
from syncline.protocols.asking import Reply, Request
from syncline.protocols.transition import Continue, Finish, PartyId
from syncline.study.fitting import settings_of
from syncline.study.release import write_release
from syncline.study.spec import StudySpec
from syncline.synthesizers.fit import Fit, FitState, FitStateCodec
from syncline.synthesizers.fitted import pack_fitted, unpack_fitted
from syncline.synthesizers.phases.phase import Fitted
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import ReplyCodec, RequestCodec


def handle(header: dict[str, Json], blobs: list[bytes]) -> tuple[Header, list[bytes]]:
    """Take one call of the daemon."""
    spec = StudySpec.from_canonical(blobs[0])
    match header.get("op"):
        case "start":
            return start(spec, _names(header, "parties"))
        case "step":
            return step(spec, header, blobs[1], blobs[2:])
        case "release":
            return release(spec, header, blobs[1], blobs[2])
        case _:
            raise ProtocolError("the computing process was asked for something that it does not do")


def start(spec: StudySpec, parties: Sequence[PartyId]) -> tuple[Header, list[bytes]]:
    """Return the first state and request of a study."""
    settings = settings_of(spec)
    return _outcome(Fit(settings).start(tuple(parties)), settings)


def step(
    spec: StudySpec, header: dict[str, Json], state: bytes, replies: Sequence[bytes]
) -> tuple[Header, list[bytes]]:
    """Return the next state and request, or the result."""
    settings, parties = settings_of(spec), _names(header, "parties")
    if len(parties) != len(replies):
        raise ProtocolError("each party of the round needs one reply")
    decoded = {party: _decoded(party, reply) for party, reply in zip(parties, replies, strict=True)}
    missing = frozenset(_names(header, "missing"))
    return _outcome(Fit(settings).step(FitStateCodec(settings).decode(state), decoded, missing), settings)


def _decoded(party: PartyId, reply: bytes) -> Reply:
    try:
        return ReplyCodec().decode(reply)
    except WireError as error:
        raise WireError(f"the reply of supplier {party!r} does not read: {error}") from None


def release(
    spec: StudySpec, header: dict[str, Json], result: bytes, seed: bytes
) -> tuple[Header, list[bytes]]:
    """Write the files of the release."""
    fitted = unpack_fitted(result, spec.schema)
    provenance = header.get("provenance")
    written = write_release(
        Path(str(header["out"])), spec, fitted, Seed(seed), cast("dict[str, Json]", provenance)
    )
    return {
        "files": list(written.files),
        "content_sha256": dict(written.content_sha256),
        "agreement": dict(written.agreement),
    }, []


def _outcome(
    transition: Continue[FitState, Request] | Finish[Fitted], settings: FitSettings
) -> tuple[Header, list[bytes]]:
    if isinstance(transition, Finish):
        return {"done": True, "stage": "fitted"}, [pack_fitted(transition.result)]
    state = FitStateCodec(settings).encode(transition.state)
    header: Header = {"done": False, "stage": transition.stage, "round": transition.state.round}
    return header, [state, RequestCodec().encode(transition.request)]


def _names(header: dict[str, Json], field: str) -> list[PartyId]:
    names = header.get(field, [])
    if not isinstance(names, list):
        raise ProtocolError(f"{field}: expected a list of names")
    return [PartyId(str(name)) for name in names]


if __name__ == "__main__":
    serve(handle)
