"""A model that is not drawn column by column: a part for each row, and within it every column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from syncline.data.coded_cells import off_codes
from syncline.data.note import Note
from syncline.data.schema import Schema
from syncline.questions.workspace import Workspace
from syncline.synthesizers.column_coding import CodedColumn
from syncline.synthesizers.draws import Bits, ColumnDraw
from syncline.synthesizers.model import Columns, Description, Model
from syncline.synthesizers.streams import Seed
from syncline.synthesizers.untold_values import untold_notes


@dataclass(frozen=True, slots=True)
class MixtureModel(Model):
    """A mixture.

    Attributes
    ----------
    base : the column whose codes are the parts; "" where there is one part
    shares : running sums of the weights of the parts (1, parts)
    columns : codes and values of every column, in schema order
    draws : running sums of the weights of each column's codes (parts, codes)
    """

    base: str
    shares: Bits
    columns: tuple[CodedColumn, ...]
    draws: tuple[Bits, ...]
    n_rows: int
    systematic: bool

    def released(self, schema: Schema) -> Schema:
        changed = {column.codes.name: column.values.variable for column in self.columns}
        variables = tuple(changed.get(variable.name, variable) for variable in schema.variables)
        return Schema(variables=variables, constraints=schema.constraints)

    def partition(self, partition: int, n: int, seed: Seed) -> Columns:
        whole = np.zeros(n, np.int64)
        parts = ColumnDraw("", self.shares).codes(whole, seed.words("parts", partition, n), self.systematic)
        rows = {}
        for column, weights in zip(self.columns, self.draws, strict=True):
            name, codes = column.codes.name, parts
            if name != self.base:
                random = seed.words(f"code:{name}", partition, n)
                codes = ColumnDraw(name, weights).codes(parts.astype(np.int64), random, self.systematic)
            keys, missing = column.values.decode(codes, seed.words(f"value:{name}", partition, n))
            rows[name] = off_codes(column.values.variable, keys), missing
        return rows

    def describe(self) -> Description:
        merged = {column.codes.name: column.values.merged for column in self.columns if column.values.merged}
        siblings = {column.codes.name: column.groups for column in self.columns if column.groups}
        return Description(merged=merged, siblings=siblings)

    def notes(self, tables: Sequence[Workspace], min_cell: int, others: str = "") -> tuple[Note, ...]:
        return untold_notes(tables, self.columns, min_cell, others)

    def check(self) -> None:
        parts = self.shares.shape[1] if self.shares.ndim == 2 else 0
        for column, weights in zip(self.columns, self.draws, strict=True):
            if weights.shape != (parts, column.values.n_codes):
                raise ValueError("the codes of a column are drawn by others")
