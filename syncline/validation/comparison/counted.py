"""The evidence about a candidate, laid out: counts of all people, of a supplier's, of a subgroup's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

import numpy as np

from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts, Ints, Masks, merge_counts
from syncline.questions.growth import ColumnBins
from syncline.validation.comparison.candidate import Candidate
from syncline.validation.comparison.comparer import count_sets
from syncline.validation.comparison.comparison import Evidence
from syncline.validation.comparison.layout import FOLDS, AnswerLayout
from syncline.validation.comparison.parts import PartCounts, PartialModels, Scored, by_slice, slice_of
from syncline.validation.comparison.plan import target_questions
from syncline.validation.intervals import Floats
from syncline.validation.utility.model_people import ModelPeople
from syncline.validation.utility.overlap import may_be_told
from syncline.validation.utility.regression import RegressionModel
from syncline.validation.utility.subgroups import Subgroup
from syncline.validation.utility.tables import Tables
from syncline.validation.utility.told import SetCounts
from syncline.validation.utility.told_tables import tables_of, tables_of_parts


class Counted:
    """What is counted of a candidate.

    Parameters
    ----------
    candidate, evidence : the table, and what the last round gave
    target : what is predicted, or ""
    min_cell : fewer people are not shown
    """

    def __init__(self, candidate: Candidate, evidence: Evidence, target: str, min_cell: int) -> None:
        self.candidate = candidate = candidate.beside(evidence.people)
        self.evidence = evidence
        self.layout, self.merged = AnswerLayout(candidate, evidence.groups), _merged(evidence.answers)
        self.has_holdout = evidence.rows[1] > 0
        self.models = {text: RegressionModel.of(text, candidate.cells) for text in evidence.sums}
        self._target, self._min_cell = target, min_cell
        self._own = count_sets(candidate)
        scored = _merged(evidence.scored)
        self._scored = by_slice(scored.dense() + evidence.own, evidence.groups)
        masks = scored.dense_masks()
        self._judged = None if masks is None else by_slice(masks, evidence.groups)
        self._partial, self._sums = self._regressions()

    def _regressions(self) -> tuple[PartialModels | None, Mapping[PartyId, Ints]]:
        evidence = self.evidence
        if not evidence.asked:
            return None, {}
        partial = PartialModels.of(self.models, evidence.asked, self.candidate.cells, evidence.groups)
        sums = {
            party: partial.shaped(answer.values, evidence.groups) for party, answer in evidence.apart.items()
        }
        return partial, sums

    @cached_property
    def tables(self) -> Tables:
        """What may be told of the cells of all sets of columns."""
        return tables_of(self._sets(self.merged), self.candidate.counted_in, self._min_cell)

    def tables_by_party(self, unseen: Collection[PartyId]) -> dict[PartyId, Tables]:
        """Return what may be told of each supplier's rows beside the whole, nothing of ``unseen`` ones."""
        parties = sorted(self.evidence.answers)
        found = [self._sets(self.evidence.answers[party]) for party in parties]
        gone = [party in unseen for party in parties]
        told = tables_of_parts(found, self.tables, self.candidate.counted_in, gone, self._min_cell)
        return dict(zip(parties, told, strict=True))

    @property
    def has_persons(self) -> bool:
        """Whether a person may have several rows."""
        return self.layout.buckets(self.merged, "set0") is not None

    @property
    def rows_each(self) -> int:
        """Rows of a person on average, rounded up, in the fold where they are more."""
        pairs = zip(self.evidence.rows, self.evidence.people, strict=True)
        return max(-(-rows // max(people, 1)) for rows, people in pairs)

    @property
    def _moved(self) -> int:
        """Rows that ``min_cell`` persons have on average: figures are told in steps that these move."""
        return self._min_cell * max(self.rows_each, 1)

    def _sets(self, answer: Counts) -> list[SetCounts]:
        """Return the counts of all sets of columns in an answer about the candidate, by their sizes."""
        names = self.candidate.bins.names
        return [
            SetCounts(
                tuple(names[place] for place in places),
                self._own[number],
                self.layout.take(answer, f"train.set{number}"),
                self.layout.take(answer, f"holdout.set{number}") if self.has_holdout else None,
                self.layout.buckets(answer, f"set{number}"),
            )
            for number, places in enumerate(self.candidate.sets)
        ]

    @property
    def scored(self) -> Scored:
        """Rows of all people by the scores of trees."""
        few = self._few_questions(self.merged)
        judged = None if self._judged is None else self._judged[0]
        return self._of_scores(self._scored[0], judged, self.evidence.chances[0], few)

    def _of_scores(
        self,
        counts: Ints,
        buckets: Masks | None,
        chances: Floats,
        few: frozenset[int],
        share: float | None = None,
    ) -> Scored:
        least, has_holdout = self._min_cell, self.has_holdout
        return Scored(counts, self._target, chances, has_holdout, least, share, few, buckets, self._moved)

    def people_of(self, party: PartyId) -> int:
        """Return how many persons at least a supplier has for training."""
        return self._single(self.evidence.answers[party], 0).people()

    def models_of(self, answer: Counts, place: int = 0) -> dict[str, tuple[ModelPeople, ModelPeople]]:
        """Return by formula the people behind each model in a slice of an answer, used and held out."""
        found = {}
        for number, (text, model) in enumerate(self.models.items()):
            name = f"model{number}"
            rows = [self.layout.take(answer, f"{fold}.{name}")[place] for fold in FOLDS]
            masks = self.layout.buckets(answer, name) or (None, None)
            used, held = (
                ModelPeople.of(model, own, None if seen is None else seen[place])
                for own, seen in zip(rows, masks, strict=True)
            )
            found[text] = used, held
        return found

    @property
    def told(self) -> dict[str, bool]:
        """By formula whether the coefficients may be shown, as far as all persons' columns allow it."""
        known = {found.columns[0]: found for found in self.tables.singles}
        names = enumerate(self.candidate.bins.names)
        singles = {place: known[name] for place, name in names if name in known}
        bins, lacking = self.candidate.bins, self.tables.few_missing
        return {text: may_be_told(model, singles, bins, lacking) for text, model in self.models.items()}

    def _few_questions(self, answer: Counts) -> frozenset[int]:
        """Return the questions of the target that too few persons of an answer have, or have not.

        They are those of the rows that are predicted: the held-out ones where there are any.
        """
        place = self.candidate.cells.place(self._target) if self._target else -1
        if (place,) not in self.candidate.sets:
            return frozenset()
        number, fold = self.candidate.sets.index((place,)), int(self.has_holdout)
        rows, buckets = (
            self.layout.take(answer, f"{FOLDS[fold]}.set{number}"),
            self.layout.buckets(answer, f"set{number}"),
        )
        column, masks = self.candidate.bins.columns[place], None if buckets is None else (buckets[fold],) * 2
        counted = SetCounts((self._target,), rows, rows, None, masks)
        codes, found = np.arange(1, column.n_codes), set()
        for asked, one in enumerate(target_questions(self.candidate.cells, self._target)):
            code = int(column.encode(np.array([one.low]), np.ones(1, np.bool_))[0])
            if len(column.code):
                inside, outside = codes == code, codes != code
            else:  # a bin in which the upper part begins somewhere counts for neither part
                begins = code > 1 and int(column.low[code - 2]) == one.low
                numbers = codes < self._first_state(place, column)
                inside, outside = (codes > code - begins) & numbers, (codes < code) | ~numbers
            if min(counted.people(codes[part]) for part in (inside, outside)) < self._min_cell:
                found.add(asked)
        return frozenset(found)

    def _first_state(self, place: int, column: ColumnBins) -> int:
        """Return the code of a column's first named state, or one beyond all codes where it has none."""
        variable = self.candidate.cells.schema.modelled[place]
        if not variable.codes:
            return column.n_codes
        return int(column.encode(np.array([variable.states.first]), np.ones(1, np.bool_))[0])

    def _single(self, answer: Counts, number: int) -> SetCounts:
        """Return the counts of one column."""
        (place,) = self.candidate.sets[number]
        return SetCounts(
            (self.candidate.bins.names[place],),
            self._own[number],
            self.layout.take(answer, f"train.set{number}"),
            self.layout.take(answer, f"holdout.set{number}"),
            self.layout.buckets(answer, f"set{number}"),
        )

    def of_supplier(self, party: PartyId, tables: Tables) -> PartCounts:
        """Return what is counted of one supplier's rows alone, of whose cells ``tables`` are told."""
        held = self._single(self.evidence.answers[party], 0).people(held=True) >= self._min_cell
        if not held:
            tables = tables.without_holdout()
        cells = self._scored[0].size
        shape, answer = self._scored[0].shape, self.evidence.scored[party]
        counts = answer.dense()[:cells] + self.evidence.own[:cells]
        masks = answer.dense_masks()
        scored = self._partly_scored(
            counts.reshape(shape),
            None if masks is None else masks[:cells].reshape(shape),
            self.evidence.chances[0],
            self._few_questions(self.evidence.answers[party]),
            held=held,
        )
        if self._partial is None:
            return PartCounts(tables, scored)
        sums = self._sums[party][0]
        few = self.few_of(self.evidence.answers[party])
        regressions = self._partial.figures(sums, 0, few, has_holdout=held, min_cell=self._min_cell)
        return PartCounts(tables, scored, tuple(regressions))

    def of_subgroup(self, group: Subgroup) -> PartCounts:
        """Return what is counted of one subgroup."""
        place = slice_of(self.evidence.groups, group.column, group.code)
        if place is None:
            return PartCounts(group.tables, None)
        held = group.floor is not None
        few_questions = self._few_questions(self.merged)
        judged = None if self._judged is None else self._judged[place]
        scored = self._partly_scored(
            self._scored[place], judged, self.evidence.chances[1], few_questions, held=held
        )
        if self._partial is None:
            return PartCounts(group.tables, scored)
        sums = np.sum([own[place] for own in self._sums.values()], axis=0)
        few = self.few_of(self.merged, place)
        regressions = self._partial.figures(sums, place, few, has_holdout=held, min_cell=self._min_cell)
        return PartCounts(group.tables, scored, tuple(regressions))

    def few_of(self, answer: Counts, place: int = 0) -> dict[str, tuple[set[str], set[str]]]:
        """Return by formula the coefficients that rest on too few used persons, and on too few held out."""
        least = self._min_cell
        found = self.models_of(answer, place)
        return {
            text: (used.names_of_few(least), held.names_of_few(least)) for text, (used, held) in found.items()
        }

    def _partly_scored(
        self, counts: Ints, buckets: Masks | None, chances: Floats, few: frozenset[int], *, held: bool
    ) -> Scored:
        """Return a part's rows by score; none where too few of its people were held out, and people were."""
        if self.has_holdout and not held:
            counts, buckets = np.zeros_like(counts), None if buckets is None else np.zeros_like(buckets)
        return self._of_scores(counts, buckets, chances, few, self.scored.synthetic_share)


def _merged(answers: Mapping[PartyId, Counts]) -> Counts:
    return merge_counts(answers[party] for party in sorted(answers))
