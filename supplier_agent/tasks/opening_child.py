"""The opening round in the computing child: nothing is counted, one contribution to the salt is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncline.compute.frames import Json
from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory, Opening, Reply, Request
from syncline.protocols.opening import Commitments, Occasion
from syncline.protocols.person_key import KEY_BYTES, KeyHolder, public_key_of
from syncline.protocols.transition import PartyId
from syncline.sources.source import Source
from syncline.study.contributing import deals_key
from syncline.study.fitting import fold_of, people_of
from syncline.study.holdout import require_percent
from syncline.study.spec import StudySpec


def open_contribution(
    spec: StudySpec, request: Request, after: Memory, source: Source, header: Mapping[str, Json]
) -> tuple[Reply, Memory, Json]:
    """Return the reply to the opening round, the memory after it, and what the audit says of it.

    ``header`` holds the study's id, this supplier's name, the contribution that its approval committed to and
    its private key. Persons are counted where their number decides the holdout.
    """
    contribution = bytes.fromhex(str(header.get("contribution") or ""))
    assert request.commitments is not None
    _require_roster(spec, request.commitments, str(header.get("study_id")))
    holder = _holder(request.commitments, header)
    request.commitments.require_own(holder.party, contribution, public_key_of(holder.private_key))
    sealed = holder.dealt() if deals_key(spec) else {}
    people = people_of(spec, source) if spec.holdout is None else None
    reply = Reply(request.round, (), Opening(contribution, people, sealed))
    said: Json = {"kind": "opening", "columns": [], "cells": 0 if people is None else 1}
    return reply, replace(after, people=people or 0), said


def agreed_fold(spec: StudySpec, request: Request, after: Memory, header: Mapping[str, Json]) -> Fold:
    """Return whom the study holds out; raise unless all that decides it was committed to and opened."""
    key = None
    if deals_key(spec) and after.commitments is not None and after.openings is not None:
        key = _holder(after.commitments, header).key(after.openings.sealed)
    fold = fold_of(spec, after.openings, key)
    if request.openings is not None:
        require_percent(spec, request.openings.percent, after.people)
    return fold


def _holder(commitments: Commitments, header: Mapping[str, Json]) -> KeyHolder:
    """Return this supplier with its private key, which its approval drew."""
    private_key = bytes.fromhex(str(header.get("private_key") or ""))
    if len(private_key) != KEY_BYTES:
        raise ProtocolError(
            "this supplier approved the study under an earlier version: let it be approved anew"
        )
    return KeyHolder(PartyId(str(header.get("supplier"))), private_key, commitments)


def _require_roster(spec: StudySpec, commitments: Commitments, study_id: str) -> None:
    """Raise unless the commitments are those of this study and of so many of its suppliers as it needs."""
    if commitments.occasion != Occasion(study_id, spec.digest):
        raise ProtocolError("the commitments belong to another study")
    roster = set(commitments.suppliers)
    if not roster.issubset(spec.supplier_names) or len(roster) < spec.fewest_suppliers:
        raise ProtocolError("the commitments are not those of the suppliers that the study names")
