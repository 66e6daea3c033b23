"""Small tables for questions: drawn rows, batches and workspaces made of them, and a codebook for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from hypothesis import strategies as st

from syncline.data.batch import Batch, MemoryTable
from syncline.data.codebook import Codebook, ColumnCodes
from syncline.data.schema import Schema
from syncline.questions.workspace import Workspace

VARIABLES: list[dict[str, object]] = [
    {"name": "age", "kind": "integer", "range": ["0", "20"]},
    {"name": "dose", "kind": "continuous", "decimals": 1},
    {"name": "score", "kind": "continuous"},
    {"name": "sex", "kind": "categorical", "categories": ["f", "m", "x"]},
    {"name": "ill", "kind": "boolean"},
]
PERSON: dict[str, object] = {"name": "pid", "kind": "identifier", "role": "person"}
ROWS_ONLY = Schema.model_validate({"variables": VARIABLES})
PERSONS = Schema.model_validate({"variables": [*VARIABLES, PERSON]})
NAMES = tuple(variable.name for variable in ROWS_ONLY.modelled)


def score_keys(*values: float) -> list[int]:
    """Return the keys of numbers without decimals."""
    grid = ROWS_ONLY.variable("score").grid
    assert grid is not None
    return [int(key) for key in grid.keys_from_numbers(np.array(values))]


SCORES = score_keys(0.0, 0.5, -1.25, 3.0, 1e-9, 7.5e8)


@dataclass(frozen=True)
class Row:
    """One prepared row: for each variable a key, or None where it is missing; its fold and person."""

    keys: tuple[int | None, ...]
    holdout: bool = False
    owner: int = 0

    def key(self, name: str) -> int | None:
        return self.keys[NAMES.index(name)]


rows = st.builds(
    Row,
    keys=st.tuples(
        st.none() | st.integers(0, 20),
        st.none() | st.integers(-30, 30),
        st.none() | st.sampled_from(SCORES),
        st.none() | st.integers(0, 2),
        st.none() | st.integers(0, 1),
    ),
    holdout=st.booleans(),
    owner=st.integers(-(2**63), 2**63 - 1) | st.integers(0, 3),
)
tables = st.lists(rows, max_size=15)
schemas = st.sampled_from([ROWS_ONLY, PERSONS])
cuts = st.lists(st.integers(0, 15), max_size=3)


def batch_of(table: Sequence[Row], schema: Schema) -> Batch:
    """Return the rows as one prepared batch."""
    columns = range(len(NAMES))
    return Batch(
        tuple(np.array([row.keys[c] or 0 for row in table], np.int64) for c in columns),
        tuple(np.array([row.keys[c] is None for row in table], np.uint8) for c in columns),
        np.array([row.holdout for row in table], np.bool_),
        None if schema.person is None else np.array([row.owner for row in table], np.int64),
    )


def workspace_of(table: Sequence[Row], schema: Schema, batches: Sequence[int] = ()) -> Workspace:
    """Return a supplier's table, cut into batches at the given rows; without a row there is no batch."""
    return Workspace(MemoryTable(schema, [batch_of(part, schema) for part in cut(table, batches)]))


def cut(table: Sequence[Row], at: Sequence[int]) -> list[Sequence[Row]]:
    """Return the parts of a table between the given rows; some may be empty."""
    if not table:
        return []
    edges = [0, *sorted(min(place, len(table)) for place in at), len(table)]
    return [table[a:b] for a, b in pairwise(edges)]


def bucket_set(table: Sequence[Row], *scope: str) -> int:
    """Return the persons' buckets in a scope as a set of 64 bits, by the hash as it is written down."""
    found, framed = 0, b"".join(len(word.encode()).to_bytes(4, "big") + word.encode() for word in scope)
    key = hashlib.sha256(b"syncline/scope/1\x00" + framed).digest()[:16]
    for row in table:
        block = row.owner.to_bytes(8, "little", signed=True) + bytes(8)
        found |= 1 << Cipher(AES(key), ECB()).encryptor().update(block)[0] % 64
    return found


def training(table: Sequence[Row]) -> list[Row]:
    return [row for row in table if not row.holdout]


def _lookup(n_codes: int, width: int, keeps_missing: bool) -> np.ndarray:
    """Return a coarser coding: ``width`` codes a group, missing apart."""
    lookup = np.arange(n_codes) // width
    if keeps_missing:
        lookup[-1] = lookup[-2] + 1
    return lookup.astype(np.uint16)


def _codes(name: str, low: Sequence[int], code: Sequence[int], *, numeric: bool, keeps: bool) -> ColumnCodes:
    k = max(code) + 1 + keeps
    return ColumnCodes(
        name,
        numeric,
        np.array(low, np.int64),
        np.array(code, np.uint16),
        k,
        k - 1 if keeps else 1,
        keeps,
        *(_lookup(k, width, keeps) for width in (1, 2, 3)),
    )


def codebook() -> Codebook:
    """Return codes of every shape: with and without a code for missing, categories merged and kept."""
    edges = score_keys(-2.0, 0.25, 1.0, 1e6)
    return Codebook(
        (
            _codes("age", [0, 3, 4, 9, 15], [0, 1, 2, 0, 3], numeric=True, keeps=True),
            _codes("dose", [-5, 5], [0, 1], numeric=True, keeps=False),
            _codes("score", edges, [0, 1, 2, 3], numeric=True, keeps=True),
            _codes("sex", [], [0, 1, 0], numeric=False, keeps=True),
            _codes("ill", [], [0, 1], numeric=False, keeps=False),
        )
    )


def naive_code(column: ColumnCodes, key: int | None) -> int:
    """Return the code of one key, read off the codebook one segment at a time."""
    if key is None:
        return column.missing
    if not column.numeric:
        return int(column.segment_code[key])
    code = int(column.segment_code[0])
    for low, own in zip(column.segment_low.tolist(), column.segment_code.tolist(), strict=True):
        if key >= low:
            code = own
    return code
