"""The step that puts keyed pseudonyms in the place of ids.

A pseudonym is HMAC-SHA256(key, id), in hexadecimal: without the key nobody can tell, or try,
for whom it stands. What the pseudonyms stand for goes on in a hidden column that only the holdout's fold and
the person's bucket are computed from, so that a person is on one side of the fold with and without pseudonyms
and at every supplier.
"""

from __future__ import annotations

import hmac
import os
import stat
from pathlib import Path
from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import model_validator

from syncline.data.labels import normal_label
from syncline.errors import DataError
from syncline.preparation.steps.cells import maps_of
from syncline.preparation.steps.layout import ColumnLayout
from syncline.preparation.steps.step import Bound, NamedColumns, Step, StepCounts, chosen, hidden_name
from syncline.sources.files import readable

MIN_KEY_BYTES = 16
"""The shortest key, in bytes: 128 bits where they are random."""

_FINGERPRINT = b"syncline: fingerprint of a pseudonym key"


class Pseudonym(Step):
    """Replace ids by keyed pseudonyms."""

    needs_supplier: ClassVar[bool] = True

    step: Literal["pseudonym"]
    columns: NamedColumns
    key_file: str | None = None
    key_env: str | None = None

    @model_validator(mode="after")
    def _one_key(self) -> Pseudonym:
        if (self.key_file is None) == (self.key_env is None):
            raise ValueError("needs key_file or key_env, and not both")
        return self

    def bind(self, layout: ColumnLayout, where: str) -> Bound:
        """Check the names and read the key; what the pseudonyms stand for is kept for the fold."""
        key, after = self._key(where), layout
        kept: dict[str, str] = {}
        for name in chosen(self.columns, layout, where):
            if name not in layout.originals:
                kept[hidden_name(where, name)] = name
                after = after.hidden(name, hidden_name(where, name))

        maps = maps_of(self.columns, lambda text: pseudonym(key, text))

        def run(rows: pa.RecordBatch, _: StepCounts) -> pa.RecordBatch:
            columns = dict(zip(rows.schema.names, rows.columns, strict=True))
            columns |= {hidden: columns[name] for hidden, name in kept.items()}
            columns |= {name: change.of(columns[name]) for name, change in maps.items()}
            return pa.record_batch({name: columns[name] for name in after.carried})

        return Bound(after, run)

    def digests(self) -> tuple[str, ...]:
        """Return a fingerprint of the key, from which nobody learns it."""
        return (hmac.digest(self._key("pseudonym"), _FINGERPRINT, "sha256").hex(),)

    def _key(self, where: str) -> bytes:
        name = f"key_env {self.key_env}" if self.key_file is None else f"key_file {self.key_file}"
        key = os.environ.get(self.key_env or "", "").encode() if self.key_file is None else self._read(where)
        if len(key.strip()) < MIN_KEY_BYTES:
            raise DataError(
                f"{where}: {name} holds no key of at least {MIN_KEY_BYTES} bytes; make a random one"
            )
        return key.strip()

    def _read(self, where: str) -> bytes:
        path = Path(self.key_file or "")
        with readable(path):
            if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise DataError(f"{where}: key_file {path} is open to others; run chmod 600 on it")
            return path.read_bytes()


def pseudonym(key: bytes, text: str) -> str:
    """Return the pseudonym of an id, compared in NFC and without white space around it."""
    return hmac.digest(key, normal_label(text).encode(), "sha256").hex()
