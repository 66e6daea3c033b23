"""A study in plain words: who asks, for what, and which kinds of numbers would leave this supplier."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from supplier_agent.consent.conditions import condition_lines
from supplier_agent.consent.study_record import StudyRecord
from syncline.identity.fingerprint_words import fingerprint_words
from syncline.questions.table import QUESTIONS
from syncline.study.flow import STEPS, DataFlow
from syncline.study.manifest import key_fingerprint
from syncline.study.questions_asked import needed_of_each, questions_of
from syncline.study.sections import shown_period
from syncline.study.spec import StudySpec

_LABEL = 14
_WIDTH = 100

_KEPT = (
    "The hub keeps it encrypted until the study ends, 30 days at most unless its operator, who can read it"
    " meanwhile, chose otherwise, and signs its deletion"
)
_LEAVES: Mapping[DataFlow, str] = {
    DataFlow.SUMMARIES: "additive summaries, never a row (flow summaries); counts are exact, ones included,"
    " and from such the hub can tell what single persons have",
    DataFlow.PREPARED: f"EVERY ROW, prepared, goes to the hub, once (flow prepared). {_KEPT}",
    DataFlow.RAW: f"EVERY ROW as it is goes to the hub, once (flow raw). {_KEPT}",
    DataFlow.SYNTHESIZED: "synthetic rows, as many as there are real ones, made here from all of these, held"
    " out or not, with a seed that stays here; no real row and no count of one (flow synthesized)",
}
"""What leaves a supplier under each flow, for people."""

_PERSONS: Mapping[DataFlow, str] = {
    DataFlow.SUMMARIES: "the ids stay; of each count goes which of 64 buckets its persons are in, {}",
    DataFlow.PREPARED: "the ids stay; of each row goes its person's number, {}",
    DataFlow.RAW: "THE IDS GO TO THE HUB as they are",
    DataFlow.SYNTHESIZED: "the ids stay",
}
"""What becomes of the ids of persons, and by what they are numbered."""

_BY_KEY = "by a key that the hub lacks"
_BY_SALT = "by the salt that stands in the study: THE HUB CAN LOOK UP EVERY ID THAT IT KNOWS OR GUESSES"

_SEEN: Mapping[DataFlow, str] = {
    DataFlow.SUMMARIES: "the hub itself sees this supplier's own counts exactly, ones included",
    DataFlow.PREPARED: "the hub itself has the rows",
    DataFlow.RAW: "the hub itself has the rows",
    DataFlow.SYNTHESIZED: "nor does the one by which rows are made here, of this supplier's",
}
"""Whom the rule about small counts does not bind, or binds as well."""


def portray(
    record: StudyRecord,
    spec: StudySpec,
    supplier: str,
    answered: DataFlow | None,
    preparation_sha256: str | None,
    *,
    sent: str | None = None,
    people: int | None = None,
    like: str | None = None,
) -> Iterator[str]:
    """Yield the lines that a person reads before approving.

    ``answered`` is the flow by which this supplier takes part, None where it does not; the digest is that of
    its preparation, if any; ``sent`` tells which raw columns would leave; ``people`` is how many persons the
    data set has, where that is known; ``like`` says which earlier study asks alike.
    """
    key = fingerprint_words(key_fingerprint(record.researcher_key))
    yield _line("Study", f"{spec.study} ({record.study_id})")
    yield _line("State", f"{record.state.value}{f': {record.reason}' if record.reason else ''}")
    yield from _lines("Purpose", spec.purpose or "not stated")
    yield _line("Researcher", f"{record.researcher}; key {key} (compare by telephone)")
    yield _line("Digest", record.specification_sha256)
    if like is not None:
        yield from _lines("ASKS ALIKE", like)
    yield from _lines("Suppliers", ", ".join(spec.supplier_names))
    yield from _what_leaves(spec, supplier, answered, sent)
    if preparation_sha256 is not None:
        yield from _lines("Preparation", preparation_words(preparation_sha256))
    yield from conditions_in_words(spec, people)


def conditions_in_words(spec: StudySpec, people: int | None = None) -> Iterator[str]:
    """Yield the lines of what a study sets for its release, its comparison and its learning."""
    for label, words in condition_lines(spec, people):
        yield from _lines(label, words)


def flow_words(asked: DataFlow, answered: DataFlow | None) -> str:
    """Say which flow is asked for and which is answered."""
    return f"asked: {asked}; this agent answers: {answered or 'nothing'}"


def preparation_words(sha256: str) -> str:
    """Say what others learn of this supplier's preparation."""
    return f"its SHA-256 goes with the approval and into the release's manifest: {sha256}"


def leaving_words(flow: DataFlow) -> str:
    """Say what leaves this supplier under a flow."""
    return _LEAVES[flow]


def _what_leaves(
    spec: StudySpec, supplier: str, answered: DataFlow | None, sent: str | None
) -> Iterator[str]:
    entry = next((entry for entry in spec.suppliers if entry.name == supplier), None)
    if entry is None:
        yield _line("Leaves", "nothing: the study does not name this supplier")
        return
    columns = [variable.name for variable in spec.schema.modelled]
    person = spec.schema.person
    kept = [v.name for v in spec.schema.variables if not v.is_modelled and v is not person]
    yield _line("Data set", entry.dataset or "the only one of this agent")
    flow = answered or entry.flow  # of what is not answered, what was asked for is shown
    yield _line("Flow", flow_words(entry.flow, answered))
    yield from _lines("Leaves", _LEAVES[flow])
    yield from _lines("Columns", f"{len(columns)}: {', '.join(columns)}")
    if sent is not None:
        yield from _lines("Sent", sent)
    if kept:
        yield from _lines("Not used", f"{', '.join(kept)} (identifiers or free text)")
    if not STEPS[flow].sends_rows:
        for place, kind in enumerate(questions_of(spec)):
            yield from _lines("Asks" if place == 0 else "", f"{kind}: {QUESTIONS[kind].words}")
        yield from _lines("Rounds", _rounds(spec))
        yield from _lines("Apart", "what the hub needs of each supplier, and not only summed over all:")
        for question, why in needed_of_each(spec):
            yield from _lines("", f"{question}: {why}")
    if person is not None:
        words = _PERSONS[flow].format(_BY_KEY if spec.salt is None else _BY_SALT)
        yield from _lines("Persons", f"{person.name}: {words}")
    yield from _lines("Small cells", _small_cells(spec, flow))
    yield from _lines("Validation", _validation(spec, flow))
    yield from _lines("Seed", _seed(spec))
    yield from _lines("Needs", _quorum(spec))


def _rounds(spec: StudySpec) -> str:
    card = spec.synthesizer.card
    parts = ["one to check the data", "up to 8 for bins"]
    if card.relates or spec.schema.constraints:
        parts.append("up to 9 for orders and their gaps")
    if card.relates:
        parts.append("a few for pairs and formulas")
    return ", ".join([*parts, card.rounds_in_words(spec.synthesizer.of_technique)])


def _small_cells(spec: StudySpec, flow: DataFlow) -> str:
    least = spec.privacy.min_cell
    if least == 1:
        return "min_cell 1: the model may be built on counts of single persons"
    together = f"the model uses no count below {least} persons of all suppliers together"
    return f"min_cell {least}: {together}; {_SEEN[flow]}"


def _validation(spec: StudySpec, flow: DataFlow) -> str:
    if spec.validation is None:
        return "none: the synthetic data is not compared with rows here"
    if not STEPS[flow].compares_at_home:
        return (
            "the hub compares the study's one synthetic table with the rows that it has: nothing more leaves"
        )
    sums = "; for its models sums of products leave as well, see Models" if spec.validation.models else ""
    named = list(dict.fromkeys((*spec.validation.keys, *spec.validation.sensitive)))
    found = f"; of persons who are found by {', '.join(named)}, ALL {len(named)} TOGETHER" if named else ""
    return (
        "the study's one synthetic table, signed by the hub, comes here to be compared with"
        " the rows, in up to 62 rounds, and is deleted: what leaves are histograms of rows and persons, of at"
        f" most three columns together{sums}{found}; and of persons by how close their whole rows are to the"
        " table, in at most 15 places"
    )


def _seed(spec: StudySpec) -> str:
    if spec.synthesizer.seed is None:
        return "secret: the hub draws it and keeps it"
    return "stands in the study: whoever knows it can read counts of the model off the released rows"


def _quorum(spec: StudySpec) -> str:
    wanted = spec.quorum
    patience = shown_period(wanted.deadline)
    return f"{wanted.min_suppliers} suppliers, waits {patience} for each step, then: {wanted.then.value}"


def _line(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _lines(label: str, text: str) -> Iterator[str]:
    for place, part in enumerate(wrap(text, _WIDTH - _LABEL) or [""]):
        yield _line(label if place == 0 else "", part)
