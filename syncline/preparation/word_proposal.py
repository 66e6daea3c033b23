"""Which category of the schema a word means: one equal but for case, accents and marks, or a synonym."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.data.truth_words import FALSE_WORDS, TRUE_WORDS
from syncline.preparation.column_trial import ColumnTrial
from syncline.preparation.name_match import bare_name
from syncline.preparation.proposal import StepProposal
from syncline.preparation.steps.recoding import Recode
from syncline.preparation.steps.step import Step
from syncline.preparation.steps.text_forms import without_accents
from syncline.preparation.yaml_flow import flow

PAIRS = (
    (
        frozenset({*map(without_accents, TRUE_WORDS), "positive", "pos"}),
        frozenset({*map(without_accents, FALSE_WORDS), "negative", "neg", "fal"}),
    ),
    (
        frozenset({"m", "male", "man", "mann", "h", "homme", "hombre", "masculine"}),
        frozenset({"f", "female", "fem", "woman", "w", "frau", "femme", "mujer", "feminine"}),
    ),
)
"""Pairs of words that say the same, in small letters without accents: ``f`` is false beside ``t`` alone."""

MOST_LISTED = 20
"""Labels that a person is asked about at most."""


def word_proposal(trial: ColumnTrial, before: Sequence[Step]) -> StepProposal:
    """Propose a recoding of the labels that are none of the schema's categories but say the same as one."""
    behind = trial.behind(before)
    labels = list(dict.fromkeys(behind[text] for text in trial.unread(before) if text in behind))
    categories = trial.variable.categories or ("false", "true")
    found = {label: category for label in labels if (category := _category(label, categories)) is not None}
    open_labels = [label for label in labels if label not in found]
    remarks = []
    if open_labels and len(open_labels) <= MOST_LISTED:
        template = {
            "step": "recode",
            "columns": [trial.variable.name],
            "codes": dict.fromkeys(open_labels, ""),
        }
        remarks = ["what the other labels mean has to be said:", f"- {flow(template)}"]
    if not found:
        return StepProposal(remarks=tuple(remarks))
    step = Recode(step="recode", columns=(trial.variable.name,), codes=found)
    return StepProposal((step,), tuple(remarks))


def _category(label: str, categories: Sequence[str]) -> str | None:
    """Return the only category that says the same as ``label``."""
    word = bare_name(label)
    alike = [category for category in categories if bare_name(category) == word]
    if not alike:
        alike = [found for pair in PAIRS if (found := _in_pair(word, categories, pair)) is not None]
    return alike[0] if len(alike) == 1 else None


def _in_pair(word: str, categories: Sequence[str], pair: tuple[frozenset[str], frozenset[str]]) -> str | None:
    """Return the category on the side of ``word``, where each side of a pair has one category of its own."""
    sides = [[category for category in categories if bare_name(category) in side] for side in pair]
    if [len(side) for side in sides] != [1, 1]:
        return None
    return next((own[0] for own, side in zip(sides, pair, strict=True) if word in side), None)
