"""Columns of words: truth values, categories, identifiers and free text."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import pyarrow as pa

from syncline.data.batch import Status
from syncline.data.inference.draft import PREPARE, ColumnCells, VariableDraft, codes_of, missing_notes
from syncline.data.inference.gap_codes import gap_notes
from syncline.data.inference.identifiers import IDENTIFIER_ROWS, LabelMarks, identifier_reason
from syncline.data.inference.missing_words import is_exported, is_said
from syncline.data.inference.number_notation import is_list
from syncline.data.inference.seen_cells import Mask, SeenCells, sample
from syncline.data.inference.written_forms import HALF, WrittenForm, digit_form, written_form
from syncline.data.kinds import Kind
from syncline.data.note import Deed, Note, counted
from syncline.data.numbers import floats_from_text
from syncline.data.truth_words import FALSE_WORDS, PLAIN_TRUTH, TRUE_WORDS, TRUTH
from syncline.data.variable import MAX_CATEGORIES, MAX_LABEL, Variable

ROWS_OF_A_CATEGORY = 11
"""Rows that a category needs by the small-count rule where nothing else is said."""

SAMPLE_TEXTS = 2000
"""Texts that are looked at for the form of most of them, at most: as far apart as they may be."""

SOME_NUMBERS = 5
"""Distinct numbers from which on a note says that words beside them make them categories."""

SOME_VALUES = 20
"""Labels of one shape from which on a note says that they may name persons."""

DECLARE_CODES = (
    "declare kind: integer or continuous where they are numbers; shorten codes, as postcodes to their first"
    " digits"
)
"""What to do with codes of digits that are too many to be categories."""

_JOINERS = re.compile("[\u200c\u200d]")


def read_truth(cells: ColumnCells, known: Collection[str]) -> VariableDraft | None:
    """Describe truth values; None where the column holds something else.

    Words of one pair that people answer with (yes and no) stay categories in their own words, since a release
    writes ``true`` and ``false``. Programs' words become truth values, and so do several words for one side.
    """
    seen = cells.seen.without(known)
    said = {label for label in seen.labels if is_said(label) and label.casefold() not in TRUTH}
    words = {label.casefold() for label in seen.labels if label not in said}
    missing = {*known, *(label for label in said if not label.isalpha() or is_exported(label))}
    if said - missing or not are_truth_values(words):
        return None
    notes = list(missing_notes(cells, missing, (), "truth values"))
    if not words <= {"true", "false"}:
        notes.append(
            cells.note(
                Deed.GUESSED,
                f"{sample(sorted(set(seen.labels) - said))} are read as true and false",
                "they are words for them",
                "they are released as true and false; declare kind: categorical to keep the words",
            )
        )
    return VariableDraft(
        Variable(name=cells.name, kind=Kind.BOOLEAN, missing=codes_of(missing)), tuple(notes)
    )


def are_truth_values(words: Collection[str]) -> bool:
    """Tell whether words in small letters are programs' truth values, or several words for either side."""
    known = set(words)
    if not known or not known <= TRUTH.keys() or all(word.isdigit() for word in known):
        return False
    if known <= {"true", "false"}:
        return True
    both = bool(known & TRUE_WORDS) and bool(known & FALSE_WORDS)
    return both and (len(known) > 2 or known <= PLAIN_TRUTH)


def read_words(cells: ColumnCells, known: Collection[str], codes: str) -> VariableDraft:
    """Describe text that is nothing narrower; ``codes`` says why texts that look like numbers are none."""
    seen = cells.seen.without(known)
    held, distinct = seen.held, len(seen.labels)
    form = digit_form(seen.labels) if codes else written_form(seen.labels)
    if form is None:
        record = _record(cells, seen, known)
        if record is not None:
            return record
    long = sum(len(label) > MAX_LABEL for label in seen.labels)
    merged = form is not None and distinct * ROWS_OF_A_CATEGORY > held  # would all be "(other)" in a release
    if long or distinct > MAX_CATEGORIES or merged or not is_list(distinct, held):
        return _left_out(cells, seen, known, long, form, codes)
    notes = [*missing_notes(cells, known, (), "words"), *_category_notes(cells, seen, codes)]
    if form is not None:
        notes.append(_form_note(cells, seen, form))
    elif shape := _shape_note(cells, seen):
        notes.append(shape)
    notes += gap_notes(cells, seen.labels, seen.rows, "kept as categories")
    labels = tuple(seen.sorted_labels())
    drafted = Variable(name=cells.name, kind=Kind.CATEGORICAL, categories=labels, missing=codes_of(known))
    return VariableDraft(drafted, tuple(notes))


def _record(cells: ColumnCells, seen: SeenCells, known: Collection[str]) -> VariableDraft | None:
    marks = LabelMarks()
    marks.take(seen.labels, seen.places)
    most = int(seen.rows.max(initial=0))
    why = identifier_reason(cells.name, marks, len(seen.labels), most)
    if why is None and len(seen.labels) == seen.held >= IDENTIFIER_ROWS:
        why = "each row has a text of its own"
    return None if why is None else cells.record(why, known)


def _left_out(
    cells: ColumnCells,
    seen: SeenCells,
    known: Collection[str],
    long: int,
    form: WrittenForm | None,
    codes: str,
) -> VariableDraft:
    if form is not None:
        return cells.left_out(
            Kind.TEXT, known, f"they look like {form.words} and are read as text", form.reading
        )
    if long:
        why = f"{long} of its texts have more than {MAX_LABEL:,} characters"
        return cells.left_out(Kind.TEXT, known, why, f"shorten or remove them; {PREPARE}")
    if codes:
        why = (
            f"they look like numbers and are codes, {codes}; {len(seen.labels):,} different ones are no list"
        )
        return cells.left_out(Kind.TEXT, known, why, DECLARE_CODES)
    if spoilt := _spoilt(seen, _numbers(seen)):
        return cells.left_out(
            Kind.TEXT, known, f"most of them are numbers: {spoilt}", f"correct the others; {PREPARE}"
        )
    most = written_form(seen.labels[:: -(-len(seen.labels) // SAMPLE_TEXTS)], HALF)
    if most is not None:
        why = f"most of its {len(seen.labels):,} texts look like {most.words}, and the others do not"
        return cells.left_out(Kind.TEXT, known, why, f"correct the others; {most.reading}")
    why = f"it has {len(seen.labels):,} texts, each in few rows: free text"
    return cells.left_out(Kind.TEXT, known, why, "group them, or leave the column out; " + PREPARE)


def _form_note(cells: ColumnCells, seen: SeenCells, form: WrittenForm) -> Note:
    what = f"{counted(seen.held)} kept as {len(seen.labels)} categories"
    why = f"they look like {form.words} and are read as text"
    return cells.note(Deed.GUESSED, what, why, form.reading, seen.held)


def _category_notes(cells: ColumnCells, seen: SeenCells, codes: str) -> list[Note]:
    notes = []
    numbers = _numbers(seen)
    if codes and numbers.any():
        what = f"{int(numbers.sum())} texts that look like numbers are kept as categories"
        remedy = "declare kind: integer or continuous where they are numbers"
        notes.append(cells.note(Deed.GUESSED, what, f"they are codes: {codes}", remedy))
    elif not codes and (spoilt := _spoilt(seen, numbers)):
        count = int(seen.rows[numbers].sum())
        what = f"{counted(count)} that hold numbers kept as categories"
        remedy = f"correct the others, or list them under 'missing' or 'codes'; {PREPARE}"
        notes.append(cells.note(Deed.GUESSED, what, spoilt, remedy, count))
    said = [label for label in seen.labels if is_said(label)]
    if said:
        count = seen.count(said)
        what = f"{counted(count)} {sample(sorted(said))} kept as a category"
        remedy = "list it under 'missing' where it means that"
        notes.append(cells.note(Deed.GUESSED, what, "beside other words it may be an answer", remedy, count))
    if truth := _truth_note(cells, seen.labels):
        notes.append(truth)
    if twins := _joined_twins(seen.labels):
        what = f"{len(twins)} labels differ from others only by a joiner that is not seen"
        notes.append(cells.note(Deed.NAMED, what, "they are kept apart", "recode them where they are one"))
    return notes


def _numbers(seen: SeenCells) -> Mask:
    """Tell which of the labels (k,) are numbers as they stand."""
    read: Mask = floats_from_text(pa.array(seen.labels, pa.string())).status == Status.VALID
    return read


def _spoilt(seen: SeenCells, numbers: Mask) -> str:
    """Return why a column of mostly numbers is none of numbers; "" where it holds few of them."""
    if int(numbers.sum()) < SOME_NUMBERS or int(seen.rows[numbers].sum()) < HALF * seen.held:
        return ""
    others = [label for label, is_number in zip(seen.labels, numbers.tolist(), strict=True) if not is_number]
    return f"{counted(seen.count(others))} beside them hold {sample(others)}" if others else ""


def _truth_note(cells: ColumnCells, labels: Sequence[str]) -> Note | None:
    words = {label.casefold() for label in labels}
    if not (words <= TRUTH.keys() and words & TRUE_WORDS and words & FALSE_WORDS) or words <= {"0", "1"}:
        return None
    what = f"{sample(sorted(labels))} are kept as categories"
    remedy = "declare kind: boolean to read every spelling, and to release true and false"
    return cells.note(Deed.GUESSED, what, "they are answers of yes and no", remedy)


def _joined_twins(labels: Sequence[str]) -> list[str]:
    known = set(labels)
    return [label for label in labels if _JOINERS.search(label) and _JOINERS.sub("", label) in known]


def _shape_note(cells: ColumnCells, seen: SeenCells) -> Note | None:
    marks = LabelMarks()
    marks.take(seen.labels, seen.places)
    if len(seen.labels) < SOME_VALUES or not marks.share_a_shape:
        return None
    what = f"{len(seen.labels)} codes of one shape are kept as categories"
    remedy = "give the column role: person where each is one person, or kind: identifier"
    return cells.note(Deed.GUESSED, what, "nothing else says that they name persons", remedy)
