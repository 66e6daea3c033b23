"""What an answer about a candidate must agree with: the invariants of the questions of a comparison.

What a question asks for follows from a plan (:mod:`syncline.validation.comparison.plan`), so the invariants
are declared beside it. As in a fit they hold for one party's answer and for the sum of many.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.counts import Counts, Ints, Masks
from syncline.questions.growth import DEPTH, SCORE_BINS, Grouping, GrowTrees, LearnerRole, ScoreTrees, slices
from syncline.questions.known import OPENED, Grown, Known, PartySizes, require
from syncline.questions.regression import RegressionSums
from syncline.questions.sums import Sums
from syncline.validation.boosting import SCALE_BITS
from syncline.validation.column_bins import in_bins
from syncline.validation.comparison.layout import FOLDS, SCORES
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.score_edges import KINDS
from syncline.validation.comparison.trees import MOST_ROWS
from syncline.validation.utility.model_people import adds_up, agrees
from syncline.validation.utility.regression import RegressionModel

CellT = TypeVar("CellT", np.int64, np.uint64)


@dataclass(frozen=True, slots=True)
class Facts:
    """Hold the answers of one round against what is known; ``memory`` is what suppliers remember of it."""

    plan: ComparisonPlan
    memory: CandidateMemory
    persons: bool

    def counted(self, question: PersonCount, answer: Counts, known: Known) -> Known:
        """Compare rows with those of the fit, and persons with rows and with the buckets that were seen.

        There are as many persons as rows where nobody tells them apart, and else no more than rows and no
        fewer than the buckets.
        """
        train, holdout, *people = answer.dense().tolist()
        sizes = PartySizes(train, holdout) if known.sizes is None else known.sizes
        require((train, holdout) == (sizes.train, sizes.holdout), "the number of rows changed")
        seen = (0, 0) if sizes.buckets is None else sizes.buckets
        for rows, own, mask in zip((train, holdout), people, seen, strict=True):
            least = max(min(rows, 1), mask.bit_count()) if self.persons else rows
            require(least <= own <= rows, "the persons are not as many as rows and buckets say")
        require(known.opened in (None, sum(people)), OPENED)
        return replace(known, sizes=sizes, people=(people[0], people[1]))

    def grown(self, question: GrowTrees, answer: Counts, known: Known) -> Known:
        """Compare columns with each other, children with their node, and trees with the first one."""
        plan, level = self.plan, question.levels % DEPTH
        widths = [column.n_codes for column in plan.bins]
        starts = np.cumsum([0, *widths[:-1]])
        cells = answer.dense().reshape(len(plan.learners), 3, 2**level, sum(widths))
        by_column = np.add.reduceat(cells, starts, axis=3)
        require(
            (by_column == by_column[..., :1]).all(), "a node has other sums in one column than in another"
        )
        tree = cells.sum(axis=2)
        chance, labelled, hessian = tree[:, 0], tree[:, 1], tree[:, 2]
        grown = known.grown
        if grown is None:
            half = 1 << (SCALE_BITS - 1)
            require((chance % half == 0).all() and (chance == 2 * hessian).all(), _FIRST)
            grown = Grown(chance // half, labelled, tree)
            self._require_rows(grown, int(starts[1]) if len(starts) > 1 else sum(widths), known)
        rows = grown.rows
        require((labelled == grown.labelled).all() and (labelled <= rows).all(), "the labelled rows changed")
        require((chance <= rows << SCALE_BITS).all(), "a chance is beyond one")
        require((hessian >= rows).all() and (hessian <= rows << (SCALE_BITS - 2)).all(), _HESSIAN)
        if level:
            require(np.array_equal(tree, grown.tree), "the children of a split have other rows than its node")
            self._require_sides(question, cells, starts, widths)
        return replace(known, grown=replace(grown, tree=tree))

    def _require_sides(self, question: GrowTrees, cells: Ints, starts: Ints, widths: list[int]) -> None:
        """Refuse rows of a child whose code in the split's column goes to the other child."""
        assert question.newest is not None
        columns, right = question.newest.column.astype(np.int64), question.newest.right
        reach = np.arange(max(widths))
        inside = reach < np.array(widths)[columns][..., None]
        place = np.where(inside, starts[columns][..., None] + reach, 0)
        goes = (right[..., None] >> reach.astype(np.uint64)) & np.uint64(1)
        for child in (0, 1):
            own = np.take_along_axis(cells[:, 0, child::2], place, axis=2)
            wrong = inside & (goes != np.uint64(child)) & (own != 0)
            require(not wrong.any(), "a node has rows that its split sends to its sibling")

    def _require_rows(self, grown: Grown, first: int, known: Known) -> None:
        """Compare the rows that learners learn from with those that were counted."""
        if known.sizes is None:
            return
        rows, labelled = grown.rows[:, :first].sum(axis=1), grown.labelled[:, :first].sum(axis=1)
        train, holdout = known.sizes.train, known.sizes.holdout
        whole = max(self.plan.rows) <= MOST_ROWS
        judged = holdout if self.plan.has_holdout else train
        expected = {
            LearnerRole.SYNTHETIC: (2 * judged, 0),
            LearnerRole.TRAINING: (2 * (train + holdout), 2 * train),
            LearnerRole.TARGET: (train, train),
        }
        roles = [learner.role for learner in self.plan.learners]
        for role, (most, most_labelled) in expected.items():
            chosen = [i for i, own in enumerate(roles) if own is role]
            groups = [[i] for i in chosen] if role is LearnerRole.TARGET else [chosen]
            for group in groups if chosen else []:
                total, told = int(rows[group].sum()), int(labelled[group].sum())
                exact = whole and role is not LearnerRole.TARGET
                fits = (total, told) == (most, most_labelled) if exact else total <= most
                require(fits and told <= most_labelled, "trees grow from other rows than were counted")

    def scored(self, question: ScoreTrees, answer: Counts, known: Known) -> Known:
        """Compare how many rows are scored, in all slices, with how many trees grow from."""
        plan = self.plan
        shape = slices(plan.groups), plan.kinds, 2, SCORE_BINS
        totals = answer.dense().reshape(shape).sum(axis=3)
        for place, group in _places(plan.groups):
            added = totals[place : place + group.n_codes].sum(axis=0)
            require((added == totals[0]).all(), "the rows of subgroups do not add up")
        self._require_scored(answer, known)
        whole = totals[0]
        targets = whole[len(KINDS) :].reshape(-1, 2, 2)
        real = targets[:, 1] if plan.has_holdout else np.zeros_like(targets[:, 1])  # no real row is predicted
        require((targets[:, 0] == real).all(), "a target is told of other rows by other trees")
        if known.grown is None:
            return known
        first = plan.bins[0].n_codes
        rows = known.grown.rows[:, :first].sum(axis=1)
        labelled = known.grown.labelled[:, :first].sum(axis=1)
        roles = np.array([learner.role.value for learner in plan.learners])
        for kind, role in enumerate((LearnerRole.SYNTHETIC, LearnerRole.TRAINING)):
            chosen = roles == role.value
            told = int(labelled[chosen].sum()) // 2
            expected = [told, int(rows[chosen].sum()) // 2 - told]
            require(whole[kind].tolist() == expected, "other rows are scored than trees grow from")
        judged = int(whole[0].sum())
        require((targets[:, 1].sum(axis=1) == judged).all(), "other rows are scored than trees grow from")
        return known

    def _require_scored(self, answer: Counts, known: Known) -> None:
        """Refuse scores of more persons than were counted, of all rows or of those of a grouping."""
        masks = answer.dense_masks()
        if masks is None:
            return
        shape = slices(self.plan.groups), self.plan.kinds, 2, SCORE_BINS
        seen, people = masks.reshape(shape), None if known.people is None else sum(known.people)
        for kind in range(self.plan.kinds):
            _require_persons(seen[0, kind], people, _UNCOUNTED)
            for place, group in _places(self.plan.groups):
                _require_persons(seen[place : place + group.n_codes, kind], people, _UNCOUNTED)

    def summed(self, question: RegressionSums, answer: Sums, known: Known) -> Known:
        """Compare rows, events and support of each model with the steps before, and slices with the whole."""
        models, groups = self.plan.summed(self.memory)
        size = sum(model.size for model in models.values())
        parts = [answer.values[start : start + 2 * size] for start in range(0, len(answer.values), 2 * size)]
        for place, group in _places(groups):
            added = tuple(map(sum, zip(*parts[place : place + group.n_codes], strict=True)))
            require(added == parts[0], "the sums of subgroups do not add up")
        fitted, start = dict(known.fitted), 0
        for text, model in models.items():
            told: list[int] = []
            for fold in (0, 1):
                own = parts[0][fold * size + start :][: model.size]
                most = None if known.sizes is None else (known.sizes.train, known.sizes.holdout)[fold]
                _require_sums(own, model, most)
                told += own[: 2 + model.width]
            require(fitted.setdefault(text, tuple(told)) == tuple(told), "the rows of a model changed")
            start += model.size
        return replace(known, fitted=fitted)

    def compared(self, question: ScoreCandidate, answer: Counts, known: Known) -> Known:
        """Compare sets of columns with each other and with the rows, and persons with the persons.

        A column is coded by how many are counted together; a cell without a value is code 0 in each coding.
        """
        layout, sets = self.plan.layout, self.plan.candidate.sets
        for fold, name in enumerate(FOLDS):
            rows = None if known.sizes is None else (known.sizes.train, known.sizes.holdout)[fold]
            people = None if known.people is None else known.people[fold]
            single: dict[tuple[int, int], Ints] = {}
            for number, places in enumerate(sets):
                table = layout.take(answer, f"{name}.set{number}")
                self._require_agreement(single, places, table)
                require(rows is None or int(table.sum()) == rows, "a set of columns has not all rows")
                masks = layout.buckets(answer, f"set{number}")
                if masks is not None:
                    _require_persons(masks[fold], people)
            self._require_models(answer, fold, known)
            self._require_people(answer, name, people)
        return known

    def _require_models(self, answer: Counts, fold: int, known: Known) -> None:
        """Compare the rows of models with all rows and their sums, subgroups and buckets with the whole."""
        rows = None if known.sizes is None else (known.sizes.train, known.sizes.holdout)[fold]
        people = None if known.people is None else known.people[fold]
        for number, (text, model) in enumerate(self.plan.candidate.models.items()):
            cells = self.plan.layout.take(answer, f"{FOLDS[fold]}.model{number}")
            require(adds_up(model, cells[0], rows), "a model is about other rows than there are")
            if text in known.fitted:
                size = 2 + model.width
                told = known.fitted[text][fold * size :][:size]
                require(agrees(model, cells[0], told), "a model is about other rows than its sums were")
            masks = self.plan.layout.buckets(answer, f"model{number}")
            for place, group in _places(self.plan.groups):
                own = cells[place : place + group.n_codes].sum(axis=0)
                require(np.array_equal(own, cells[0]), "the rows of a model's subgroups do not add up")
            if masks is not None:
                most = int(np.bitwise_count(masks[fold]).max(initial=0))  # each term has a hash of its own
                require(people is None or most <= people, _OTHERS)

    def _require_agreement(
        self,
        single: dict[tuple[int, int], Ints],
        places: tuple[int, ...],
        table: Ints,
    ) -> None:
        """Refuse a set of columns in which one has other rows than it had before.

        ``single`` holds what was seen, by how many columns were counted together and the column.
        """
        for axis, place in enumerate(places):
            own = table.sum(axis=tuple(other for other in range(len(places)) if other != axis))
            expected = own
            if (1, place) in single:
                bins = [self.plan.candidate.bins_of_set(size).columns[place] for size in (1, len(places))]
                expected = np.zeros_like(own)
                np.add.at(expected, in_bins(*bins), single[1, place])
            require(np.array_equal(single.setdefault((len(places), place), expected), own), _CHANGED)

    def _require_people(self, answer: Counts, fold: str, people: int | None) -> None:
        layout = self.plan.layout
        scored = int(layout.take(answer, f"{fold}.people")[0])
        require(people is None or scored <= people, "more persons are scored than there are")
        for name in SCORES:
            total = int(layout.take(answer, f"{fold}.{name}").sum())
            fits = total <= scored if name == "exact" else total == scored
            require(fits, "not every person is scored once")
        alone = layout.take(answer, f"{fold}.alone")
        require((alone <= scored).all(), "more persons are singled out than there are")
        for number, attack in enumerate(self.plan.candidate.attacks):
            where = f"{fold}.attack{number}"
            attacked, matched = (layout.take(answer, f"{where}.{own}") for own in ("people", "matched"))
            require(people is None or int(attacked[0]) == people, "other persons are attacked than there are")
            require(int(matched.sum()) <= int(attacked[0]), "more persons are matched than there are")
            for name, most in (("right", matched), ("learnt", matched), ("shared", matched * attack.sizes)):
                told = layout.take(answer, f"{where}.{name}")
                require((told <= most).all(), "more persons are guessed than are matched")


_COLUMNS = "a node has other sums in one column than in another"
_FIRST = "the first trees do not begin with even chances"
_HESSIAN = "a hessian is beyond what its rows allow"
_CHANGED = "a column has other rows in one set than in another"
_OTHERS = "a column is about more persons than were counted"
_UNCOUNTED = "rows are scored of more persons than were counted"


def _require_persons(masks: Masks, people: int | None, rule: str = _OTHERS) -> None:
    """Raise where more buckets are filled than there are persons; which ones these are differs by scope."""
    seen = int(np.bitwise_or.reduce(masks, axis=None, initial=np.uint64(0)))
    require(people is None or seen.bit_count() <= people, rule)


def _places(groups: tuple[Grouping, ...]) -> list[tuple[int, Grouping]]:
    """Return where the slices of each grouping begin."""
    starts = np.cumsum([1, *(group.n_codes for group in groups)]).tolist()
    return list(zip(starts, groups, strict=False))


def _require_sums(sums: tuple[int, ...], model: RegressionModel, most: int | None) -> None:
    """Raise unless the sums of one model over one fold can be those of a matrix; see ``model.sums``."""
    width, events = model.width, model.line is None
    rows, second, support = sums[0], sums[1], sums[2 : 2 + width]
    require(rows >= 0 and (most is None or rows <= most), "a model has more rows than there are")
    require(second >= 0 and (not events or second <= rows), "a model has more events than rows")
    require(all(0 <= own <= rows for own in support), "a column of a model has more rows than the model")
    bounds = zip(sums, model.most_sums, strict=True)
    require(all(abs(own) <= rows * of_one for own, of_one in bounds), "a model has sums beyond its rows")
    left = iter(sums[2 + 2 * width :])
    upper = {(i, j): next(left) for i in range(width) for j in range(i, width)}
    require(all(upper[i, i] >= 0 for i in range(width)), "a square of a model is negative")
    zero = [i for i in range(width) if not support[i]]
    empty = all(upper[min(i, j), max(i, j)] == 0 for i in zero for j in range(width))
    require(empty and all(sums[2 + width + i] == 0 for i in zero), "a column without rows has a sum")
    if not events:
        fits = all(upper[i, j] ** 2 <= upper[i, i] * upper[j, j] for i, j in upper)
        require(fits, "a product of a model is beyond its squares")
