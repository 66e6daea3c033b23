"""Judge one synthetic table beside the real one, and tell which real columns follow from others.

Which columns a release computes is counted in a fit, and a comparison makes none. So the rules are looked for
in the real table as a fit looks for them, and told in the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from syncline.data.note import Deed, Note
from syncline.data.schema import Schema
from syncline.errors import SynclineError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.protocols.transition import unheard
from syncline.questions.workspace import Workspace
from syncline.sources.registry import Locator, open_source
from syncline.sources.source import Source
from syncline.sources.source_inference import infer_source
from syncline.synthesizers.computed_columns import computed_notes
from syncline.synthesizers.found_rules import rules_of
from syncline.synthesizers.settings import FitSettings
from syncline.validation.validation import Validation
from syncline.validation.validation import validate as compare

_RELATING = "cart"
"""A technique that looks for rules between columns."""


def validate(
    real: Locator,
    synthetic: Locator,
    holdout: Locator | None = None,
    *,
    schema: Schema | Path | str | None = None,
    person: str | None = None,
    target: str | None = None,
    keys: Sequence[str] | str = (),
    sensitive: Sequence[str] | str = (),
    models: Sequence[str] | str = (),
    min_cell: int = 11,
    listen: Callable[[str], None] = unheard,
) -> Validation:
    """Compare ``synthetic`` with the ``real`` rows that it was made from.

    Parameters, result and errors are those of :func:`syncline.validation.validation.validate`; the notes say
    besides which columns of the real table a release computes from others.
    """
    known = Schema.from_yaml(schema) if isinstance(schema, str | Path) else schema
    found = compare(
        real,
        synthetic,
        holdout,
        schema=schema,
        person=person,
        target=target,
        keys=keys,
        sensitive=sensitive,
        models=models,
        min_cell=min_cell,
        listen=listen,
    )
    return replace(found, notes=(*found.notes, *_rules(open_source(real), known, min_cell)))


def _rules(real: Source, given: Schema | None, min_cell: int) -> tuple[Note, ...]:
    """Return the notes on columns that follow from others, as a fit to the real table alone finds them."""
    schema = infer_source(real).schema if given is None else given
    settings = FitSettings(schema, _RELATING, min_cell, ranges_are_data=given is None)
    try:
        table = Workspace(prepare(real, schema, Fold(b"", 0)))
        return computed_notes([table], rules_of(settings, table))
    except SynclineError as fault:
        remedy = "mend it where formulas between columns matter"
        return (Note("", Deed.NAMED, "computed columns were not looked for", str(fault), remedy),)
