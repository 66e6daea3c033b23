"""Tables of real people: read once, split by person as often as wanted, as cells and as files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.shared_data import shared
from syncline.cli.demo.scene import SCENES, DemoData, schema_text
from syncline.data.inference import infer_schema
from syncline.data.kinds import Kind, Role
from syncline.data.schema import Schema
from syncline.data.variable import Variable
from syncline.sources.registry import open_source
from syncline.sources.source_inference import read_table
from syncline.validation.cell_table import CellTable, numbered, read_cells
from syncline.validation.reading import read_compared


@dataclass(frozen=True)
class People:
    """Everybody of one data set.

    Attributes
    ----------
    title : for the printed table
    cells : all rows by one schema, and whose they are
    text : the same rows as text, in the same order
    schema : the schema that a researcher declares, None where it is inferred
    """

    title: str
    cells: CellTable
    text: pd.DataFrame
    schema: Schema | None

    def parts(self, sizes: Sequence[int], rng: np.random.Generator) -> list[np.ndarray]:
        """Draw parts of so many persons each; return the rows (n,) of every part, persons in random order."""
        lots = rng.permutation(self.cells.n_persons)
        rank = lots[self.cells.owner]
        by_person = np.argsort(rank, kind="stable")
        ends = np.cumsum(sizes)
        bounds = np.searchsorted(rank[by_person], [0, *ends])
        return [by_person[bounds[k] : bounds[k + 1]] for k in range(len(sizes))]

    def write(self, rows: np.ndarray, path: Path) -> None:
        """Write some rows as a CSV file."""
        self.text.iloc[rows].to_csv(path, index=False)

    def compared(self, real: Path, made: Path, held: Path) -> tuple[CellTable, CellTable, CellTable]:
        """Read used, synthetic and held-out rows as ``syncline validate`` reads them."""
        tables = read_compared(open_source(real), open_source(made), open_source(held), self.schema)
        assert tables.holdout is not None
        return tables.real, tables.synthetic, tables.holdout


def adult() -> People:
    """Return both halves of Adult, 48,842 people."""
    files = [shared("data", "adult", f"{half}.csv") for half in ("train", "holdout")]
    text = pd.concat([_text(path) for path in files], ignore_index=True)
    return _people("Adult", text, None)


def heart() -> People:
    """Return the heart patients of four hospitals, 920 people; the hospital is a column like others."""
    return _people("heart", _text(shared("data", "heart_disease_uci", "heart_all_sites.csv")), None)


def rand_hie() -> People:
    """Return the RAND Health Insurance Experiment, 20,190 years of 5,912 persons."""
    scene = SCENES[DemoData.RAND_HIE]
    found = find_spec(scene.package)
    if found is None or found.origin is None:
        sys.exit(f"the package {scene.package} is not installed")
    text = _text(Path(found.origin).parent / scene.table).drop(columns=scene.site)
    return _people("RAND HIE", text, Schema.from_yaml(schema_text(scene)))


def diabetes() -> People:
    """Return the stays of diabetes130; a patient may have several."""
    text = _text(shared("data", "diabetes130", "diabetic_data.csv.gz")).drop(columns="encounter_id")
    known = infer_schema(read_table(open_source(text.drop(columns="patient_nbr"))))
    person = Variable(name="patient_nbr", kind=Kind.IDENTIFIER, role=Role.PERSON)
    return _people("diabetes130", text, Schema(variables=(person, *known.variables)))


def together(*tables: CellTable) -> CellTable:
    """Return the rows of all tables; persons of different tables are different."""
    first = tables[0]
    starts = np.cumsum([0, *(table.n_persons for table in tables)])
    width = range(len(first.keys))
    return CellTable(
        first.schema,
        tuple(np.concatenate([table.keys[place] for table in tables]) for place in width),
        tuple(np.concatenate([table.status[place] for table in tables]) for place in width),
        numbered(
            np.concatenate([table.owner + start for table, start in zip(tables, starts[:-1], strict=True)])
        ),
    )


def first_persons(table: CellTable, persons: int) -> CellTable:
    """Return the rows of the first persons of a table."""
    return table.take(table.owner < persons)


def _people(title: str, text: pd.DataFrame, schema: Schema | None) -> People:
    source = open_source(text)
    known = infer_schema(read_table(source)) if schema is None else schema
    cells = read_cells(source, known)
    assert cells.n_rows == len(text)
    return People(title, cells, text, schema)


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)
