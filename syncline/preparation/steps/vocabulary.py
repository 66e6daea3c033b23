"""The closed vocabulary of steps: which word of a document is which step, and nothing else is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from syncline.data.section import nearest, shown
from syncline.preparation.steps.cleansing import Missing, Range, Trim, Unparsable
from syncline.preparation.steps.columns import Combine, Drop, Rename, Split
from syncline.preparation.steps.dates import Dates
from syncline.preparation.steps.derivation import Derive
from syncline.preparation.steps.numbers import Numbers
from syncline.preparation.steps.pseudonyms import Pseudonym
from syncline.preparation.steps.recoding import Recode
from syncline.preparation.steps.row_choice import Duplicates, ExcludePersons, Filter
from syncline.preparation.steps.scales import Bands, Reverse
from syncline.preparation.steps.spans import Spans
from syncline.preparation.steps.step import Step
from syncline.preparation.steps.text_forms import Accents, Case, DecimalComma
from syncline.preparation.steps.units import Units

STEPS: Mapping[str, type[Step]] = {
    "trim": Trim,
    "missing": Missing,
    "range": Range,
    "unparsable": Unparsable,
    "duplicates": Duplicates,
    "filter": Filter,
    "exclude_persons": ExcludePersons,
    "recode": Recode,
    "units": Units,
    "dates": Dates,
    "spans": Spans,
    "case": Case,
    "accents": Accents,
    "decimal_comma": DecimalComma,
    "numbers": Numbers,
    "rename": Rename,
    "drop": Drop,
    "split": Split,
    "combine": Combine,
    "derive": Derive,
    "reverse": Reverse,
    "bands": Bands,
    "pseudonym": Pseudonym,
}
"""Every step by the word under ``step``."""


def _known_step(value: Any) -> Any:  # Any: whatever the document holds here
    if isinstance(value, Mapping):
        word = str(value.get("step", ""))
        if not word:
            raise ValueError(f"needs the key step; {nearest('', STEPS)}")
        if word not in STEPS:
            raise ValueError(f"has the step {shown(word)!r}, which is not known; {nearest(word, STEPS)}")
    return value


AnyStep: TypeAlias = Annotated[
    Annotated[
        Trim
        | Missing
        | Range
        | Unparsable
        | Duplicates
        | Filter
        | ExcludePersons
        | Recode
        | Units
        | Dates
        | Spans
        | Case
        | Accents
        | DecimalComma
        | Numbers
        | Rename
        | Drop
        | Split
        | Combine
        | Derive
        | Reverse
        | Bands
        | Pseudonym,
        Field(discriminator="step"),
    ],
    BeforeValidator(_known_step),
]
"""A step of a document, told apart by its word."""
