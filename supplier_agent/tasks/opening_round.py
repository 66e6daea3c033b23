"""The opening round at a supplier: nothing is counted, one contribution to the salt is opened, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from syncline.compute.frames import Json
from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory, Opening, Reply, Request
from syncline.protocols.opening import Commitments, Occasion
from syncline.sources.source import Source
from syncline.study.fitting import fold_of, people_of
from syncline.study.holdout import require_percent
from syncline.study.spec import StudySpec


def open_contribution(
    spec: StudySpec, request: Request, after: Memory, source: Source, header: Mapping[str, Json]
) -> tuple[Reply, Memory, Json]:
    """Return the reply to the opening round, the memory after it, and what the audit says of it.

    ``header`` holds the study's id, this supplier's name and the contribution that its approval committed to.
    Persons are counted where their number decides the holdout.
    """
    contribution = bytes.fromhex(str(header.get("contribution") or ""))
    assert request.commitments is not None
    _require_roster(spec, request.commitments, str(header.get("study_id")))
    request.commitments.require_own(str(header.get("supplier")), contribution)
    people = people_of(spec, source) if spec.holdout is None else None
    reply = Reply(request.round, (), Opening(contribution, people))
    said: Json = {"kind": "opening", "columns": [], "cells": 0 if people is None else 1}
    return reply, replace(after, people=people or 0), said


def agreed_fold(spec: StudySpec, request: Request, after: Memory) -> Fold:
    """Return whom the study holds out; raise unless all that decides it was committed to and opened."""
    fold = fold_of(spec, after.openings)
    if request.openings is not None:
        require_percent(spec, request.openings.percent, after.people)
    return fold


def _require_roster(spec: StudySpec, commitments: Commitments, study_id: str) -> None:
    """Raise unless the commitments are those of this study and of so many of its suppliers as it needs."""
    if commitments.occasion != Occasion(study_id, spec.digest):
        raise ProtocolError("the commitments belong to another study")
    roster = set(commitments.suppliers)
    if not roster.issubset(spec.supplier_names) or len(roster) < spec.fewest_suppliers:
        raise ProtocolError("the commitments are not those of the suppliers that the study names")
