"""Rows of a party by the scores of grown trees, and of trees that learnt from the candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from syncline.data.buckets import Owners, buckets_of, scope_of
from syncline.questions.counts import Counts, Ints, Masks
from syncline.questions.growth import SCORE_BINS, Forest, LearnerRole, slices
from syncline.validation.boosting import BinCodes, Flags
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.score_edges import KINDS, ScoreEdges
from syncline.validation.comparison.trees import TreeRows


@dataclass(frozen=True, slots=True, eq=False)
class ScoreHistograms:
    """Rows by score, int64 (n_slices, n_told, 2, ``SCORE_BINS``), and person buckets, None without persons.

    First synthetic rows from real ones, then training rows from held-out ones, then for each part of the
    target the learners of real rows and those of synthetic ones; labelled rows stand before the others.
    """

    rows: Ints
    masks: Masks | None

    @classmethod
    def of(cls, plan: ComparisonPlan, forest: Forest, rows: TreeRows) -> ScoreHistograms:
        """Score the rows of a party, or the candidate's own."""
        shape = slices(plan.groups), plan.kinds, 2, SCORE_BINS
        masks = None if rows.owner is None else np.zeros(shape, np.uint64)
        found = cls(np.zeros(shape, np.int64), masks)
        found._score(plan, forest, rows)
        return found

    def counts(self, *, persons: bool) -> Counts:
        """Return the answer: all cells, each with its buckets where the table tells ``persons`` apart."""
        counts = Counts.of_dense(self.rows.reshape(-1))
        if not persons:
            return counts
        masks = np.zeros(0, np.uint64) if self.masks is None else self.masks.reshape(-1)[counts.index]
        return Counts(counts.size, counts.index, counts.value, masks, counts.size)

    def _score(self, plan: ComparisonPlan, forest: Forest, rows: TreeRows) -> None:
        edges, targets = plan.edges(forest), 0
        for number, learner in enumerate(plan.learners):
            kept = rows.kept(plan.learners, number, forest, plan.has_holdout)
            place = 0 if learner.role is LearnerRole.SYNTHETIC else 1
            if learner.role is LearnerRole.TARGET:
                place = len(KINDS) + 2 * targets
                targets += 1
            own = kept.judges
            scored = _Scored(kept.labels[own], kept.margins[own], _of(kept.owner, own))
            self._count(place, scored, edges[number], _groups(plan, kept.codes[own]))
        tested = rows.tested(plan.has_holdout)
        codes = rows.codes[tested]
        apart = _groups(plan, codes)
        learnt = zip(plan.targets, plan.transferred, edges[len(plan.learners) :], strict=True)
        for number, (learner, booster, parted) in enumerate(learnt):
            scored = _Scored(rows.labels(learner)[tested], booster.margins(codes), _of(rows.owner, tested))
            self._count(len(KINDS) + 2 * number + 1, scored, parted, apart)

    def _count(
        self, kind: int, scored: _Scored, edges: ScoreEdges, apart: Sequence[tuple[str, Ints, int]]
    ) -> None:
        """Add rows (n,) to the histograms of one kind: those of all rows, then those of each grouping."""
        beside = np.where(scored.labels, 0, SCORE_BINS)
        self._add(kind, "", slice(0, 1), beside + edges.places(scored.margins, apart=False), scored.owner)
        cell, place = beside + edges.places(scored.margins, apart=True), 1
        for column, codes, n_codes in apart:
            own = slice(place, place + n_codes)
            self._add(kind, column, own, codes * 2 * SCORE_BINS + cell, scored.owner)
            place += n_codes

    def _add(self, kind: int, column: str, places: slice, cells: Ints, owner: Owners | None) -> None:
        """Add the cells (n,) of rows that are told apart by ``column``, which has a hash of its own."""
        own, n_codes = (places, kind), places.stop - places.start
        size = n_codes * 2 * SCORE_BINS
        self.rows[own] += np.bincount(cells, minlength=size).reshape(n_codes, 2, SCORE_BINS)
        if self.masks is not None and owner is not None:
            seen, person = np.zeros(size, np.uint64), buckets_of(owner, scope_of("score", str(kind), column))
            np.bitwise_or.at(seen, cells, np.uint64(1) << person.astype(np.uint64))
            self.masks[own] |= seen.reshape(n_codes, 2, SCORE_BINS)


@dataclass(frozen=True, slots=True, eq=False)
class _Scored:
    """Rows (n,) that are scored: whether each is labelled, its margin, and its person's number or None."""

    labels: Flags
    margins: Ints
    owner: Owners | None


def _of(owner: Owners | None, chosen: Flags) -> Owners | None:
    return None if owner is None else owner[chosen]


def _groups(plan: ComparisonPlan, codes: BinCodes) -> list[tuple[str, Ints, int]]:
    """Return the column of each grouping, the codes (n,) of rows in it, and how many there are.

    Columns of so few categories have the same codes where trees grow.
    """
    return [
        (group.column, codes[:, plan.names.index(group.column)].astype(np.int64), group.n_codes)
        for group in plan.groups
    ]
