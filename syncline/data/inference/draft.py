"""What is found in one column: its variable, and the notes on what was guessed, left out or only seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from syncline.data.inference.missing_words import is_exported
from syncline.data.inference.seen_cells import SeenCells, sample
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.states import MAX_CODES
from syncline.data.variable import MAX_LABEL, Variable

ROWS_OF_A_CODE = 11
"""Rows that a word among numbers needs to be a state of its own: those of the small-count rule where nothing
else is said.
"""

PREPARE = "a preparation can mend it (supplier-agent suggest)"


@dataclass(frozen=True, slots=True)
class VariableDraft:
    """A variable and the notes on it."""

    variable: Variable
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnCells:
    """The cells of a column on their way to a draft: its name, and what it holds."""

    name: str
    seen: SeenCells

    def note(self, deed: Deed, what: str, why: str, remedy: str, cells: int | None = None) -> Note:
        """Return a note on this column."""
        return Note(self.name, deed, what, why, remedy, cells)

    def left_out(self, kind: Kind, missing: Collection[str], why: str, remedy: str) -> VariableDraft:
        """Return the draft of a column that is not modelled."""
        note = self.note(Deed.LEFT_OUT, f"all {counted(self.seen.held)}", why, remedy, self.seen.held)
        return VariableDraft(Variable(name=self.name, kind=kind, missing=codes_of(missing)), (note,))

    def record(self, why: str, missing: Collection[str]) -> VariableDraft:
        """Return the draft of a column that tells persons or records apart."""
        remedy = (
            "give it role: person where each value is one person, keep kind: identifier where it numbers"
            " records, and declare another kind where it does neither"
        )
        return self.left_out(Kind.IDENTIFIER, missing, f"it looks like an identifier, {why}", remedy)


def codes_of(labels: Collection[str]) -> tuple[str, ...]:
    """Return labels as the missing codes of a schema."""
    return tuple(sorted(label for label in labels if len(label) <= MAX_LABEL))


def named_states(seen: SeenCells, odd: Collection[str]) -> tuple[str, ...]:
    """Return which of some labels are states of their own beside the values: those in enough rows."""
    rows = dict(zip(seen.labels, seen.rows.tolist(), strict=True))
    states = [label for label in sorted(odd) if rows[label] >= ROWS_OF_A_CODE and len(label) <= MAX_LABEL]
    return tuple(states[:MAX_CODES])


def meant_states(seen: SeenCells, known: Collection[str], odd: Collection[str]) -> tuple[str, ...]:
    """Return the states among labels that are no values, some of them ``known`` words for missing.

    Where two words say why a cell has no value (*unknown* and *not applicable*), each is a state of its own.
    """
    states = named_states(seen, odd)
    said = [label for label in known if label and not is_exported(label) and any(map(str.isalpha, label))]
    reasons = named_states(seen, said)
    return (*states, *reasons) if len(states) + len(reasons) > 1 else states


def state_notes(cells: ColumnCells, states: Sequence[str], kind: str) -> tuple[Note, ...]:
    """Return the note on labels that are kept as named states beside ``kind``."""
    if not states:
        return ()
    count = cells.seen.count(states)
    noun = "state" if len(states) == 1 else "states"
    return (
        cells.note(
            Deed.GUESSED,
            f"{counted(count)} {sample(list(states))} kept as named {noun}",
            f"beside {kind} they stand for something else",
            "say under 'codes' what each means, or list it under 'missing'",
            count,
        ),
    )


def missing_notes(
    cells: ColumnCells, known: Collection[str], odd: Sequence[str], kind: str
) -> tuple[Note, ...]:
    """Return the notes on words that are taken for missing, known ones and others."""
    notes = []
    words = sorted(label for label in known if label)
    if words:
        count = cells.seen.count(words)
        why = "a word that programs write for missing"
        remedy = "take it out of 'missing' where it is a value"
        notes.append(
            cells.note(
                Deed.GUESSED, f"{counted(count)} {sample(words)} taken for missing", why, remedy, count
            )
        )
    if odd:
        count = cells.seen.count(odd)
        notes.append(
            cells.note(
                Deed.GUESSED,
                f"{counted(count)} {sample(odd)} taken for missing",
                f"all others are {kind}",
                f"correct them in the table, or declare what they mean; {PREPARE}",
                count,
            )
        )
    return tuple(notes)
