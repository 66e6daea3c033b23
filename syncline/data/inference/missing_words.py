"""Words that programs write for a missing cell, and when a column means them so.

A spreadsheet, a database client, a statistics package and a person each leave another word behind. Beside
numbers and dates any of them means missing, in any case. Beside other words only those do that no one gives
for an answer: ``None`` is a severity beside ``Mild``, and ``Na`` is sodium.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncline.data.labels import normal_label

EXPORTED = frozenset(
    {
        *("na", "n/a", "#n/a", "#na", "#n/a n/a", "<na>", "n.a.", "n.a", "n a"),
        *("nan", "-nan", "+nan", "nat", "<nat>", "1.#qnan", "-1.#ind", "1.#ind", "-1.#qnan"),
        *("null", "<null>", "(null)", "[null]", "#null!", "\\n", "?", "??", "???"),
        *("#value!", "#div/0!", "#ref!", "#num!", "#name?", "#error", "#missing"),
    }
)
"""Words of exporters that are no answer to any question, in small letters."""

SAID = frozenset(
    """
    none;nil;missing;<missing>;(missing);unknown;unk;not available;not applicable;not known;not done;no data
    nd;n.d.;n/d;n/k;nk;tbd;void;undefined;undef;empty;<empty>;blank;(blank);k.a.;k. a.;keine angabe;unbekannt
    fehlt;fehlend;manquant;inconnu;desconocido;s/d;s.d.;.;..;...;-;--;---;\u2013;\u2014;*;**;_;/;//
    """.strip()
    .replace("\n    ", ";")
    .split(";")
)
"""Words and marks that mean missing beside numbers and dates, and may be an answer beside other words."""

_SYMBOLS = frozenset({"Na"})
"""Spellings that are something else: the symbol of sodium."""

_CODE_OF_TWO = 2


def is_exported(label: str) -> bool:
    """Tell whether a label is an exporter's word for missing, in any case; the empty text is one."""
    return not label or (label.casefold() in EXPORTED and label not in _SYMBOLS)


def is_said(label: str) -> bool:
    """Tell whether a label means missing at least where it stands beside numbers or dates."""
    return not label or label.casefold() in EXPORTED or label.casefold() in SAID


def missing_among_words(labels: Iterable[str]) -> set[str]:
    """Return the labels of a column of words that mean missing.

    Where all others are codes of two capital letters, as of countries and continents, ``NA`` is one of them.
    """
    known = {normal_label(label) for label in labels}
    exported = {label for label in known if is_exported(label)}
    others = known - exported
    if others and all(len(label) == _CODE_OF_TWO and label.isalpha() and label.isupper() for label in others):
        exported -= {"NA"}
    return exported
