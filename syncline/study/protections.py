"""The four protections of a study in plain words: what each does, how it is set, and what it costs."""

from __future__ import annotations

from syncline.compute.frames import Json
from syncline.study.spec import StudySpec


def protections(spec: StudySpec, n_suppliers: int) -> list[Json]:
    """Return name, setting, effect and cost of each protection, whether or not it was used."""
    return [
        _small_counts(spec),
        _fewest_suppliers(spec, n_suppliers),
        {
            "name": "Secure aggregation",
            "setting": "not used",
            "does": "The suppliers' counts are added under masks, so that the hub sees sums only. Without it"
            " the hub saw each supplier's counts exactly, ones included, and has to be trusted with them.",
            "costs": "none here. Where it is used, the figures stay exact and rounds take longer.",
        },
        {
            "name": "Differential privacy",
            "setting": "not used",
            "does": "Noise bounds what anybody can ever learn about one person, whatever else they know."
            " Without it no such bound holds: that nothing leaks is shown by tests, not proven.",
            "costs": "none here. Where it is used, figures get less exact, most of all in small groups.",
        },
    ]


def _small_counts(spec: StudySpec) -> Json:
    least = spec.privacy.min_cell
    unit = "persons" if spec.schema.person is not None else "rows"
    off = least == 1
    return {
        "name": "Small-count rule",
        "setting": "switched off" if off else f"{least} {unit}",
        "does": "The model may show what a single person alone has."
        if off
        else f"No cell of the model, and no bar of this report, is of fewer than {least} {unit} of all"
        " suppliers together. It hides nothing from the hub.",
        "costs": "none here."
        if off
        else "rare categories are merged or left out, and what is special about small groups is lost.",
    }


def _fewest_suppliers(spec: StudySpec, n_suppliers: int) -> Json:
    fewest, named = spec.fewest_suppliers, len(spec.suppliers)
    alone = fewest == 1
    return {
        "name": "Minimum number of suppliers",
        "setting": f"{fewest} of {named}; {n_suppliers} took part",
        "does": "One supplier was enough: the model may be that supplier's own."
        if alone
        else "A study with fewer does not run, so that the model is never one supplier's own. It counts"
        " names, and cannot tell a real supplier from one that the hub's operator made up.",
        "costs": "none here."
        if alone
        else "a supplier that is lost can stop the study, or is left out before anything is learnt.",
    }
