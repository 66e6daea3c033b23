"""A study that a supplier approved under an earlier version does not start, and says whose approval it is."""

from __future__ import annotations

import re

import pytest

from syncline.errors import StudyFailed
from syncline.protocols.opening import COMMITMENT_BYTES
from syncline.study.flow import DataFlow
from syncline.study.participation import AS_ASKED
from syncline.wire.messages import StudyId
from trusted_party.datastore.parties import PartyRow, PartyState
from trusted_party.rounds.view import View


def approved(name: str, commitment: str | None) -> PartyRow:
    words = StudyId("s1"), name, PartyState.APPROVED, "", True, 0, bytes(32), "", bytes(64)
    return PartyRow(*words, DataFlow.SUMMARIES, AS_ASKED, commitment)


def view_of(*parties: PartyRow) -> View:
    return View(None, parties, (), frozenset(), "", ())  # type: ignore[arg-type]  # commitments read no study


@pytest.mark.parametrize("commitment", [None, "ab" * 32], ids=["none", "without a public key"])
def test_who_approved_under_an_earlier_version_is_named(commitment: str | None) -> None:
    whole = "ab" * COMMITMENT_BYTES
    assert view_of(approved("north", whole)).commitments() == {"north": whole}
    parties = approved("north", whole), approved("south", commitment)
    words = "submit the study anew: south approved it under an earlier version, without a public key"
    with pytest.raises(StudyFailed, match=f"^{re.escape(words)}$"):
        view_of(*parties).commitments()
