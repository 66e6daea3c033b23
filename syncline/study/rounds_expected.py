"""How many rounds a study will take, as far as one can say while it runs.

The rounds of a comparison are known as soon as the rows are: trees grow by a fixed number of levels. Those of
a fit are guessed by its phases: how often intervals must be divided until single values are known, and how
deep trees grow. Once leaves are counted or a table is compared it is exact.
"""

from __future__ import annotations

from syncline.study.fitting import settings_of
from syncline.study.spec import StudySpec
from syncline.study.whole_study import Progress
from syncline.synthesizers.fit_state import FitState
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.settings import FitSettings
from syncline.validation.comparison.comparison import ComparisonState
from syncline.validation.comparison.plan import tree_levels

UNKNOWN = 0
"""What stands for a number of rounds of which nothing can be said yet."""


def rounds_expected(spec: StudySpec, progress: Progress) -> int:
    """Return the rounds of a whole study, 0 before anything can be said of them."""
    match progress.at, progress.learnt:
        case FitState() as state, _:
            return rounds_of_study(state, settings_of(spec), compares=spec.validation is not None)
        case ComparisonState() as state, Fitted(n_train=train, n_holdout=held):
            return rounds_while_comparing(state, (train, held))
        case _:
            return UNKNOWN


def rounds_of_study(state: FitState, settings: FitSettings, *, compares: bool) -> int:
    """Return the rounds of a whole study of which a round of the fit is open, 0 before the rows are known."""
    sizes = state.phase.counted()
    if sizes is None:
        return UNKNOWN
    comparison = rounds_of_comparison((sizes.train, sizes.holdout)) if compares else 0
    return state.round + state.phase.rounds_left(settings) + comparison


def rounds_of_comparison(rows: tuple[int, int]) -> int:
    """Return the rounds of a comparison with so many training and held-out rows."""
    return tree_levels(rows) + 2


def rounds_while_comparing(state: ComparisonState, fitted: tuple[int, int] | None = None) -> int:
    """Return the rounds of a study of which a round of the comparison is open.

    In its first round, before the comparison has counted rows, those that were ``fitted`` count. Each later
    round asks about one level of the trees more, the last one about their scores.
    """
    if state.memory is None:
        return UNKNOWN if fitted is None else state.round + rounds_of_comparison(fitted)
    counted = [own.sizes for own in state.known.values() if own.sizes is not None]
    rows = sum(own.train for own in counted), sum(own.holdout for own in counted)
    return state.round + tree_levels(rows) - state.memory.asked + 1
