"""Words for true and false in the languages and programs that tables come from, as cells are compared."""

from __future__ import annotations

TRUE_WORDS = frozenset(
    {
        "true",
        "t",
        "yes",
        "y",
        "1",
        "ja",
        "j",
        "oui",
        "si",
        "s\u00ed",
        "sim",
        "wahr",
        "vrai",
        "vero",
        "verdadero",
    }
)
"""Words for true in small letters."""

FALSE_WORDS = frozenset(
    {"false", "f", "no", "n", "0", "nein", "non", "nao", "n\u00e3o", "falsch", "faux", "falso", "nej", "nee"}
)
"""Words for false in small letters."""

TRUTH = {**dict.fromkeys(FALSE_WORDS, 0), **dict.fromkeys(TRUE_WORDS, 1)}
"""The position among the categories of a boolean that each word has."""

PLAIN_TRUTH = frozenset({"true", "false", "t", "f"})
"""Words that programs write for truth values, and nothing else by them."""
