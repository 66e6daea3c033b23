"""What the computing child says about the disclosure gate, read strictly: what is not said did not pass."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.compute.frames import Json
from syncline.errors import StudyFailed
from syncline.study.spec import StudySpec
from syncline.wire.people_sentence import people_sentence
from syncline.wire.releases import MAX_GATE_FAILURES
from trusted_party.datastore.drafts import GateOutcome

NOT_RUN = "the disclosure gate was not run"


def read_gate(spec: StudySpec, answer: Json) -> GateOutcome | None:
    """Return the gate's outcome, None where the study runs none."""
    if spec.release.gate is None:
        return None
    if answer is None:
        return GateOutcome(False, (NOT_RUN,))
    failures = answer.get("failures") if isinstance(answer, dict) else None
    passed = answer.get("passed") if isinstance(answer, dict) else None
    words = answer.get("words", []) if isinstance(answer, dict) else None
    if not (
        isinstance(passed, bool) and isinstance(failures, list) and isinstance(words, list)
    ) or passed is not (not failures):
        raise StudyFailed("the hub's computing process answered with an unknown outcome of the gate")
    return GateOutcome(passed, _sentences(failures), _sentences(words))


def _sentences(texts: Sequence[object]) -> tuple[str, ...]:
    return tuple(people_sentence(str(text)) for text in texts[:MAX_GATE_FAILURES])
