"""By how much one person can move the answers about a candidate.

A row is in one cell of each histogram that it is counted in. Where there are more rows than are looked at, a
hash sample takes some, and nobody where it would take fewer persons than the study's ``min_cell``: then one
person decides whether so many are counted.
"""

from __future__ import annotations

from syncline.questions.candidate_memory import CandidateMemory
from syncline.questions.comparison import PersonCount, ScoreCandidate
from syncline.questions.growth import CHANCES, DEPTH, GrowTrees, ScoreTrees
from syncline.questions.regression import RegressionSums
from syncline.questions.sensitivity import Sensitivity
from syncline.validation.comparison.layout import SCORES
from syncline.validation.comparison.plan import ComparisonPlan
from syncline.validation.comparison.trees import FOLDS, MOST_ROWS, told_chances


def moved_people(plan: ComparisonPlan, question: PersonCount, memory: CandidateMemory) -> Sensitivity:
    """Return by how much a person moves the rows and persons of their fold."""
    return Sensitivity(1, 1, 1, 1)


def moved_growth(plan: ComparisonPlan, question: GrowTrees, memory: CandidateMemory) -> Sensitivity:
    """Return by how much a person moves the sums of a level.

    A row of one fold teaches all but one learner of each role; a training row those of the target too. Before
    the first tree is whole every chance is even.
    """
    told = told_chances()
    if question.levels < DEPTH:
        told = told[CHANCES // 2 : CHANCES // 2 + 1]
    l1, squares = max(c + h for c, h in told), max(c * c + h * h for c, h in told)
    targets = len(plan.learners) - 2 * FOLDS
    kinds = [(2 * (FOLDS - 1), 0), (FOLDS - 1 + targets, FOLDS - 1 + (targets > 0))]  # held out, training
    if not plan.has_holdout:
        kinds = [(FOLDS - 1, 0)]
    width = len(plan.bins)
    return Sensitivity(
        width * max(learners * l1 + labelled for learners, labelled in kinds),
        width * max(learners * squares + labelled for learners, labelled in kinds),
        persons=_persons(plan, MOST_ROWS),
    )


def moved_scores(plan: ComparisonPlan, question: ScoreTrees, memory: CandidateMemory) -> Sensitivity:
    """Return by how much a person moves the histograms of scores: a row is judged once by each role."""
    judged = plan.kinds if plan.has_holdout else 1 + len(plan.targets)
    cells = judged * (1 + len(plan.groups))
    return Sensitivity(cells, cells, persons=_persons(plan, MOST_ROWS))


def moved_sums(plan: ComparisonPlan, question: RegressionSums, memory: CandidateMemory) -> Sensitivity:
    """Return by how much a person moves the sums of models: a row is in one subgroup of each grouping."""
    models, groups = plan.summed(memory)
    most = [model.most_sums for model in models.values()]
    slices = 1 + len(groups)
    l1 = sum(own for model in most for own in model)
    return Sensitivity(slices * l1, slices * sum(own * own for model in most for own in model))


def moved_candidate(plan: ComparisonPlan, question: ScoreCandidate, memory: CandidateMemory) -> Sensitivity:
    """Return by how much a person moves the comparison: rows in sets of columns, and a person in all else."""
    candidate = plan.candidate
    sensitive, once = len(candidate.aims.sensitive), 1 + len(SCORES) + len(candidate.guesses.predicates)
    l1 = squares = once
    for attack in candidate.attacks:
        largest = int(attack.sizes.max(initial=0))
        l1 += 2 + 2 * sensitive + sensitive * largest
        squares += 2 + 2 * sensitive + sensitive * largest**2
    sets = len(candidate.sets)
    return Sensitivity(sets, sets, l1, squares, _persons(plan, candidate.aims.most_scored))


def _persons(plan: ComparisonPlan, most: int) -> int:
    """Return how many persons one may decide about, where a hash samples about ``most`` rows of a fold."""
    return plan.candidate.aims.min_cell if max(plan.rows) > most else 1
