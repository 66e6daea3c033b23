"""What is asked of suppliers to compare one synthetic table, the candidate, with their own rows.

Five questions. The first brings the candidate and asks how many rows and persons there are; then levels of
boosted trees, one a round, and in the first of these rounds the sums of declared regressions; and last the
scores of the grown trees and once more the sums of regressions, both by subgroups too, and the comparison of
the candidate with rows and persons. All answers are counts over fixed bins, or sums, which add.

No question brings a function that rows are tallied by. Bins, learners, models, subgroups, the classifier of
members and the layout of answers follow from the candidate and the specification, at each supplier by the
same code as at the hub. What questions do bring are splits, one level at a time, leaves in coarse steps, and
the coefficients of models that the study declares; how many columns an answer can count together, whatever
these are, each supplier works out by itself (:class:`syncline.questions.extent.Extent`).

Sensitivity: a person changes one cell of each histogram of persons, and as many cells of each count of rows
as the person has rows. Disclosure: counts, which the hub prints under the study's ``min_cell`` only.
Permission: ``validation: true`` of the policy, for one candidate a study. How far each reaches, its answer
and its invariants follow from the candidate: see :mod:`syncline.validation.comparison.judged`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import ClassVar

from syncline.data.codebook import Codebook
from syncline.data.kinds import Kind
from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.questions.asked import Asked
from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.counts import Counts
from syncline.questions.growth import ComparedColumns
from syncline.questions.question import CandidateQuestion

MIN_CANDIDATE_ROWS = 1000
"""Rows of a candidate at least: a table of few rows could ask for single persons."""


@dataclass(frozen=True, slots=True, repr=False)
class PersonCount(CandidateQuestion[Counts]):
    """Take the candidate, and count rows (cells 0, 1) and persons (2, 3), each for training and held out.

    Attributes
    ----------
    table : the candidate's rows, of which ``candidate`` is the SHA-256: the one that this study compares
    compared : its columns
    """

    table: bytes
    compared: ComparedColumns
    kind: ClassVar[str] = "person_count"
    begins: ClassVar[bool] = True

    @property
    def candidate(self) -> str:
        """SHA-256 of the table, in hexadecimal."""
        return hashlib.sha256(self.table).hexdigest()

    def check(self, schema: Schema, codebook: Codebook | None) -> None:
        """Raise ProtocolError unless the candidate has columns of ``schema``, in its order and categories."""
        known = {variable.name: variable for variable in schema.modelled}
        if list(self.compared.names) != [name for name in known if name in set(self.compared.names)]:
            raise ProtocolError("comparison: the columns are not the schema's in their order")
        for name, merged in zip(self.compared.names, self.compared.merged, strict=True):
            categories = 0 if known[name].kind is Kind.BOOLEAN else len(known[name].categories)
            if any(not 0 <= place < categories for place in merged) or sorted(set(merged)) != list(merged):
                raise ProtocolError(
                    f"comparison: the merged categories of column {name!r} are not the schema's"
                )

    def admit(self, asked: Asked) -> Asked:
        """Return what is remembered after it: one candidate a study, and nothing of a fit."""
        if asked.candidate is None:
            return Asked(closed=True, candidate=CandidateMemory(self.candidate, self.table, self.compared))
        return replace(asked, candidate=asked.candidate.after((self,)))

    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Refuse a candidate that was named already."""
        raise ProtocolError("a candidate was named in this study already")

    def __repr__(self) -> str:
        return f"PersonCount({len(self.table)} bytes, {len(self.compared.names)} columns)"


@dataclass(frozen=True, slots=True)
class ScoreCandidate(CandidateQuestion[Counts]):
    """Compare the candidate with rows and persons; see :mod:`syncline.validation.comparison`."""

    candidate: str
    kind: ClassVar[str] = "score_candidate"
    last: ClassVar[bool] = True

    def follow(self, memory: CandidateMemory) -> CandidateMemory:
        """Return the memory of a candidate that was compared, after which nothing is answered."""
        if memory.rows is None:
            raise ProtocolError("score_candidate: the rows of all suppliers were not told before")
        return replace(memory, judged=True)
