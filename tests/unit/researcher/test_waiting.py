"""How a command that waits for a study ends."""

from __future__ import annotations

import pytest

from syncline.cli.studies import Until, end
from syncline.errors import StudyFailed
from syncline.wire.messages import ReleaseId, StudyId, StudyStatus


def status(state: str, reason: str = "") -> StudyStatus:
    return StudyStatus(
        StudyId("s1"), "heart", state, reason, "", 0, 0, 0, (), "ab" * 32, ReleaseId("r1"), 1, 2
    )


@pytest.mark.parametrize("until", list(Until))
def test_a_release_ends_well_and_an_overridden_one_too(until: Until) -> None:
    end(status("released"), until)
    end(status("released", "released against its gate: eva"), until)


@pytest.mark.parametrize("until", list(Until))
@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("released", "withdrawn: consent was withdrawn", "was withdrawn: consent was withdrawn"),
        ("failed", "no supplier", "is failed: no supplier"),
        ("cancelled", "", "is cancelled: no reason was given"),
    ],
)
def test_whatever_else_ends_a_study_is_a_failure_with_its_reason(
    state: str, reason: str, words: str, until: Until
) -> None:
    with pytest.raises(StudyFailed, match=words):
        end(status(state, reason), until)


def test_people_who_are_waited_for_end_the_waiting_only_where_that_was_asked() -> None:
    waiting = status("awaiting_release", "1 more approval")
    end(waiting, Until.PEOPLE)
    with pytest.raises(StudyFailed):
        end(waiting, Until.RELEASED)
