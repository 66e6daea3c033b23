"""Whom a study waits for, and what happens when one of them does not answer: pure rules, no clock, no store.

The roster is frozen once all have decided: the first request names what each of them committed to for the
salt, and to leave out a supplier once others have opened theirs would be a choice among salts. Later it would
be worse, since two questions that were answered by different rosters differ by one supplier's table. So
``then: proceed`` may leave a supplier out while suppliers decide, and never after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncline.study.sections import OnLoss


class Standing(StrEnum):
    """Where a supplier stands with what it was asked last."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Party:
    """A supplier in the roster; ``reason`` is its own sentence where it refused."""

    name: str
    standing: Standing
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QuorumState:
    """The study's own rule; ``late`` once the deadline has passed with no byte moved."""

    least: int
    then: OnLoss
    deadline: str
    late: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do yet; ``reason`` is what stands against the study so far, where something does."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """Go on with the roster, less those in ``without``."""

    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait for a supplier that is lost or declined, and say so."""

    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """End the study; ``told`` names to the other suppliers who did what, and never why."""

    reason: str
    told: str = ""


RosterVerdict = Wait | Go | Pause | Fail


def judge_approvals(parties: Sequence[Party], quorum: QuorumState) -> RosterVerdict:
    """Decide whether a proposed study starts: refusals and silence end it, unless it may proceed without.

    Nothing ends while a supplier has yet to decide and there is time: what stands against the study there
    is no less worth hearing, and who refused may take it back.
    """
    silent = [party for party in parties if party.standing in (Standing.OPEN, Standing.LOST)]
    refused = [party for party in parties if party.standing is Standing.REFUSED]
    undecided = bool(silent) and not quorum.late
    dropped = refused if undecided else [*refused, *silent]
    left = len(parties) - len(dropped)
    if not dropped or (quorum.then is OnLoss.PROCEED and left >= quorum.least):
        return Wait() if undecided else Go(tuple(sorted(party.name for party in dropped)))
    why = _unapproved(refused, () if undecided else silent, left, quorum)
    if undecided:
        return Wait(f"it cannot start as it stands; still to decide: {_names(silent)}; {why.reason}")
    return why


def judge_answers(parties: Sequence[Party], quorum: QuorumState) -> RosterVerdict:
    """Decide whether a round is complete, and if not, whether it still can be."""
    silent = [party for party in parties if party.standing in (Standing.OPEN, Standing.LOST)]
    declined = [party for party in parties if party.standing is Standing.REFUSED]
    if not silent and not declined:
        return Go()
    if declined:
        return _after_declines(declined, silent, quorum)
    if quorum.late:
        return _late(silent, quorum, "answer")
    lost = [party for party in silent if party.standing is Standing.LOST]
    if lost and quorum.then is not OnLoss.FAIL:
        return Pause(_absence(lost))
    return Wait()


def _after_declines(
    declined: Sequence[Party], silent: Sequence[Party], quorum: QuorumState
) -> Pause | Fail | Wait:
    """Pause for those who declined, to be mended until the deadline; or end, with the reasons of all.

    Whoever is still at work is waited for before the end: what stands against the study at one supplier is
    no help to the next one, whose reasons would be heard only in the next study.
    """
    refusal = _refused(declined, "declined to answer")
    if quorum.late:
        late = _late(silent or declined, quorum, "answer")
        return Fail(f"{late.reason}; {refusal.reason}", f"{late.told}; {refusal.told}")
    if quorum.then is not OnLoss.FAIL:
        return Pause(refusal.reason)
    return Wait() if any(party.standing is Standing.OPEN for party in silent) else refusal


def _unapproved(refused: Sequence[Party], late: Sequence[Party], left: int, quorum: QuorumState) -> Fail:
    """Say who refused and who did not decide in time, and how many are left where some would do."""
    found = [_refused(refused, "refused the study")] if refused else []
    found += [_late(late, quorum, "decide")] if late else []
    if quorum.then is OnLoss.PROCEED:
        sentence = f"{left} of the {quorum.least} suppliers that it needs are left"
        found.append(Fail(sentence, sentence))
    return Fail("; ".join(one.reason for one in found), "; ".join(one.told for one in found))


def _refused(parties: Sequence[Party], what: str) -> Fail:
    sentences = [f"{party.name} {what}" + (f": {party.reason}" if party.reason else "") for party in parties]
    return Fail("; ".join(sentences), f"{_names(parties)} {what}")


def _late(parties: Sequence[Party], quorum: QuorumState, verb: str) -> Fail:
    sentence = f"{_names(parties)} did not {verb} within {quorum.deadline}"
    return Fail(sentence, sentence)


def _names(parties: Sequence[Party]) -> str:
    return ", ".join(sorted(party.name for party in parties))


def _absence(parties: Sequence[Party]) -> str:
    one = len(parties) == 1
    return (
        f"{_names(parties)} {'is' if one else 'are'} not connected;"
        f" the study goes on when {'it is' if one else 'they are'} back"
    )
