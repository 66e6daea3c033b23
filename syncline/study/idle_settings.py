"""Settings of a study that have no effect beside its others: each is named, none is ignored in silence.

A setting that stands at its default is left alone: the canonical form writes every default out, so nobody can
tell whether it was meant. None is refused, for studies were signed and released with them.
"""

from __future__ import annotations

from collections.abc import Iterator

from syncline.study.sections import OnLoss, Quorum
from syncline.study.spec import StudySpec
from syncline.synthesizers.registry import settings


def idle_settings(spec: StudySpec) -> tuple[str, ...]:
    """Return a sentence on each setting of ``spec`` that has no effect, with its key and the remedy."""
    return (*_of_technique(spec), *_of_quorum(spec), *_of_comparison(spec))


def _of_technique(spec: StudySpec) -> Iterator[str]:
    section, card = spec.synthesizer, spec.synthesizer.card
    own = {setting.name for setting in card.settings}
    for setting in settings():
        given = getattr(section, setting.name, setting.default)
        if setting.name not in own and given != setting.default:
            yield (
                f"synthesizer.{setting.name}: {given} has no effect, for method {card.name} has no such"
                " setting; leave it out"
            )
    if section.visit_sequence and not card.relates:
        yield (
            f"synthesizer.visit_sequence: it has no effect, for method {card.name} ({card.summary}) knows no"
            " order of columns; leave it out"
        )


def _of_quorum(spec: StudySpec) -> Iterator[str]:
    wanted, there = spec.quorum.min_suppliers, len(spec.suppliers)
    usual = min(Quorum().min_suppliers, there)
    if spec.quorum.then is not OnLoss.PROCEED and wanted not in (usual, there):
        yield (
            f"quorum.min_suppliers: {wanted} has no effect, for under then: {spec.quorum.then} all {there}"
            " suppliers are needed; say then: proceed, or leave it out"
        )


def _of_comparison(spec: StudySpec) -> Iterator[str]:
    compared = spec.validation
    if compared is not None and compared.sensitive and not compared.keys:
        yield (
            "validation.sensitive: it has no effect without validation.keys, by which an attacker finds a"
            " person; name keys, or leave it out"
        )
