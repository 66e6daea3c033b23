"""What a study's specification means for its fit: settings, fold and seed, the same at hub and suppliers."""

from __future__ import annotations

from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.questions.workspace import Workspace
from syncline.sources.source import Source
from syncline.study.spec import StudySpec
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
        compare=validation is not None,
        holdout=spec.holdout > 0,
    )


def fold_of(spec: StudySpec) -> Fold:
    """Return which persons or rows the study holds out."""
    return Fold(spec.salt, spec.holdout)


def workspace_of(spec: StudySpec, source: Source) -> Workspace:
    """Return a supplier's source as the study's questions see it."""
    return Workspace(prepare(source, spec.schema, fold_of(spec)))
