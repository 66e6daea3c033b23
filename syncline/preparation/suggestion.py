"""Draft a preparation from a table and the study's schema, for a person to read, correct and own.

Only what the schema makes likely is proposed: names that are nearly its names, codes that mean missing almost
everywhere and are none of its values, commas where it has numbers, days in other formats, and yes and no in
other words. The draft holds codes that occur in the data, so it stays with the supplier.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from syncline.data.inference.missing_words import is_said
from syncline.data.inference.written_forms import written_form
from syncline.data.kinds import CATEGORICAL_KINDS, NUMERIC_KINDS, Kind
from syncline.data.labels import normal_label
from syncline.data.schema import Schema
from syncline.data.truth_words import FALSE_WORDS, TRUE_WORDS, TRUTH
from syncline.data.variable import Variable
from syncline.preparation.distinct_texts import DistinctTexts, distinct_texts
from syncline.preparation.steps.codes import CodeList
from syncline.preparation.steps.dates import Dates
from syncline.preparation.steps.exact_numbers import read_decimal
from syncline.preparation.steps.text_forms import Thousands, point_writer, without_accents
from syncline.sources.source import Source

CODES = frozenset(map(Decimal, ("-1", "-8", "-9", "-99", "-999")))
CODES_ABOVE = frozenset(map(Decimal, ("99", "999", "9999")))
"""Numbers that mean missing almost everywhere; those of the second list are common values too."""

FORMATS = ("YYYY-MM-DD", "YYYYMMDD", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY", "D MMM YYYY", "DMMMYYYY")
PARTIAL_FORMATS = ("YYYY-MM", "YYYYMM", "M/YYYY", "M.YYYY", "MMM YYYY", "YYYY")
"""Formats that are tried, whole days first; where two fit, the first is proposed."""

SYNONYMS = (
    (*sorted(map(without_accents, TRUE_WORDS)), "positive", "pos"),
    (*sorted(map(without_accents, FALSE_WORDS)), "negative", "neg", "fal"),
    ("m", "male", "man", "mann", "h", "homme", "hombre", "masculine"),
    ("f", "female", "fem", "woman", "w", "frau", "femme", "mujer", "feminine"),
)
"""Words that say the same, as they are compared: in small letters, without accents."""

_NEAR = 0.75
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def suggest_preparation(source: Source, schema: Schema) -> str:
    """Return the draft as a YAML document."""
    names = match_names(source.columns, [variable.name for variable in schema.variables])
    lines = [
        f"# A draft for {json.dumps(source.name, ensure_ascii=False)}:",
        "# read each step, then keep, mend or remove it.",
        "syncline: 1",
        "steps:",
    ]
    lines += [f"  # no column of the table looks like {name}" for name in schema.names if name not in names]
    found = distinct_texts(source, list(names.values()))
    steps = [*_table_steps(names, found), *_column_steps(schema, names, found)]
    body = lines + [f"  {step}" for step in steps]
    if not any(step.startswith("- ") for step in steps):
        body[body.index("steps:")] = "steps: []"
    return "\n".join(body) + "\n"


def match_names(columns: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """Return the column for each wanted name: equal, else equal but for case and marks, else the nearest."""
    free = list(columns)
    found: dict[str, str] = {}
    for near in (_equal, _alike, _nearest):
        for name in wanted:
            candidates = [] if name in found else near(name, free)
            if candidates:
                found[name] = candidates[0]
                free.remove(candidates[0])
    return {name: found[name] for name in wanted if name in found}


def _equal(name: str, free: Sequence[str]) -> list[str]:
    return [column for column in free if column == name]


def _alike(name: str, free: Sequence[str]) -> list[str]:
    return [column for column in free if _bare(column) == _bare(name)]


def _nearest(name: str, free: Sequence[str]) -> list[str]:
    bare = {_bare(column): column for column in free}
    return [bare[word] for word in difflib.get_close_matches(_bare(name), bare, n=1, cutoff=_NEAR)]


def _bare(name: str) -> str:
    return "".join(char for char in without_accents(name).casefold() if char.isalnum())


def _table_steps(names: dict[str, str], found: dict[str, DistinctTexts]) -> Iterator[str]:
    if any(texts.are_padded for texts in found.values()):
        yield "- {step: trim}"
    renamed = {column: name for name, column in names.items() if column != name}
    if renamed:
        pairs = ", ".join(f"{_scalar(column)}: {_scalar(name)}" for column, name in renamed.items())
        yield f"- {{step: rename, columns: {{{pairs}}}}}"


def _column_steps(schema: Schema, names: dict[str, str], found: dict[str, DistinctTexts]) -> Iterator[str]:
    for variable in schema.modelled:
        if variable.name not in names:
            continue
        texts = found[names[variable.name]]
        if texts.is_cut:
            yield f"# {variable.name} has too many values for all to be looked at"
        known = CodeList(dict.fromkeys(variable.missing, True))
        labels = [label for label in map(normal_label, texts.texts) if label and not known.find(label)]
        codes = missing_candidates(variable, labels)
        if codes:
            yield f"- {{step: missing, columns: {_list([variable.name])}, codes: {_list(codes)}}}"
        yield from _of_kind(variable, [label for label in labels if label not in codes])


def missing_candidates(variable: Variable, labels: Sequence[str]) -> list[str]:
    """Return the codes for missing that occur and cannot be values."""
    if variable.is_categorical:
        own = CodeList(dict.fromkeys(variable.categories, True))
        return [label for label in labels if _stands_in(label, CODES) and own.find(label) is None]
    usual = CODES if variable.range is None else CODES | CODES_ABOVE
    return [label for label in labels if _stands_in(label, usual) and not _is_value(variable, label)]


def _stands_in(label: str, codes: frozenset[Decimal]) -> bool:
    return is_said(label) or read_decimal(label) in codes


def _is_value(variable: Variable, label: str) -> bool:
    """Tell whether ``label`` may be a value by the schema; without a range any number but a negative one."""
    number = read_decimal(label)
    if number is None:
        return False
    if variable.range is None or variable.kind not in NUMERIC_KINDS:
        return number >= 0
    low, high = (read_decimal(str(bound)) for bound in variable.range)
    return low is not None and high is not None and low <= number <= high


def _of_kind(variable: Variable, labels: Sequence[str]) -> Iterator[str]:
    if variable.kind in NUMERIC_KINDS:
        yield from _commas(variable, labels)
    elif variable.kind is Kind.DATE:
        yield from _dates(variable, labels)
    elif variable.kind in CATEGORICAL_KINDS:
        yield from _categories(variable, labels)


def _commas(variable: Variable, labels: Sequence[str]) -> Iterator[str]:
    unread = [label for label in labels if read_decimal(label) is None]
    for thousands in Thousands:
        write = point_writer(thousands)
        read = [label for label in unread if read_decimal(write(label)) is not None]
        if read and len(read) >= len(unread) / 2:
            mark = "" if thousands is Thousands.NONE else f", thousands: {thousands}"
            yield f"- {{step: decimal_comma, columns: {_list([variable.name])}{mark}}}"
            unread = [label for label in unread if label not in read]
            break
    if unread:
        yield f"# {variable.name}: {len(unread)} values are no numbers{_form(unread)}"


def _dates(variable: Variable, labels: Sequence[str]) -> Iterator[str]:
    chosen: list[str] = []
    unread = list(labels)
    for text in (*FORMATS, *PARTIAL_FORMATS):
        reader = Dates(step="dates", columns=("x",), formats=(text,)).reader()
        left = [label for label in unread if reader(label) is None]
        if len(left) < len(unread):
            chosen.append(text)
            unread = left
    if chosen and chosen != ["YYYY-MM-DD"]:
        if "D/M/YYYY" in chosen:
            yield f"# {variable.name}: say M/D/YYYY where the month comes first"
        columns, formats = _list([variable.name]), _list(chosen)
        yield f"- {{step: dates, columns: {columns}, formats: {formats}, day: first, month: first}}"
    if unread:
        yield f"# {variable.name}: {len(unread)} values are in no format that was tried{_form(unread)}"


def _form(labels: Sequence[str]) -> str:
    """Return in words what values look like that no step was found for."""
    form = written_form(labels)
    return "" if form is None else f"; they look like {form.words}"


def _categories(variable: Variable, labels: Sequence[str]) -> Iterator[str]:
    own = CodeList(dict.fromkeys(variable.categories, True))
    found: dict[str, str] = {}
    unread = 0
    for label in labels:
        if own.find(label) or (variable.kind is Kind.BOOLEAN and label.casefold() in TRUTH):
            continue
        category = _category(label, variable.categories)
        if category is None:
            unread += 1
        else:
            found[label] = category
    if found:
        pairs = ", ".join(f"{_scalar(code)}: {_scalar(category)}" for code, category in found.items())
        yield f"- {{step: recode, columns: {_list([variable.name])}, codes: {{{pairs}}}}}"
    if unread:
        yield f"# {variable.name}: {unread} values are none of the schema's categories"


def _category(label: str, categories: Sequence[str]) -> str | None:
    """Return the only category that says the same as ``label``."""
    word = _bare(label)
    same = {word}.union(*(group for group in SYNONYMS if word in group))
    alike = [category for category in categories if _bare(category) == word]
    alike = alike or [category for category in categories if _bare(category) in same]
    return alike[0] if len(alike) == 1 else None


def _list(texts: Iterable[str]) -> str:
    return "[" + ", ".join(_scalar(text) for text in texts) + "]"


def _scalar(text: str) -> str:
    """Return ``text`` as a scalar of YAML."""
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
