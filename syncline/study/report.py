"""The content of a report: what was made, how it agrees with the real table, and what it does not say."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.compute.frames import Json
from syncline.study import report_page
from syncline.study.spec import StudySpec
from syncline.synthesizers.phases.phase import Fitted
from syncline.validation.agreement import Agreement, Distance

__all__ = ["report_document", "report_page"]

_WORST = 10
NO_GATE = "no disclosure gate was run: this version does not have one yet"


def report_document(
    spec: StudySpec, fitted: Fitted, rows: int, compared: Agreement | None, provenance: Mapping[str, Json]
) -> dict[str, Json]:
    """Return the report as JSON; a figure is a mean or a share, never a count of few persons."""
    return {
        "synthetic": True,
        "study": {
            "name": spec.study,
            "purpose": spec.purpose,
            "rows": rows,
            "method": str(spec.synthesizer.method),
        },
        "gate": {"passed": False, "failures": [NO_GATE]},
        "metrics": _metrics(compared),
        "agreement": _agreement(compared),
        "columns": _columns(spec, fitted),
        "privacy": _privacy(spec),
        "provenance": dict(provenance),
    }


def _metrics(compared: Agreement | None) -> dict[str, Json]:
    if compared is None:
        return {}
    found: dict[str, Json] = {}
    for name, distances in (("tv_1way", compared.single), ("tv_2way", compared.pairs)):
        mean, floor = Agreement.mean(distances)
        found[name] = {
            "value": round(mean, 6),
            "interval": None,
            "floor": None if floor is None else round(floor, 6),
            "goal": "minimize",
            "threshold": None,
        }
    return found


def _agreement(compared: Agreement | None) -> dict[str, Json]:
    if compared is None:
        return {}
    worst = sorted(compared.pairs, key=lambda d: (-d.synthetic, d.columns))[:_WORST]
    return {
        "single": [_distance(d) for d in compared.single],
        "worst_pairs": [_distance(d) for d in worst],
        "pairs_compared": len(compared.pairs),
    }


def _distance(distance: Distance) -> dict[str, Json]:
    floor = None if distance.floor is None else round(distance.floor, 6)
    return {"columns": list(distance.columns), "tv": round(distance.synthetic, 6), "floor": floor}


def _columns(spec: StudySpec, fitted: Fitted) -> dict[str, Json]:
    model = fitted.model
    modelled = {column.codes.name for column in model.columns}
    determined = {draw.column: draw.determinant for draw in model.draws if draw.determinant is not None}
    return {
        "visit_order": list(model.order),
        "recomputed": [
            {"column": d.formula.of, "formula": str(d.formula.formula), "from": list(d.formula.inputs)}
            for d in model.derived
        ],
        "determined": [{"column": b, "by": a} for b, a in sorted(determined.items())],
        "merged_categories": {
            column.codes.name: len(column.values.merged) for column in model.columns if column.values.merged
        },
        "left_out": [
            variable.name
            for variable in spec.schema.variables
            if variable.name not in modelled and variable is not spec.schema.person
        ],
        "surrogate_numbers": [] if spec.schema.person is None else [spec.schema.person.name],
    }


def _privacy(spec: StudySpec) -> dict[str, Json]:
    given = spec.synthesizer.seed is not None
    unit = "persons" if spec.schema.person is not None else "rows"
    return {
        "min_cell": spec.privacy.min_cell,
        "min_suppliers": spec.quorum.min_suppliers,
        "secure_aggregation": False,
        "differential_privacy": "none",
        "words": [
            "The hub saw exact counts. The model and this report show no cell of fewer than"
            f" {spec.privacy.min_cell} {unit}.",
            "The seed stands in the specification, so counts of the model can be read off the rows."
            if given
            else "The seed is secret; the manifest holds a commitment to it.",
            "Secure aggregation and differential privacy were not used.",
        ],
    }
