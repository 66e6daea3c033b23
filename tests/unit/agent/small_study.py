"""A study of one supplier, and the policy that permits it."""

from __future__ import annotations

from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.study.spec import StudySpec

STUDY = """\
syncline: 1
study: heart-2026
purpose: Method development
schema:
  variables:
    - {name: age, kind: integer, range: [0, 120]}
    - {name: sex, kind: categorical, categories: [F, M]}
suppliers:
  - {name: cleveland}
quorum: {min_suppliers: 1}
synthesizer: {method: marginals}
validation: none
release: {gate: none, approvals: 0}
"""

POLICY = """\
syncline: 1
studies: ["heart-*"]
flows: [summaries]
datasets: [heart]
columns: {allow: ["*"]}
questions: [row_count, profile, rank_counts, marginals]
limits: {max_order: 2, max_rounds: 200, max_cells: 100000}
min_cell: 11
min_suppliers: 1
"""


def specification(text: str = STUDY) -> bytes:
    return build(StudySpec, parse_document(text, "study.yaml"), "study.yaml").canonical()
