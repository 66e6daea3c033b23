"""Ask a computing child as a hub that keeps the protocol would: the opening round comes before the first."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from supplier_agent.tasks.child import AgentChild
from syncline.protocols.asking import Request
from syncline.protocols.opening import HUB, Commitments, Occasion, Openings
from syncline.study.contributing import deals_key
from syncline.study.spec import StudySpec
from syncline.wire.exchange import RequestCodec
from tests.commitments import commitment_of, private_key_of, sealed_by_dealer

OWN, HUBS = bytes(range(16)), bytes(16)


def ask(
    child: AgentChild,
    header: dict[str, Any],
    specification: bytes,
    request: Request,
    memory: bytes = b"",
    *preparation: bytes,
) -> tuple[Any, list[bytes]]:
    """Return what the child says to a round of the fit, counted from 0, and what it remembers afterwards.

    One that remembers nothing is asked to open its contribution before.
    """
    spec, supplier = StudySpec.from_canonical(specification), str(header["supplier"])
    occasion = Occasion("study-1", hashlib.sha256(specification).hexdigest())
    header = {"study_id": "study-1", "contribution": OWN.hex(), **header}
    header = {"private_key": private_key_of(supplier).hex(), **header}
    values = {**dict.fromkeys(spec.supplier_names, HUBS), supplier: OWN, HUB: HUBS}
    following, openings = replace(request, round=request.round + 1), Openings(values)
    if not memory:
        named = {name: commitment_of(occasion, name, value) for name, value in values.items()}
        commitments = Commitments(occasion, named)
        first = Request(0, (), commitments=commitments)
        blobs = [specification, RequestCodec().encode(first), b"", *preparation]
        _, (_, memory) = child.handle({**header, "candidate": None}, blobs)
        sealed = sealed_by_dealer(commitments) if deals_key(spec) else {}
        following = replace(following, openings=replace(openings, sealed=sealed))
    return child.handle(header, [specification, RequestCodec().encode(following), memory, *preparation])
