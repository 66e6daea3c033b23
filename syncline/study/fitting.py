"""What a study's specification means for its fit: settings, fold and seed, the same at hub and suppliers."""

from __future__ import annotations

from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import PreparedSource, match_columns, prepare
from syncline.questions.workspace import Workspace
from syncline.sources.source import Source
from syncline.study.spec import StudySpec
from syncline.synthesizers.hazards.rules import Lacking
from syncline.synthesizers.settings import FitSettings


def settings_of(spec: StudySpec) -> FitSettings:
    """Return the settings of the study's fit."""
    synthesizer, validation = spec.synthesizer, spec.validation
    return FitSettings(
        schema=spec.schema,
        method=str(synthesizer.method),
        min_cell=spec.privacy.min_cell,
        min_leaf=synthesizer.min_leaf,
        max_depth=synthesizer.max_depth,
        visit_sequence=synthesizer.visit_sequence or (),
        target=None if validation is None else validation.target,
        absent=spec.hazards.absent,
        sparse=spec.hazards.sparse,
        severe=spec.hazards.severe,
        holds_out=spec.holdout > 0,
    )


def fold_of(spec: StudySpec) -> Fold:
    """Return which persons or rows the study holds out."""
    return Fold(spec.salt, spec.holdout)


def workspace_of(spec: StudySpec, source: Source) -> Workspace:
    """Return a supplier's source as the study's questions see it."""
    return Workspace(prepared_rows(spec, source))


def prepared_rows(spec: StudySpec, source: Source) -> PreparedSource:
    """Return the rows of ``source`` as the study reads them."""
    return prepare(source, spec.schema, fold_of(spec), absent_as_missing=_is_lenient(spec))


def read_columns(spec: StudySpec, source: Source) -> dict[str, str]:
    """Return the source's column for each variable that the study reads from it."""
    return match_columns(source, spec.schema, absent_as_missing=_is_lenient(spec))


def _is_lenient(spec: StudySpec) -> bool:
    return spec.hazards.absent is not Lacking.STOP
