"""Figures of the attack by key columns: used persons beside persons who were not, at every generalization."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from syncline.data.blob import Json
from syncline.privacy import people_rule
from syncline.privacy.people_rule import MOST_STEP, apart, in_steps, outwards, step_of
from syncline.validation.disclosure.key_attack import KeyAttack, KeyCounts
from syncline.validation.disclosure.score_figures import rate_figure
from syncline.validation.disclosure.shown import ShownRate
from syncline.validation.intervals import Z
from syncline.validation.metric import Goal, Metric

MEANINGFUL_VALUES = 2
"""So many sensitive values must be learnt for an identity disclosure to be meaningful."""

MEANINGFUL_THRESHOLD = 0.09
"""The risk of re-identification that European and Canadian health regulators accept for public data; El Emam,
Mosquera and Bass (2020), doi:10.2196/23139."""


@dataclass(frozen=True, slots=True, eq=False)
class KeyEvidence:
    """One level of the lattice: what it is called, the attack, and the counts of both kinds of persons."""

    level: str
    attack: KeyAttack
    train: KeyCounts
    holdout: KeyCounts | None


def key_figures(levels: Sequence[KeyEvidence], sensitive: Sequence[str], min_cell: int = 1) -> list[Metric]:
    """Return the figures of every kind of disclosure by keys.

    ``identity_unique`` are the replicated uniques and ``attribute_disclosive`` the cells that are disclosive
    in the synthetic table and correct in the original (Raab 2024, arXiv:2409.04257); ``attribute_cap`` is the
    correct attribution probability (Taub et al. 2018, doi:10.1007/978-3-319-99771-1_9); ``inferential`` is
    the success of guessing beyond that against persons who were not used (Giomi et al. 2023,
    doi:10.56553/popets-2023-0055, equation 1 with the control in the place of the baseline);
    ``meaningful_identity`` follows El Emam, Mosquera and Bass (2020, doi:10.2196/23139): a correct match
    among the persons with the same keys, and enough sensitive values learnt from it.

    Intervals are those of Wilson. Where a figure is a mean of values between 0 and 1, one for each person,
    its interval is that of a rate of as many persons, which is the wider one: no variable in that range has
    a greater variance at the same mean (Bhatia and Davis 2000, doi:10.1080/00029890.2000.12005203).
    """
    figures = [_figure("identity_unique", levels, partial(_unique, min_cell), _UNIQUE)]
    for j, name in enumerate(sensitive):
        figures += [
            _figure(f"attribute_cap:{name}", levels, partial(_attribution, min_cell, j), _CAP),
            _figure(f"attribute_disclosive:{name}", levels, partial(_disclosive, min_cell, j), _DISCLOSIVE),
            _inferential(name, j, levels, min_cell),
        ]
    figures.append(_meaningful(levels, len(sensitive), min_cell))
    return figures


_NOTHING_LEFT = 1e-3
"""Where the control guesses rightly but for so small a share, there is no success beyond it to speak of."""

_Rate = Callable[[KeyAttack, KeyCounts], ShownRate]

_UNIQUE = "share of persons whose keys are unique among the real rows and unique in the synthetic table"
_CAP = "probability that a synthetic row with the person's keys has the person's value"
_DISCLOSIVE = "share of persons whose value all synthetic rows with their keys agree on, rightly"


def _figure(name: str, levels: Sequence[KeyEvidence], rate: _Rate, words: str) -> Metric:
    """Return the level at which used persons stand out most from the others."""
    rows = [
        (e.level, rate(e.attack, e.train), None if e.holdout is None else rate(e.attack, e.holdout))
        for e in levels
    ]
    asked = [row for row in rows if row[1].people] or rows
    level, found, others = max(asked, key=lambda row: _beyond(row[1], row[2]))
    shown = [(name, _value(own), None if other is None else _value(other)) for name, own, other in rows]
    detail: Json = {"level": level, "levels": [_level(*row) for row in shown]}
    return rate_figure(name, found, others, f"{words} ({level})", detail)


def _beyond(found: ShownRate, others: ShownRate | None) -> float:
    """Return by how much used persons stand out: 0 where both are given as the same."""
    return round(found.value - (0.0 if others is None else others.value), 9)


def _value(rate: ShownRate) -> float | None:
    """Return a rate of somebody; None where too few are asked about."""
    return round(rate.value, 6) if rate.people else None


def _level(level: str, value: float | None, floor: float | None) -> dict[str, Json]:
    return {"level": level, "value": value, "floor": floor}


def _unique(min_cell: int, attack: KeyAttack, counts: KeyCounts) -> ShownRate:
    unique = int(((counts.matched == 1) & (attack.sizes == 1)).sum())
    return ShownRate.of(unique, counts.people, min_cell).stepped(min_cell)


def _attribution(min_cell: int, j: int, attack: KeyAttack, counts: KeyCounts) -> ShownRate:
    """Return a rate of nobody where fewer than ``min_cell`` persons match."""
    matched = int(counts.matched.sum())
    if matched < max(min_cell, 1):
        return ShownRate(0.0, 0)
    share = float((counts.shared[j] / attack.sizes).sum()) / matched
    return ShownRate(share, matched).stepped(min_cell)


def _disclosive(min_cell: int, j: int, attack: KeyAttack, counts: KeyCounts) -> ShownRate:
    right = int(counts.right[j][attack.unanimous[j]].sum())
    return ShownRate.of(right, counts.people, min_cell).stepped(min_cell)


def _inferential(name: str, j: int, levels: Sequence[KeyEvidence], min_cell: int) -> Metric:
    words = "success of guessing beyond that against persons who were not used, as a share of what is left"
    rows = [_guessing(e, j, min_cell) for e in levels]
    known = [row for row in rows if row[1] is not None]
    if not known:
        said = "not shown: nobody was held out, too few match or are guessed, or nothing is left to guess"
        return Metric(f"inferential:{name}", None, words=said)
    level, value, interval = max(known, key=lambda row: row[1] or 0.0)
    guesses: list[Json] = [_level(row[0], round(row[1] or 0.0, 6), None) for row in known]
    detail: Json = {"level": level, "levels": guesses}
    return Metric(
        f"inferential:{name}", value, interval, 0.0, Goal.MINIMIZE, None, f"{words} ({level})", detail
    )


def _guessing(
    evidence: KeyEvidence, j: int, min_cell: int
) -> tuple[str, float | None, tuple[float, float] | None]:
    train, holdout = evidence.train, evidence.holdout
    if holdout is None or min(train.matched.sum(), holdout.matched.sum()) < max(min_cell, 1):
        return evidence.level, None, None
    pairs = [(int(kind.right[j].sum()), int(kind.matched.sum())) for kind in (train, holdout)]
    parts = [part for right, matched in pairs for part in (right, matched - right)]
    if any(people_rule.few(part, min_cell) for part in parts):
        return evidence.level, None, None
    (attack, attack_error), (control, control_error) = (_rate(*pair) for pair in pairs)
    left = 1 - control
    step = step_of(min(matched for _, matched in pairs) * left, min_cell)
    if left < _NOTHING_LEFT or step > MOST_STEP:
        return evidence.level, None, None
    risk = (attack - control) / left
    error = Z * float(np.hypot(attack_error, control_error * (1 - attack) / left)) / left
    low, high = outwards((risk - error, risk + error), step)
    return evidence.level, in_steps(risk, step), (low, min(high, 1.0))


def _rate(successes: int, trials: int) -> tuple[float, float]:
    """Return the rate, and its standard error by Agresti and Coull (doi:10.1080/00031305.1998.10480550)."""
    n = trials + 4
    centre = (successes + 2) / n
    return successes / trials, float(np.sqrt(centre * (1 - centre) / n))


def _meaningful(levels: Sequence[KeyEvidence], n_sensitive: int, min_cell: int) -> Metric:
    if n_sensitive < MEANINGFUL_VALUES:
        words = f"not computed: it needs at least {MEANINGFUL_VALUES} sensitive columns"
        return Metric("meaningful_identity", None, threshold=MEANINGFUL_THRESHOLD, words=words)
    rates = [
        (e.level, _meant(e.train, min_cell), None if e.holdout is None else _meant(e.holdout, min_cell))
        for e in levels
    ]
    level, found, control = max(rates, key=lambda row: row[1].value)
    detail: Json = {
        "level": level,
        "values_learnt": list(range(1, n_sensitive + 1)),
        "curves": [
            {
                "level": e.level,
                "train": _curve(e.train, min_cell),
                "holdout": None if e.holdout is None else _curve(e.holdout, min_cell),
            }
            for e in levels
        ],
    }
    words = (
        f"expected share of persons matched rightly by their keys, of whom at least {MEANINGFUL_VALUES}"
        f" sensitive values are learnt that are less common than one in two ({level})"
    )
    figure = rate_figure("meaningful_identity", found, control, words, detail)
    return replace(figure, goal=Goal.MINIMIZE, threshold=MEANINGFUL_THRESHOLD)


def _meant(counts: KeyCounts, min_cell: int) -> ShownRate:
    return _risk(counts, MEANINGFUL_VALUES - 1, min_cell)


def _risk(counts: KeyCounts, place: int, min_cell: int) -> ShownRate:
    """Return the risk of a number of values learnt: a match is right with one in the size of its class."""
    learnt = counts.learnt[place]
    persons = int(learnt.sum())
    if not apart(persons, 0, min_cell):
        return ShownRate.of(persons, counts.people, min_cell).stepped(min_cell)
    risk = float((learnt / np.maximum(counts.matched, 1)).sum()) / max(counts.people, 1)
    return ShownRate(risk, counts.people).stepped(min_cell)


def _curve(counts: KeyCounts, min_cell: int) -> list[Json]:
    """Return the risk by the number of values learnt, None where it would tell of few persons.

    Who learns more values learns fewer as well, so a step of the curve is a number of persons. What is judged
    is kept, and of the rest the fewer values.
    """
    shown: dict[int, Json] = {}
    told: list[int] = []
    for place in sorted(range(len(counts.learnt)), key=lambda place: place != MEANINGFUL_VALUES - 1):
        rate, persons = _risk(counts, place, min_cell), int(counts.learnt[place].sum())
        fits = rate.at_most or all(apart(persons, other, min_cell) for other in told)
        shown[place] = round(rate.value, 6) if fits else None
        told += [persons] if fits and not rate.at_most else []
    return [shown[place] for place in range(len(counts.learnt))]
