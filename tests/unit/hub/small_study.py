"""A small study, as a researcher would submit it."""

from __future__ import annotations

from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.study.spec import StudySpec

STUDY = """
syncline: 1
study: heart
schema: {{variables: [{{name: age, kind: integer, range: [0, 120]}}]}}
suppliers: [{suppliers}]
quorum: {{min_suppliers: {least}, deadline: {deadline}, then: {then}}}
synthesizer: {{{synthesizer}}}
validation: {validation}
release: {release}
"""


def specification(
    *suppliers: str,
    least: int = 1,
    deadline: str = "24h",
    then: str = "pause",
    rows: int | None = None,
    release: str = "{gate: none, approvals: 0}",
) -> bytes:
    """Return the canonical specification of a small study."""
    listed = ", ".join(f"{{name: {name}}}" for name in suppliers)
    synthesizer = "method: cart" if rows is None else f"method: cart, rows: {rows}"
    text = STUDY.format(
        suppliers=listed,
        least=least,
        deadline=deadline,
        then=then,
        synthesizer=synthesizer,
        release=release,
        validation="none" if "gate: none" in release else "{holdout: 0.2}",
    )
    return build(StudySpec, parse_document(text, "study"), "study").canonical()
