"""What is asked of suppliers to compare one synthetic table, the candidate, with their own rows.

Five questions. The first brings the candidate and asks how many rows and persons there are; then levels of
boosted trees, one a round, and in the first of these rounds the sums of declared regressions; and last the
scores of the grown trees and once more the sums of regressions, both by subgroups too, and the comparison of
the candidate with rows and persons. All answers are counts over fixed bins, or sums, which add.

No question brings a function that rows are tallied by. Bins, learners, models, subgroups, the classifier of
members and the layout of answers follow from the candidate and the specification, at each supplier by the
same code as at the hub. What questions do bring are splits, one level at a time, leaves in coarse steps, and
the coefficients of models that the study declares; how many columns an answer can count together, whatever
these are, each supplier works out by itself (:class:`syncline.protocols.asking.Extent`).

Sensitivity: a person changes one cell of each histogram of persons, and as many cells of each count of rows
as the person has rows. Disclosure: counts, which the hub prints under the study's ``min_cell`` only.
Permission: ``validation: true`` of the policy, for one candidate a study.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import ClassVar

from syncline.questions.counts import Counts
from syncline.questions.growth import Compared, GrowTrees, ScoreTrees
from syncline.questions.known import Known, Sizes, require
from syncline.questions.regression import RegressionSums

MIN_CANDIDATE_ROWS = 1000
"""Rows of a candidate at least: a table of few rows could ask for single persons."""


@dataclass(frozen=True, slots=True, repr=False)
class PersonCount:
    """Take the candidate, and count rows (cells 0, 1) and persons (2, 3), each for training and held out.

    Attributes
    ----------
    table : the candidate's rows, of which ``candidate`` is the SHA-256: the one that this study compares
    compared : its columns
    """

    table: bytes
    compared: Compared
    kind: ClassVar[str] = "person_count"

    @property
    def candidate(self) -> str:
        """SHA-256 of the table, in hexadecimal."""
        return hashlib.sha256(self.table).hexdigest()

    def reconcile(self, answer: Counts, known: Known, *, persons: bool) -> Known:
        """Return what is known after ``answer``; raise InvariantBroken where it contradicts that.

        The rows are those of the fit. There are as many persons as rows where nobody tells them apart, and
        else no more than rows and no fewer than the buckets that were seen.
        """
        train, holdout, *people = answer.dense().tolist()
        sizes = Sizes(train, holdout) if known.sizes is None else known.sizes
        require((train, holdout) == (sizes.train, sizes.holdout), "the number of rows changed")
        seen = (0, 0) if sizes.buckets is None else sizes.buckets
        for rows, own, mask in zip((train, holdout), people, seen, strict=True):
            least = max(min(rows, 1), mask.bit_count()) if persons else rows
            require(least <= own <= rows, "the persons are not as many as rows and buckets say")
        return replace(known, sizes=sizes, people=(people[0], people[1]))

    def __repr__(self) -> str:
        return f"PersonCount({len(self.table)} bytes, {len(self.compared.names)} columns)"


@dataclass(frozen=True, slots=True)
class ScoreCandidate:
    """Compare the candidate with rows and persons; see :mod:`syncline.validation.federated`."""

    candidate: str
    kind: ClassVar[str] = "score_candidate"


Comparison = PersonCount | GrowTrees | RegressionSums | ScoreTrees | ScoreCandidate
"""The questions about a candidate."""
