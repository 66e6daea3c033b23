"""Judge one synthetic table beside the real one, and tell which real columns follow from others.

Which columns a release computes is counted in a fit, and a comparison makes none. So the rules are looked for
in the real table as a fit looks for them, and told in the same words.

Examples
--------
A table that holds the very people from whom it was made does not pass:

>>> rng = np.random.default_rng(1)
>>> people = pd.DataFrame({"age": rng.integers(18, 90, 600), "weight": rng.integers(400, 1200, 600)})
>>> train, holdout = people[:300], people[300:]
>>> found = validate(train, train, holdout, keys="age", sensitive="weight")
>>> found.gate.passed, round(found["tv_1way"].value, 2)
(False, 0.0)
>>> found.to_html("report.html")
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
from syncline.synthesizers.registry import cards
from syncline.synthesizers.settings import FitSettings
from syncline.validation.comparison.candidate import Aims
from syncline.validation.validation import Validation, Wanted, column_names, compare


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

    The notes of the result say besides which columns of the real table a release computes from others.

    Parameters
    ----------
    real, synthetic, holdout
        Data frames, Arrow tables, or paths or URLs of sources. ``holdout`` are people of the same kind who
        were not used; without them nothing can be said of recognition, and the gate does not pass. Nor does
        it where they were used after all, or where not all of the synthetic table was compared.
    schema
        How cells are read; inferred from all tables where left out.
    person
        The column of the real tables that tells persons apart, unless the schema says it.
    target
        A column that models are trained to predict.
    keys, sensitive
        Columns that an attacker knows of a person, and those that they want to know: names, or one text
        with commas between them.
    models
        Regressions whose coefficients are compared, such as ``y ~ a + b``; one may stand alone.
    min_cell
        Nothing is told of fewer people; the real table and the holdout must have so many.
    listen
        Hears the stage of each round, "read" where the tables are read first.

    Raises
    ------
    DataError, UsageError
        Where a table cannot be read, or an argument names no column.
    """
    models = (models,) if isinstance(models, str) else tuple(models)
    aims = Aims(column_names(keys), column_names(sensitive), models)
    wanted = Wanted(schema, person, target, aims, min_cell)
    found = compare(real, synthetic, holdout, wanted, listen)
    return replace(found, notes=(*found.notes, *_rules(open_source(real), wanted.known(), min_cell)))


def _rules(real: Source, given: Schema | None, min_cell: int) -> tuple[Note, ...]:
    """Return the notes on columns that follow from others, as a fit to the real table alone finds them."""
    schema = infer_source(real).schema if given is None else given
    relating = next(card.name for card in cards().values() if card.relates)
    settings = FitSettings(schema, relating, min_cell, ranges_are_data=given is None)
    try:
        table = Workspace(prepare(real, schema, Fold(b"", 0)))
        return computed_notes([table], rules_of(settings, table))
    except SynclineError as fault:
        remedy = "mend it where formulas between columns matter"
        return (Note("", Deed.NAMED, "computed columns were not looked for", str(fault), remedy),)
