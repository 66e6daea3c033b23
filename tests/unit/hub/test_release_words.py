"""What a release waits for, in words: the first failure of the gate whole, and how many more there are.

Of a gate that passed it is said what it could not have seen.
"""

from __future__ import annotations

import pytest

from syncline.study.release_decision import ReleaseVerdict
from syncline.wire.messages import ReleaseId, StudyId
from trusted_party.datastore.drafts import GateOutcome, ReleaseDraft
from trusted_party.release.waiting import Tally, missing_words

FIRST = (
    "gap: 50 persons who were used and 1 who was not are recognised; " + "beyond chance, tolerated 0.00%" * 12
)


@pytest.mark.parametrize(
    ("others", "words"), [(0, f"({FIRST}) and waits"), (1, "; and 1 more) and"), (11, "; and 11 more) and")]
)
def test_the_first_failure_is_whole(others, words):
    failures = (FIRST, *(f"gap {place}" for place in range(others)))
    gate = GateOutcome(False, failures)
    draft = ReleaseDraft(StudyId("s1"), ReleaseId("r1"), {"report.json": "00"}, {}, gate, 1, (), 1, 1)
    said = missing_words(draft, Tally(1, ReleaseVerdict.OVERRIDE, ()))
    assert f"did not pass the disclosure gate ({FIRST}" in said
    assert words in said
    assert "waits for 1 more override: an approver types 'syncline releases approve r1 --override" in said


def test_a_gate_that_passed_says_what_it_could_not_have_seen():
    words = ("A leak of fewer than 18 of these 669 people (2.69%) would not be seen.", "mia is BLIND here.")
    draft = ReleaseDraft(
        StudyId("s1"), ReleaseId("r1"), {"report.json": "00"}, {}, GateOutcome(True, (), words), 1, (), 1, 1
    )
    said = missing_words(draft, Tally(1, ReleaseVerdict.APPROVE, ()))
    assert f"release r1 passed the disclosure gate ({' '.join(words)}) and waits for 1 more approval" in said
