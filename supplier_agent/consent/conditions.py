"""What a study sets beside its data: its release's gate and signatures, what is compared, how it is learnt.

Each part is told in words for people and as JSON for programs, from the same specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from syncline.compute.frames import Json
from syncline.study.few_people import FEW_PEOPLE
from syncline.study.holdout import possible_holdouts, salt_words
from syncline.study.sections import AUTO, NO_GATE, Release, Thresholds, ValidationSection
from syncline.study.spec import StudySpec
from syncline.study.synthesizer_section import SynthesizerSpec

MODEL_STEPS = 8
"""Steps of a declared regression at most; the questions' own number is not read here, for it needs NumPy."""

MODELS_LEAVE = (
    f"in up to {MODEL_STEPS} steps, of training and of held-out rows, exact sums of products of a"
    " model's columns, two by two, and of each with what it predicts: all columns of a model together, over"
    " however few rows there are; once more at the end, and then by the categories of each key column too"
)
"""What leaves a supplier for a declared regression, for people."""

_HELD_OUT = "the model learns nothing of them, and the release is compared with them"
_STOPS = "it stops a table by which people who were used are recognised more often than chance explains"


def condition_lines(spec: StudySpec, people: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield a label and words for each condition of a study; ``people`` of this supplier, where known."""
    yield "Holds out", _held_out(spec, people)
    yield "Salt", _salt(spec)
    yield "Learns", _learning(spec.synthesizer)
    yield "Releases", _released(spec)
    yield "Intended use", spec.release.intended_use or "not stated"
    yield "Gate", _gate(spec.release.gate)
    yield "Signed by", _signatures(spec.release)
    if spec.validation is not None:
        yield "Compared", _compared(spec.validation)
        if spec.validation.models:
            yield "Models", f"{', '.join(spec.validation.models)}: {MODELS_LEAVE}"
    yield "Hazards", _hazards(spec)


def _salt(spec: StudySpec) -> str:
    """Say where the salt comes from, and what follows for persons where the hub reads it beforehand."""
    words = salt_words(spec)
    if spec.salt is None:
        return f"{words}, so that nobody chooses who is held out"
    if spec.schema.person is None:
        return words
    return (
        f"{words}. Persons are numbered by it too, and the hub reads it: it can look up every id that it"
        " knows or guesses, in counts, and in prepared rows whose each row is"
    )


def conditions_to_json(spec: StudySpec) -> dict[str, Json]:
    """Return the conditions for programs; the seed itself, which stands in the study, is not repeated."""
    learnt, release, compared = spec.synthesizer, spec.release, spec.validation
    gate: dict[str, Json] | None = None
    if release.gate is not None:
        looser: list[Json] = list(release.gate.looser)
        gate = {"alpha": release.gate.alpha, "tolerated": release.gate.tolerated, "looser": looser}
    return {
        "intended_use": release.intended_use,
        "gate": NO_GATE if gate is None else gate,
        "approvals": release.approvals,
        "approvers": list(release.approvers),
        "formats": [form.value for form in release.formats],
        "synthesizer": {
            "method": learnt.method,
            "visit_sequence": None if learnt.visit_sequence is None else list(learnt.visit_sequence),
            **learnt.of_technique,
            "draws": learnt.draws.value,
            "rows": learnt.rows,
            "seed_in_study": learnt.seed is not None,
        },
        "min_cell": spec.privacy.min_cell,
        "validation": None if compared is None else _compared_to_json(compared),
        "hazards": spec.hazards.model_dump(mode="json"),
    }


def _compared_to_json(compared: ValidationSection) -> dict[str, Json]:
    return {
        "holdout": AUTO if compared.holdout is None else compared.holdout,
        "salt_in_study": compared.salt is not None,
        "target": compared.target,
        "keys": list(compared.keys),
        "sensitive": list(compared.sensitive),
        "models": list(compared.models),
    }


def _held_out(spec: StudySpec, people: int | None) -> str:
    """Say the share that no model sees, unrounded, and what it is of this supplier's persons."""
    unit, shares = "rows" if spec.schema.person is None else "persons", possible_holdouts(spec)
    if shares == (0.0,):
        return f"nobody: the model is built from all {unit}"
    plain = [f"{Decimal(str(share)):f}" for share in shares]
    if people is not None:
        heads = [f"about {round(share * people)} of {people} here" for share in shares]
        plain = [f"{share} of {unit}: {here}" for share, here in zip(plain, heads, strict=True)]
    else:
        plain = [f"{share} of {unit}" for share in plain]
    if spec.holdout is not None:
        return f"{plain[0]}; {_HELD_OUT}"
    return f"{plain[0]}, if all suppliers together have fewer than {FEW_PEOPLE}; else {plain[1]}; {_HELD_OUT}"


def _learning(learnt: SynthesizerSpec) -> str:
    words = learnt.card.in_words(learnt.of_technique)
    if not learnt.card.relates:
        return words
    order = "auto" if learnt.visit_sequence is None else f"{', '.join(learnt.visit_sequence)} first"
    return f"{words}; visit sequence {order}"


def _released(spec: StudySpec) -> str:
    rows = (
        "as many rows as were counted" if spec.synthesizer.rows is None else f"{spec.synthesizer.rows} rows"
    )
    return f"{rows}, {' and '.join(spec.release.formats)}"


def _gate(gate: Thresholds | None) -> str:
    if gate is None:
        return "NONE: no disclosure gate is run before the release"
    settings = f"alpha {gate.alpha:g}, tolerated {gate.tolerated:g}"
    if gate.looser:
        return f"LOOSER THAN THE DEFAULT: {'; '.join(gate.looser)} ({settings})"
    kind = "default" if gate == Thresholds() else "at least as strict as the default"
    return f"{kind}: {settings}; {_STOPS}"


def _signatures(release: Release) -> str:
    if release.approvals == 0:
        tail = "" if release.gate is None else "; one who overrides, where the gate fails"
        return f"NOBODY (approvals 0){tail}"
    if release.approvers:
        return f"{release.approvals} of {', '.join(release.approvers)}"
    people = "1 approver" if release.approvals == 1 else f"{release.approvals} approvers"
    return f"{people} of the hub, its operator among them; the study names none"


def _compared(compared: ValidationSection) -> str:
    keys, sensitive = ", ".join(compared.keys), ", ".join(compared.sensitive)
    return (
        f"target: {compared.target or 'none'}; keys that an attacker may know: {keys or 'none'};"
        f" sensitive: {sensitive or 'none'}; models: {len(compared.models) or 'none'}"
    )


def _hazards(spec: StudySpec) -> str:
    on = spec.hazards
    return f"a column absent here: {on.absent}; nearly empty: {on.sparse}; codings that disagree: {on.severe}"
