"""The content of a study's report: what was made, how near the real table it is, and what it gives away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from syncline.compute.frames import Json
from syncline.study import report_page
from syncline.study.flow import DataFlow
from syncline.study.manifest import RosterEntry
from syncline.study.protections import protections
from syncline.study.spec import StudySpec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import hazards_to_json

__all__ = ["report_document", "report_page"]


def report_document(
    spec: StudySpec,
    result: Fitted,
    rows: int,
    assessment: Mapping[str, Json] | None,
    roster: Sequence[RosterEntry],
    provenance: Mapping[str, Json],
) -> dict[str, Json]:
    """Return the report as JSON.

    Parameters
    ----------
    rows
        Rows of the released table.
    assessment
        What the comparison with the suppliers' rows found: the document of ``syncline.validate`` with
        ``people``, ``by_supplier``, ``subgroups``, ``candidate_sha256`` and ``words``; None where nothing was
        compared. Its figures obey the small-count rule already: nothing is hidden here.
    provenance
        Where the release comes from. Its ``approvals``, where it has them, get a section of their own.
    """
    found = dict(assessment or _unassessed())
    found["how_measured"] = found.pop("words", [])
    found["gate"] = {**cast("dict[str, Json]", found["gate"]), "required": spec.release.gate is not None}
    origin = dict(provenance)
    return {
        **found,
        "synthetic": True,
        "study": {
            "name": spec.study,
            "purpose": spec.purpose,
            "intended_use": spec.release.intended_use,
            "rows": rows,
            "method": spec.synthesizer.method,
            "learnt": spec.synthesizer.card.in_words(spec.synthesizer.of_technique),
        },
        "formulas": _formulas(spec, result),
        "columns": _columns(spec, result),
        "hazards": hazards_to_json(result.hazards),
        "suppliers": [_supplier(entry) for entry in roster],
        "flows": _flow_words(roster),
        "privacy": _privacy(spec, roster),
        "approvals_needed": spec.release.approvals,
        "approvals": origin.pop("approvals", []),
        "provenance": origin,
    }


def _supplier(entry: RosterEntry) -> dict[str, Json]:
    return {
        "name": entry.name,
        "flow_asked": str(entry.flow_asked),
        "flow": str(entry.flow),
        "preparation_sha256": entry.preparation_sha256,
    }


NOT_COMPARED = "the specification says validation: none, so nothing was compared with real rows"


def _unassessed() -> dict[str, Json]:
    """Return what stands in the place of a comparison that was not made."""
    return {
        "gate": {"passed": False, "failures": [NOT_COMPARED], "unjudged": [NOT_COMPARED], "rungs": []},
        "metrics": {},
    }


def _columns(spec: StudySpec, fitted: Fitted) -> dict[str, Json]:
    """Return how columns are drawn, which are left out, and which hold fresh numbers."""
    model, schema = fitted.model.describe(), spec.schema
    unused = [v.name for v in schema.variables if not v.is_modelled and v is not schema.person]
    return {
        "visit_order": list(model.visit_order),
        "recomputed": [
            {"column": formula.of, "formula": str(formula.formula), "from": list(formula.inputs)}
            for formula in model.recomputed
        ],
        "determined": [{"column": b, "by": a} for b, a in sorted(model.determined.items())],
        "narrowed": [note.words for note in model.notes],
        "merged_categories": {name: len(merged) for name, merged in model.merged.items()},
        "sibling_groups": {
            name: {"categories": sum(map(len, groups)), "groups": len(groups)}
            for name, groups in model.siblings.items()
        },
        "other_shares": {name: round(share, 3) for name, share in model.other_shares.items()},
        "left_out": list(unused),
        "excluded": list(fitted.excluded),
        "surrogate_numbers": [] if schema.person is None else [schema.person.name],
    }


def _formulas(spec: StudySpec, result: Fitted) -> list[Json]:
    """Return every formula that was declared or found, all of them kept, and whether by recomputing."""
    declared = spec.schema.without(result.excluded).constraints
    model = result.model.describe()
    return [
        {
            "column": formula.of,
            "formula": str(formula.formula),
            "from": list(formula.inputs),
            **({} if formula.factor is None else {"factor": formula.factor, "offset": formula.offset}),
            "declared": formula in declared,
            "recomputed": formula in model.recomputed,
        }
        for formula in dict.fromkeys((*declared, *model.recomputed, *model.bounds))
    ]


_LEAVES = {
    DataFlow.SUMMARIES: "answered with counts; its rows stayed with it.",
    DataFlow.PREPARED: "sent its prepared rows to the hub, which keeps them encrypted and deletes them at the"
    " study's end.",
    DataFlow.RAW: "sent its rows as they are to the hub, which keeps them encrypted and deletes them at the"
    " study's end.",
    DataFlow.SYNTHESIZED: "synthesized its own rows with a seed of its own, and sent the synthetic ones.",
}

_POOLED = (
    "Every supplier synthesized alone and the hub pooled the tables, weighted to the suppliers' sizes."
    " What only all rows together show is lost: categories and cells that are too rare at one supplier, and"
    " relations that differ or are faint at each. Every supplier compared the pooled table with its own rows."
)
_MIXED = (
    "The model learnt from the rows of suppliers that synthesized themselves as if they were real. These"
    " suppliers compared the table with their real rows at home, so the figures are about real rows alone."
)


def _flow_words(roster: Sequence[RosterEntry]) -> list[Json]:
    words: list[Json] = [_supplier_words(entry) for entry in roster]
    synthesized = [entry.flow is DataFlow.SYNTHESIZED for entry in roster]
    if all(synthesized):
        words.append(_POOLED)
    elif any(synthesized):
        words.append(_MIXED)
    return words


def _supplier_words(entry: RosterEntry) -> str:
    words = f"{entry.name} {_LEAVES[entry.flow]}"
    if entry.flow is not entry.flow_asked:
        words += (
            f" It was asked for the flow {entry.flow_asked}, and its policy narrowed that to {entry.flow}."
        )
    if entry.preparation_sha256 is not None:
        words += f" Its preparation has the SHA-256 {entry.preparation_sha256}."
    return words


def _privacy(spec: StudySpec, roster: Sequence[RosterEntry]) -> dict[str, Json]:
    given = spec.synthesizer.seed is not None
    words = [
        _seen(roster),
        "The seed stands in the specification, so counts of the model can be read off the rows: whoever has"
        " the specification and the table knows them."
        if given
        else "The seed is secret; the manifest holds a commitment to it.",
    ]
    if spec.schema.person is None:
        words.append(
            "No column tells persons apart, so every row counts as a person: somebody with several rows"
            " counts several times, in the small-count rule and in the gate."
        )
    return {
        "min_cell": spec.privacy.min_cell,
        "min_suppliers": spec.quorum.min_suppliers,
        "secure_aggregation": spec.privacy.secure_aggregation,
        "differential_privacy": spec.privacy.differential_privacy,
        "protections": protections(spec, len(roster)),
        "words": list(words),
    }


def _seen(roster: Sequence[RosterEntry]) -> str:
    flows = {entry.flow for entry in roster}
    if flows & {DataFlow.PREPARED, DataFlow.RAW}:
        return "The hub held real rows of suppliers that sent them, and saw exact counts of the others."
    return "The hub saw synthetic rows." if flows == {DataFlow.SYNTHESIZED} else "The hub saw exact counts."
