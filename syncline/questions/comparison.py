"""What is asked of suppliers to compare one synthetic table, the candidate, with their own rows.

Five questions: how many persons there are; the levels of boosted trees, one round a level, and in the first
of these rounds the sums of declared regressions; and last the scores of the grown trees and once more the
sums of regressions, both by subgroups too, and with the candidate itself its comparison with rows and
persons. All answers are counts over fixed bins, or sums, which add over suppliers. What is compared follows
from the candidate and the specification alone.

Sensitivity: a person changes one cell of each histogram of persons, and as many cells of each count of rows
as the person has rows. Disclosure: counts, which the hub prints under the study's ``min_cell`` only.
Permission: ``validation: true`` of the policy, for one candidate a study.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from syncline.questions.growth import Compared, Grouping, GrowTrees, ScoreTrees, require_groups, slices
from syncline.questions.regression import Regression

MIN_CANDIDATE_ROWS = 1000
"""Rows of a candidate at least: a table of few rows could ask for single persons."""


@dataclass(frozen=True, slots=True)
class PersonCount:
    """Count rows (cells 0, 1) and persons (2, 3), each for training and held out; names the candidate."""

    candidate: str
    """SHA-256 of the candidate's bytes, in hexadecimal: the one that this study compares."""
    kind: ClassVar[str] = "person_count"
    columns: ClassVar[tuple[str, ...]] = ()
    marginal_order: ClassVar[int] = 0

    def size(self) -> int:
        """Return the number of cells of the answer."""
        return 4


NEWTON_ROUNDS = 8
"""Rounds in which regressions are fitted, beside those in which trees grow."""

REGRESSION_ROUNDS = NEWTON_ROUNDS + 1
"""Rounds in which regressions are asked about: once more with the last question, by subgroups."""

MAX_MODELS = 16

MOST_SUMS = 2**18
"""Sums of regressions in all slices together, at most, where rows are counted apart."""


@dataclass(frozen=True, slots=True)
class RegressionSums:
    """Add up what one step of declared regressions needs, over training rows and over held-out ones.

    With ``groups`` the same sums are asked over the rows of each of their codes as well.
    """

    candidate: str
    compared: Compared
    models: tuple[Regression, ...]
    groups: tuple[Grouping, ...] = ()
    kind: ClassVar[str] = "regression_sums"

    def __post_init__(self) -> None:
        if not 1 <= len(self.models) <= MAX_MODELS:
            raise ValueError(f"regression_sums: from 1 to {MAX_MODELS} models are asked about")
        require_groups(self.groups, self.compared, self.size(), MOST_SUMS)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        named = {model.response for model in self.models}
        named |= {term.column for model in self.models for term in model.terms}
        return tuple(sorted(named.union(group.column for group in self.groups)))

    @property
    def marginal_order(self) -> int:
        """How many columns are looked at together: two, within a subgroup three."""
        return 3 if self.groups else 2

    def size(self) -> int:
        """Return the number of sums: of all slices, in each of both folds, in each of all models."""
        return 2 * sum(model.cells for model in self.models) * slices(self.groups)


@dataclass(frozen=True, slots=True, repr=False)
class ScoreCandidate:
    """Compare the candidate with rows and persons; see :mod:`syncline.validation.federated`.

    Attributes
    ----------
    table : the candidate's rows, of which ``candidate`` is the SHA-256
    compared : its columns
    keys, sensitive : what an attacker knows and wants to know
    rows, people : training and held-out ones of all suppliers, from which samples follow
    cells, masked : number of cells of the answer, and of the leading ones that carry person buckets, as the
        hub derived them from the candidate
    membership : what tells members of a table from others, as the hub learnt it from the candidate alone
    """

    table: bytes
    compared: Compared
    keys: tuple[str, ...]
    sensitive: tuple[str, ...]
    rows: tuple[int, int]
    people: tuple[int, int]
    cells: int
    masked: int
    membership: bytes
    kind: ClassVar[str] = "score_candidate"
    marginal_order: ClassVar[int] = 3

    @property
    def candidate(self) -> str:
        """SHA-256 of the table, in hexadecimal."""
        return hashlib.sha256(self.table).hexdigest()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns whose values the answer depends on."""
        return self.compared.names

    def size(self) -> int:
        """Return the number of cells of the answer."""
        return self.cells

    def __repr__(self) -> str:
        return f"ScoreCandidate({len(self.table)} bytes, {len(self.compared.names)} columns)"


Comparison = PersonCount | GrowTrees | RegressionSums | ScoreTrees | ScoreCandidate
"""The questions about a candidate."""
