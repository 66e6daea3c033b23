"""How often a predicate that singles a synthetic row out also singles a person out."""

from __future__ import annotations

from math import ceil

import numpy as np

from syncline.data.blob import Json
from syncline.privacy.people_rule import apart
from syncline.validation.disclosure.hypergeometric import exactly_one
from syncline.validation.disclosure.score_figures import rate_figure
from syncline.validation.disclosure.shown import ShownRate
from syncline.validation.disclosure.singling_out import Ints
from syncline.validation.metric import Metric


def singling_out(
    train_counts: Ints, holdout_counts: Ints | None, n_train: int, n_holdout: int, min_cell: int = 1
) -> Metric:
    """Return the share of the predicates that exactly one used person satisfies, beside that of others.

    The more persons there are, the less often one is alone, so unlike numbers of used and other persons
    cannot be compared as they are. The larger group is thinned to the size of the smaller one, and the
    expected share is exact: of k satisfying persons exactly one is kept with the probability of the
    hypergeometric law.

    Parameters
    ----------
    train_counts, holdout_counts : int64 (n_predicates,)
        Persons who satisfy each predicate: used, and not used (None where nobody was held out).
    n_train, n_holdout : int
        All persons of either kind.
    min_cell : int
        Each predicate that succeeds tells of one person, so as few as that count as so many at most, and
        shares are given in such steps.
    """
    if not len(train_counts):
        return Metric("singling_out", None, words="not computed: no predicate singles out a synthetic row")
    n_predicates = len(train_counts)
    known = holdout_counts is not None and n_holdout > 0
    people = min(n_train, n_holdout) if known else n_train
    found = _shown(_alone(train_counts, n_train, people), n_predicates, min_cell)
    detail: dict[str, Json] = {"predicates": n_predicates, "people": people}
    others = None
    if known and holdout_counts is not None:
        others = _shown(_alone(holdout_counts, n_holdout, people), n_predicates, min_cell)
        if not (found.at_most or others.at_most):
            detail["risk"] = round((found.value - others.value) / max(1 - others.value, 1e-9), 6)
    words = (
        f"share of {n_predicates} predicates that hold for one synthetic row alone and for exactly one of"
        f" {people} persons who were used; the floor is that of as many who were not"
    )
    return rate_figure("singling_out", found, others, words, detail)


def _shown(predicates: float, n_predicates: int, min_cell: int) -> ShownRate:
    """Return the share of the predicates that succeed, as it may be printed."""
    whole = ceil(predicates - 1e-9)
    if not apart(whole, 0, min_cell) or not apart(whole, n_predicates, min_cell):
        return ShownRate.of(whole, n_predicates, min_cell).stepped(min_cell)
    return ShownRate(predicates / n_predicates, n_predicates).stepped(min_cell)


def _alone(counts: Ints, n_people: int, kept: int) -> float:
    """Return the expected number of predicates that exactly one person satisfies, of ``kept`` of all."""
    if kept == n_people:
        return float((counts == 1).sum())
    sizes, often = np.unique(counts, return_counts=True)
    return float((exactly_one(n_people, sizes, kept) * often).sum())
