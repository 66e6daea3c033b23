"""The researcher's Python API: fit a technique to one table, sample from it, save it and load it again."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from syncline.data.inference import Inference
from syncline.data.note import Deed, Note, TableWarning
from syncline.data.release_table import (
    release_batches,
    release_schema,
    write_release_csv,
    write_release_parquet,
)
from syncline.data.schema import Schema
from syncline.errors import DataError, UsageError
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.protocols.transition import unheard
from syncline.questions.workspace import Workspace
from syncline.sources.registry import Locator, open_source
from syncline.sources.source import Source
from syncline.sources.source_inference import infer_source
from syncline.synthesizers.alone import fit_alone
from syncline.synthesizers.arguments import (
    MAX_ROWS,
    check_visited,
    draws_named,
    method_named,
    schema_of,
    settings_of,
    visit_sequence_of,
    whole_number,
)
from syncline.synthesizers.computed_columns import is_exact
from syncline.synthesizers.conditions import ConditionValue, conditions_of, mask_of
from syncline.synthesizers.drawing import Draws
from syncline.synthesizers.model import Columns, Model
from syncline.synthesizers.model_file import SavedModel, load_model, save_model
from syncline.synthesizers.registry import DEFAULT, card_of
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import PARTITION_ROWS, Seed
from syncline.synthesizers.untold_values import left_out_notes

if TYPE_CHECKING:
    import pandas as pd

_MAX_TRIES_PER_ROW = 10_000
_MAX_TRIES_WITHOUT_ROW = 1_000_000


class Synthesizer:
    """Learn a table and draw synthetic rows like it.

    Parameters
    ----------
    method
        The technique, one of those that ``syncline.synthesizers.registry.cards()`` describes: left out,
        ``cart``, each column from a tree over those before it.
    seed
        A whole number below 2**63 for reproduction; left out, 256 secret bits are drawn and kept with the
        model.
    schema
        A :class:`~syncline.data.schema.Schema`, a mapping like one or the path of one; left out, it is
        inferred from the data, whose categories and extremes it then holds.
    min_cell
        Persons (or rows, without a person column) that a cell must hold to be shown.
    draws
        ``systematic``: counts follow the model as closely as whole rows can; ``independent``: each row is
        drawn by itself.
    visit_sequence
        Columns to draw first, in this order, where the technique relates columns.
    settings
        Those of the technique, by name, as its card lists them with their bounds and defaults.
    epsilon, delta
        Differential privacy, which this version does not implement and refuses.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [30 + n % 40 for n in range(200)], "sex": ["f", "m"] * 100})
    >>> columns = [
    ...     {"name": "age", "kind": "integer", "range": [0, 120]},
    ...     {"name": "sex", "kind": "categorical", "categories": ["f", "m"]},
    ... ]
    >>> model = Synthesizer("cart", seed=1, schema={"variables": columns}).fit(frame)
    >>> women = model.sample(50, conditions={"sex": "f"})
    >>> len(women), set(women["sex"])
    (50, {'f'})

    A model is kept with its seed, so that it draws the same rows wherever it is loaded:

    >>> model.save("small.model")
    >>> first, again = (Synthesizer.load("small.model").sample(3) for _ in range(2))
    >>> first.equals(again)
    True
    """

    def __init__(
        self,
        method: str = DEFAULT,
        *,
        seed: int | None = None,
        schema: Schema | Mapping[str, object] | Path | str | None = None,
        min_cell: int = 11,
        draws: str = Draws.SYSTEMATIC,
        visit_sequence: Sequence[str] = (),
        epsilon: float | None = None,
        delta: float | None = None,
        **settings: int,
    ) -> None:
        if epsilon is not None or delta is not None:
            raise UsageError("epsilon: this version does not implement differential privacy; leave it out")
        self._method = method_named(method)
        self._min_cell = whole_number("min_cell", min_cell, 1, 1_000_000)
        self._settings = settings_of(self._method, settings)
        self._draws = draws_named(draws)
        number = None if seed is None else whole_number("seed", seed, 0, 2**63 - 1)
        self._seed = Seed(secrets.token_bytes(32)) if number is None else Seed.of_number(number)
        self._visit_sequence = visit_sequence_of(visit_sequence, self._method)
        self._given = schema_of(schema)
        if self._given is not None:
            check_visited(self._visit_sequence, self._given)
        self._schema: Schema | None = None
        self._model: Model | None = None
        self._notes: tuple[Note, ...] = ()
        self._drawn = 0
        self._persons = 0

    def fit(self, data: Locator, *, listen: Callable[[str], None] = unheard) -> Synthesizer:
        """Learn ``data``: a data frame, an Arrow table, or the path or URL of a source.

        ``listen`` hears the stage of each round, "read" where the table is read first.

        What was guessed, left out, merged, moved or clipped is warned of, and stays in :attr:`notes`.
        """
        listen("read")
        source = open_source(data)
        found = infer_source(source) if self._given is None else _declared(self._given, source)
        schema = found.schema
        check_visited(self._visit_sequence, schema)
        refusal = card_of(self._method).refusal(len(schema.modelled))
        if refusal is not None:
            raise UsageError(f"method: {refusal}")
        settings = FitSettings(
            schema,
            self._method,
            self._min_cell,
            given=self._settings,
            visit_sequence=self._visit_sequence,
            draws=self._draws,
            ranges_are_data=self._given is None,
        )
        table = Workspace(prepare(source, schema, Fold(b"", 0)))
        self._model = fit_alone(settings, table, listen).model
        self._schema = self._model.released(schema)
        self._drawn = self._persons = 0
        self._notes = (*found.notes, *self._model.notes([table], self._min_cell))
        told = [note for note in self._notes if self._given is None or not _is_declared(note, self._given)]
        if told:
            warnings.warn(_warning(told, inferred=self._given is None), TableWarning, stacklevel=2)
        return self

    def sample(self, n: int | None = None, conditions: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Return ``n`` synthetic rows (as many as were learnt, if left out) that meet all ``conditions``.

        Conditions are equalities, as in ``{"sex": "F"}``. A further call goes on: it draws further rows,
        never those of an earlier call, and numbers their persons on; a model that was loaded starts from the
        first row again. Two calls for 500 rows are another draw than one for 1,000. An error says
        so where rows that meet the conditions are too rare to be drawn: fewer rows than asked are never
        returned.
        """
        model, schema = self._fitted()
        wanted = model.n_rows if n is None else whole_number("n", n, 0, MAX_ROWS)
        asked = conditions_of(conditions, schema)
        table = _first_rows(self._matching(model, schema, asked, wanted), schema, wanted)
        return _frame(self._numbered(table, schema))

    def write(self, path: Path, n: int | None = None) -> int:
        """Write ``n`` synthetic rows to a .parquet or .csv file, in bounded memory; return their number."""
        model, schema = self._fitted()
        rows = model.n_rows if n is None else whole_number("n", n, 0, MAX_ROWS)
        writer = write_release_csv if path.suffix == ".csv" else write_release_parquet
        writer(path, schema, self._partitions(model, rows), self._persons + 1)
        self._persons += rows
        return rows

    def save(self, path: Path | str) -> None:
        """Write the fitted model, with its seed, to a file that only its owner can read.

        A file that is there is replaced as a whole.
        """
        model, schema = self._fitted()
        save_model(Path(path), SavedModel(self._method, model, schema, self._seed))

    @classmethod
    def load(cls, path: Path | str) -> Synthesizer:
        """Read a model that :meth:`save` wrote; sampling starts from its first row."""
        saved = load_model(Path(path))
        loaded = cls(saved.method, schema=saved.schema)
        loaded._seed, loaded._schema, loaded._model = saved.seed, saved.schema, saved.model
        return loaded

    @property
    def schema(self) -> Schema:
        """The schema of the synthetic table."""
        return self._fitted()[1]

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was guessed, left out or changed in the table that was learnt; none of a loaded model."""
        return self._notes

    def _fitted(self) -> tuple[Model, Schema]:
        if self._model is None or self._schema is None:
            raise UsageError("this synthesizer is not fitted: call fit(data) first")
        return self._model, self._schema

    def _matching(
        self, model: Model, schema: Schema, conditions: Mapping[str, ConditionValue], wanted: int
    ) -> Iterator[pa.RecordBatch]:
        """Yield partitions from the next unused one on, only the rows that meet the conditions."""
        if not conditions:
            yield from release_batches(schema, self._partitions(model, wanted))
            return
        left, tried = wanted, 0
        while left > 0:
            if tried > min(_MAX_TRIES_PER_ROW * wanted, _MAX_TRIES_WITHOUT_ROW) and left == wanted:
                raise DataError("conditions: no row that meets them could be drawn; relax one")
            rows = max(2 * left, 4096)
            for batch in release_batches(schema, self._partitions(model, rows)):
                kept = batch.filter(mask_of(batch, conditions))
                left, tried = left - kept.num_rows, tried + batch.num_rows
                yield kept
            if tried > _MAX_TRIES_PER_ROW * wanted and 0 < left < wanted:
                raise DataError(
                    "conditions: rows that meet them are too rare to be drawn; relax one or ask for fewer"
                )

    def _numbered(self, table: pa.Table, schema: Schema) -> pa.Table:
        """Give each row the next fresh number, where the schema has a person column."""
        first, self._persons = self._persons + 1, self._persons + table.num_rows
        if schema.person is None:
            return table
        place = table.column_names.index(schema.person.name)
        numbers = pa.array(range(first, first + table.num_rows), pa.int64())
        return table.set_column(place, table.schema.field(place), numbers)

    def _partitions(self, model: Model, rows: int) -> Iterator[Columns]:
        while rows > 0:
            drawn = model.partition(self._drawn, min(rows, PARTITION_ROWS), self._seed)
            model.require_kept(drawn, self._fitted()[1])
            yield drawn
            self._drawn += 1
            rows -= PARTITION_ROWS


def _declared(schema: Schema, source: Source) -> Inference:
    """Return a given schema, with notes on the columns of ``source`` that it leaves out."""
    return Inference(schema, left_out_notes(schema, source))


def _is_declared(note: Note, schema: Schema) -> bool:
    """Tell whether a note is no news beside the schema that was given.

    It says that a column is never modelled, that its times are those of the zone that was declared, or that
    it is computed and every cell keeps the rule.
    """
    is_of_schema = note.deed in (Deed.LEFT_OUT, Deed.NAMED) and note.column in schema.names
    return is_of_schema or is_exact(note)


def _warning(notes: Sequence[Note], *, inferred: bool) -> str:
    lines = "\n".join(f"  {note}" for note in notes)
    said = "the schema was inferred; see model.notes, and give schema= where a guess is wrong"
    return f"{said if inferred else 'not all of the table was learnt; see model.notes'}:\n{lines}"


def _first_rows(batches: Iterator[pa.RecordBatch], schema: Schema, wanted: int) -> pa.Table:
    target = release_schema(schema)
    return pa.Table.from_batches(batches, schema=target).slice(0, wanted)


def _frame(table: pa.Table) -> pd.DataFrame:
    import pandas as pd

    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_integer(field.type) and table.column(field.name).null_count:
            frame[field.name] = pd.array(table.column(field.name).to_pylist(), dtype="Int64")
    return cast("pd.DataFrame", frame)
