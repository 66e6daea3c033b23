"""Which studies were approved or run here before, and why a study that asks alike needs a person.

Limits on aim hold within one study. What two studies ask of the same rows may differ by a few persons, and
who may run study after study without a person has no limit at all. So the policy's automatic approvals are
counted by what is asked (:mod:`supplier_agent.consent.likeness`), not by bytes that a researcher can change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from supplier_agent.consent.likeness import AskedColumns, differences
from supplier_agent.consent.study_record import ConsentState
from syncline.wire.messages import Outcome

MOST_AUTOMATIC_RUNS = 3
"""Runs without a person of one specification, or of such as share columns; that one ended is a hub's word."""

BY_PERSON = "person"

_SHARED = 2
"""Columns that two studies share at least where what one counts together, the other does too."""


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """A study that this supplier knows, without its specification.

    ``may_have_run`` is False where it was refused, or over, before anybody approved it here.
    """

    study_id: str
    name: str
    specification_sha256: str
    asked: AskedColumns | None
    state: ConsentState
    decided_by: str | None
    outcome: str | None
    may_have_run: bool


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The study that was approved or run here and asks most like another one, and by what that differs."""

    study_id: str
    name: str
    differences: str

    def __str__(self) -> str:
        return f"differs from {self.name} ({self.study_id}) by: {self.differences}"


def earlier_studies(
    connection: sqlite3.Connection, study_id: str, before_us: int | None = None
) -> list[EarlierStudy]:
    """Return all studies but ``study_id``, the newest first; with ``before_us`` those received until then."""
    rows = connection.execute(
        "SELECT study_id, name, specification_sha256, asks, state, decided_by, outcome,"
        " state IN (?, ?) OR preparation IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM round WHERE round.study_id = study.study_id) AS may_have_run"
        " FROM study WHERE study_id != ? AND received_us <= ? ORDER BY received_us DESC, study_id",
        (
            ConsentState.WAITING.value,
            ConsentState.APPROVED.value,
            study_id,
            1 << 62 if before_us is None else before_us,
        ),
    )
    return [
        EarlierStudy(
            row["study_id"],
            row["name"],
            row["specification_sha256"],
            _asked(connection, row["study_id"], row["asks"]),
            ConsentState(row["state"]),
            row["decided_by"],
            row["outcome"],
            bool(row["may_have_run"]),
        )
        for row in rows
    ]


def resemblance(
    connection: sqlite3.Connection, specification: bytes, earlier: Sequence[EarlierStudy]
) -> Resemblance | None:
    """Return the earlier study that ran, or may yet, and asks most like ``specification``, if any does."""
    asked = AskedColumns.of(specification)
    alike = [
        (asked.shared(one.asked), one)
        for one in earlier
        if asked is not None and one.may_have_run and one.asked is not None and asked.resembles(one.asked)
    ]
    if not alike:
        return None
    _, nearest = max(alike, key=lambda pair: pair[0])
    return Resemblance(
        nearest.study_id,
        nearest.name,
        differences(_specification(connection, nearest.study_id), specification),
    )


def why_a_person(
    connection: sqlite3.Connection,
    specification: bytes,
    sha256: str,
    earlier: Sequence[EarlierStudy],
    *,
    listed: bool,
) -> str:
    """Return why a study is not approved by the policy alone; empty where it may be.

    Where the policy lists the very digest of the study (``listed``), a person chose it: only its own runs
    count then, and not those of others that ask alike.
    """
    runs = [one for one in earlier if one.specification_sha256 == sha256]
    if reason := _why_of_runs(runs):
        return reason
    if listed:
        return ""
    others = [one for one in earlier if one.specification_sha256 != sha256]
    alike = resemblance(connection, specification, others)
    if alike is not None:
        return f"it {alike}: a person decides"
    sharing = _sharing(specification, others)
    if sharing >= MOST_AUTOMATIC_RUNS:
        return f"{sharing} studies here asked for columns of it before: a person decides"
    return ""


def _why_of_runs(runs: Sequence[EarlierStudy]) -> str:
    if any(run.state is not ConsentState.ENDED for run in runs):
        return "the same specification is proposed or running as another study: a person decides"
    if any(run.outcome == Outcome.RELEASED.value for run in runs):
        return "the same specification was released before: a person decides"
    if any(run.decided_by == BY_PERSON for run in runs):
        return "a person decided about the same specification before: a person decides"
    if len(runs) >= MOST_AUTOMATIC_RUNS:
        return f"the same specification ran {len(runs)} times before: a person decides"
    return ""


def _sharing(specification: bytes, others: Sequence[EarlierStudy]) -> int:
    """Return how many studies that may have run ask for columns together that this one does too.

    One column is enough where the study may name others that nobody has: with these, no two of a column of
    interest would share any other.
    """
    asked = AskedColumns.of(specification)
    if asked is None:
        return 0
    known = (one.asked for one in others if one.may_have_run)
    least = 1 if asked.may_lack else _SHARED
    return sum(1 for one in known if one is not None and asked.shared(one) >= least)


def _asked(connection: sqlite3.Connection, study_id: str, text: str | None) -> AskedColumns | None:
    """Return what a study asks for; those of earlier versions are read anew."""
    return (
        AskedColumns.of(_specification(connection, study_id))
        if text is None
        else AskedColumns.from_text(text)
    )


def _specification(connection: sqlite3.Connection, study_id: str) -> bytes:
    row = connection.execute("SELECT specification FROM study WHERE study_id = ?", (study_id,)).fetchone()
    return bytes(row["specification"])
