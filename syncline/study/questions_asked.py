"""Which kinds of questions a study asks, and what of it cannot be learnt from sums over all suppliers."""

from __future__ import annotations

from syncline.errors import UsageError
from syncline.protocols.phase_table import needs_of_each, row_of
from syncline.study.spec import StudySpec
from syncline.synthesizers.wide import is_wide

_OF_EVERY_FIT = (
    "row_count",
    "profile",
    "rank_counts",
    "marginals",
)
_OF_RELATIONS = ("moments", "formula_check")


def questions_of(spec: StudySpec) -> tuple[str, ...]:
    """Return the kinds of questions that a study asks: declared constraints are counted by every method."""
    card = spec.synthesizer.card
    relations = _OF_RELATIONS if card.relates else ()
    wide = ("pair_counts",) if card.relates and is_wide(len(spec.schema.modelled)) else ()
    kinds = tuple(dict.fromkeys((*_OF_EVERY_FIT, *wide, *relations, *card.questions)))
    counts = spec.schema.constraints and "formula_check" not in kinds
    return (*kinds, "formula_check") if counts else kinds


def needed_of_each(spec: StudySpec) -> list[tuple[str, str]]:
    """Return the kinds of questions to which the hub needs each supplier's own answer, and what for."""
    needed = needs_of_each(compares=spec.validation is not None)
    asked = set(questions_of(spec)) | {ask.kind for ask in row_of("compare").asks}
    return [(kind, why) for kind, why in needed if kind in asked]


def require_sums_suffice(needed: list[tuple[str, str]]) -> None:
    """Raise UsageError where the hub is to see sums alone, but something is ``needed`` of each supplier."""
    if needed:
        parts = "; ".join(f"{kind}: {why}" for kind, why in needed)
        raise UsageError(
            "under secure aggregation the hub would see sums over all suppliers alone, but this study needs"
            f" each supplier's own answers ({parts}); leave out secure aggregation, or what needs them"
        )
