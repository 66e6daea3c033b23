"""Draft a preparation from a table and the study's schema, for a person to read, correct and own.

A step is proposed only where it was tried on the column itself and leaves no more cells wrong than before.
What the column does not bear out stands beside it as a remark: which columns nothing was found for and why,
which cells fit in no way and in which rows they are, and what only a person can decide. The draft holds codes
and row numbers of the data, so it stays with the supplier.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncline.data.inference.written_forms import written_form
from syncline.data.kinds import NUMERIC_KINDS, Kind
from syncline.data.schema import Schema
from syncline.data.section import shown
from syncline.data.variable import MAX_LABEL, Variable
from syncline.preparation.column_trial import CellFit, ColumnTrial
from syncline.preparation.date_proposal import date_proposal
from syncline.preparation.distinct_texts import DistinctTexts, distinct_texts
from syncline.preparation.missing_proposal import missing_candidates
from syncline.preparation.name_match import Likeness, Match, match_names, nearest_name, rivals
from syncline.preparation.number_proposal import flow_of, number_proposal
from syncline.preparation.preparation_document import Preparation
from syncline.preparation.prepared_view import prepared_view
from syncline.preparation.proposal import NOTHING, StepProposal
from syncline.preparation.sentinels import far_sentinels, gap_sentinels
from syncline.preparation.span_proposal import span_proposal
from syncline.preparation.state_remarks import state_remarks
from syncline.preparation.steps.cleansing import Missing
from syncline.preparation.steps.step import Step
from syncline.preparation.unit_hints import unit_hints
from syncline.preparation.word_proposal import word_proposal
from syncline.preparation.yaml_flow import flow
from syncline.sources.container import readable_columns, unread_words
from syncline.sources.source import Source

MOST_WORDS = 6
"""Words among the values of a column that a person is asked about at most."""

SLIP_FITS = 0.95
"""The share of present cells that must fit the schema where a column's name is only nearly the schema's."""


MOST_TRIED = 64
"""Columns of no name of the schema that are tried, cell by cell, for the variables that have no column."""

MOST_NAMED = 4


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """What is proposed for a variable from the column matched with it, and how the cells fit then."""

    variable: Variable
    match: Match
    proposal: StepProposal
    fit: CellFit | None
    is_used: bool = True


def suggest_preparation(source: Source, schema: Schema, begun: Preparation | None = None) -> str:
    """Return the draft as a YAML document: the steps of ``begun``, and what is proposed behind them.

    A person names the columns that no name tells, and has the rest proposed for them then.
    """
    decided = () if begun is None else begun.steps
    lines = [*(f"- {flow_of(step)}" for step in decided)]
    lines += _proposals(source if begun is None else prepared_view(source, begun), schema)
    has_steps = any(line.startswith("- ") for line in lines)
    return "\n".join(
        [
            f"# A draft for {json.dumps(source.name, ensure_ascii=False)}:",
            "# read each step, then keep, mend or remove it.",
            "syncline: 1",
            "steps:" if has_steps else "steps: []",
            *(f"  {line}" for line in lines),
            "",
        ]
    )


def _proposals(source: Source, schema: Schema) -> list[str]:
    """Return the lines that propose steps for a source, and say of each variable how its cells fit."""
    known, unread = readable_columns(source), unread_words(source)
    matches = match_names(known, [name for name in schema.names if name not in unread])
    taken = [match.column for match in matches.values()]
    others = [column for column in known if column not in taken][:MOST_TRIED]
    found = distinct_texts(source, [*taken, *others])
    drafts = {
        variable.name: _draft(variable, matches[variable.name], found[matches[variable.name].column])
        for variable in schema.variables
        if variable.name in matches
    }
    used = [draft for draft in drafts.values() if draft.is_used]
    lines = [*_of_table(used, found)]
    for variable in schema.variables:
        if variable.name in drafts:
            lines += _of_column(drafts[variable.name], found[drafts[variable.name].match.column])
        elif variable.name not in unread:
            lines += _of_absent(known, variable.name)
            lines += _by_cells(variable, {column: found[column] for column in others})
    lines += _of_others(known, schema, used)
    return [*lines, *(f"# {words}" for words in unread.values())]


def _draft(variable: Variable, match: Match, column: DistinctTexts) -> ColumnDraft:
    if not variable.is_modelled:
        return ColumnDraft(variable, match, NOTHING, None)
    trial = ColumnTrial(column, variable)
    proposal = _proposed(trial)
    fit = trial.fit(proposal.steps)
    is_used = match.likeness is not Likeness.SLIP or fit.valid >= SLIP_FITS * (fit.valid + fit.wrong) > 0
    return ColumnDraft(variable, match, proposal, fit, is_used)


def _proposed(trial: ColumnTrial) -> StepProposal:
    """Return what makes more cells of the column fit, each part tried behind the ones before."""
    proposal = _missing(trial, NOTHING)
    codes = proposal.steps[0].codes if proposal.steps and isinstance(proposal.steps[0], Missing) else ()
    kind = trial.variable.kind
    if kind is Kind.DURATION and (spans := span_proposal(trial, proposal.steps)) is not None:
        proposal += spans
    elif kind in NUMERIC_KINDS or kind is Kind.DURATION:
        form = number_proposal(trial, proposal.steps, codes)
        proposal += form
        if form.steps:
            proposal += _missing(trial, proposal)
    elif trial.variable.is_categorical:
        proposal += word_proposal(trial, proposal.steps)
    else:
        proposal += date_proposal(trial, proposal.steps)
    proposal = _borne_out(trial, proposal)
    remarks = (
        *_odd_words(trial, proposal.steps),
        *state_remarks(trial, proposal.steps),
        *unit_hints(trial, proposal.steps),
    )
    return proposal + StepProposal(remarks=remarks)


def _odd_words(trial: ColumnTrial, steps: Sequence[Step]) -> Iterator[str]:
    """Ask whether the few words that stand among the values of an ordered kind mean missing."""
    behind = trial.behind(steps)
    words = list(dict.fromkeys(behind[text] for text in trial.unread(steps) if text in behind))
    letters = all(any(char.isalpha() for char in word) and len(word) <= MAX_LABEL for word in words)
    if trial.variable.is_categorical or not words or len(words) > MOST_WORDS or not letters:
        return
    if trial.fit(steps).valid:
        template = {"step": "missing", "columns": [trial.variable.name], "codes": words}
        yield "if the words among its values mean missing, put this before the other steps:"
        yield f"- {flow(template)}"


def _missing(trial: ColumnTrial, before: StepProposal) -> StepProposal:
    """Propose the codes for missing that are there behind the steps ``before``."""
    labels = list(dict.fromkeys(trial.behind(before.steps).values()))
    codes = missing_candidates(trial.variable, labels)
    if not codes:
        return NOTHING
    return StepProposal((Missing(step="missing", columns=(trial.variable.name,), codes=tuple(codes)),))


def _borne_out(trial: ColumnTrial, proposal: StepProposal) -> StepProposal:
    """Return the proposal without steps that leave more cells wrong than there were."""
    kept: list[Step] = []
    for step in proposal.steps:
        if trial.fit([*kept, step]).wrong <= trial.fit(kept).wrong:
            kept.append(step)
    return StepProposal(tuple(kept), proposal.remarks)


def _of_table(used: Sequence[ColumnDraft], found: dict[str, DistinctTexts]) -> Iterator[str]:
    if any(found[draft.match.column].are_padded for draft in used):
        yield "- {step: trim}"
    renamed = {
        draft.match.column: draft.variable.name for draft in used if draft.match.column != draft.variable.name
    }
    if renamed:
        yield f"- {flow({'step': 'rename', 'columns': renamed})}"


def _of_column(draft: ColumnDraft, column: DistinctTexts) -> Iterator[str]:
    name, source = draft.variable.name, shown(draft.match.column)
    if draft.fit is None:
        what = "person" if draft.variable.role is not None else str(draft.variable.kind)
        yield f"# {shown(name)}: as {what} it is taken as it stands; {column.missing} cells are empty"
        return
    if not draft.is_used:
        why = f"has nearly its name, but {draft.fit.wrong} of its cells would not fit"
        yield f"# {shown(name)}: column {source!r} {why}: rename it if it is meant"
        return
    if draft.match.likeness is Likeness.SLIP:
        yield f"# {shown(name)}: column {source!r} is taken for it, for its name is nearly this one: confirm"
    yield from (f"- {flow_of(step)}" for step in draft.proposal.steps)
    yield from (
        f"#   {remark}" if remark.startswith("- ") else f"# {shown(name)}: {remark}"
        for remark in draft.proposal.remarks
    )
    yield f"# {shown(name)}: {_outcome(draft, column)}"


def _outcome(draft: ColumnDraft, column: DistinctTexts) -> str:
    """Return in words how the cells fit behind the steps, and where those are that do not."""
    fit, trial = draft.fit, ColumnTrial(column, draft.variable)
    assert fit is not None
    steps = draft.proposal.steps
    words = f"{fit.valid} cells fit the schema{' so' if steps else ' as they are'}, {fit.missing} missing"
    parts = []
    if outside := trial.outside(steps):
        parts.append(f"{fit.outside} outside of its range ({trial.rows(outside)})")
    if unread := trial.unread(steps):
        behind = trial.behind(steps)
        form = _form([behind[text] for text in unread if text in behind])
        parts.append(f"{fit.unread} {_unread_words(draft.variable)}{form} ({trial.rows(unread)})")
    if column.is_cut:
        parts.append(f"{column.beyond} not looked at, of more than {len(column.texts):,} different texts")
    if far := far_sentinels(draft.variable, trial.held(steps)):
        codes = ", ".join(map(shown, far))
        parts.append(f"{sum(far.values())} far from all others, as codes are ({codes}: missing?)")
    if near := gap_sentinels(draft.variable, trial.held(steps)):
        codes = ", ".join(map(shown, near))
        parts.append(f"{sum(near.values())} behind a gap, as codes are ({codes}: codes or missing?)")
    return words + "".join(f", {part}" for part in parts)


def _unread_words(variable: Variable) -> str:
    if variable.is_categorical:
        return "none of its categories"
    if variable.kind is Kind.INTEGER:
        return "no whole numbers"
    return "no numbers" if variable.kind in NUMERIC_KINDS else f"no {variable.kind}"


def _form(labels: Sequence[str]) -> str:
    form = written_form(labels)
    return "" if form is None else f", which look like {form.words}"


def _of_absent(columns: Sequence[str], name: str) -> Iterator[str]:
    several = rivals(columns, name)
    if len(several) > 1:
        listed = ", ".join(repr(shown(column)) for column in several)
        yield f"# {shown(name)}: {listed} look like it alike: rename the one that is meant"
        return
    near = nearest_name(columns, name)
    hint = "" if near is None else f"; {shown(near)!r} is nearest: rename it if it is meant"
    yield f"# no column of the table looks like {shown(name)}{hint}"


def _by_cells(variable: Variable, columns: Mapping[str, DistinctTexts]) -> Iterator[str]:
    """Name the columns of other names whose cells could be the variable's, with the step that says so."""
    fits = [column for column, texts in columns.items() if _could_be(variable, column, texts)]
    if 0 < len(fits) <= MOST_NAMED:
        yield f"# by {'its' if len(fits) == 1 else 'their'} cells it could be:"
        for column in fits:
            yield f"#   - {flow({'step': 'rename', 'columns': {column: variable.name}})}"


def _could_be(variable: Variable, column: str, texts: DistinctTexts) -> bool:
    """Tell whether nearly all cells of a column fit a variable, behind what would be proposed for them."""
    if not variable.is_modelled:
        return False
    fit = _draft(variable, Match(column, Likeness.SLIP), texts).fit
    return fit is not None and fit.valid >= SLIP_FITS * (fit.valid + fit.wrong) > 0


def _of_others(columns: Sequence[str], schema: Schema, used: Sequence[ColumnDraft]) -> Iterator[str]:
    taken = {draft.match.column for draft in used}
    others = [shown(column) for column in columns if column not in taken]
    if others:
        more = f" and {len(others) - 12} more" if len(others) > 12 else ""
        yield f"# columns that the schema does not name are not used: {', '.join(others[:12])}{more}"
