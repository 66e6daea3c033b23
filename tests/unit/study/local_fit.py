"""A whole fit in one process: tables in memory are prepared, asked, merged and sampled as a study would."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from syncline.data.release_table import write_release_parquet
from syncline.data.schema import Schema
from syncline.preparation.fold import Fold
from syncline.preparation.prepared_source import prepare
from syncline.protocols.asking import Memory
from syncline.protocols.in_process import Traffic, run
from syncline.protocols.party import party_with
from syncline.protocols.transition import PartyId
from syncline.questions.workspace import Workspace
from syncline.sources.memory import TableSource
from syncline.study.fit_result import pack_result
from syncline.synthesizers.fit import Fit, Fitted
from syncline.synthesizers.registry import DEFAULT, card_of
from syncline.synthesizers.registry import settings as settings_of_all
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import Seed
from syncline.wire.exchange import HOPS
from tests.unit.study.simulated import fit_state_codec

SALT = b"a study of tests"


def workspace_of(table: pa.Table, schema: Schema, *, holdout: str = "0", batch_rows: int = 1000) -> Workspace:
    """Return the prepared rows of one supplier."""
    return Workspace(prepare(TableSource(table), schema, Fold(SALT, holdout), batch_rows=batch_rows))


def fit(
    parts: Sequence[pa.Table],
    schema: Schema,
    *,
    holdout: str = "0",
    batch_rows: int = 1000,
    traffic: list[Traffic] | None = None,
    coded: bool = True,
    **settings: Any,
) -> Fitted:
    """Fit one model over the tables of some suppliers, every hop through its codec.

    Half of a small fit are its codecs, which tests of what is found leave out: ``coded`` is False there.
    """
    tables = {
        PartyId(f"supplier-{i:02}"): workspace_of(part, schema, holdout=holdout, batch_rows=batch_rows)
        for i, part in enumerate(parts)
    }
    chosen = settings_with(schema, **settings)
    listen = None if traffic is None else traffic.append
    parties = {party: party_with(table) for party, table in tables.items()}
    hops, state = (HOPS, fit_state_codec(chosen)) if coded else (None, None)
    return run(Fit(chosen), parties, Memory(), hops=hops, state=state, listen=listen)


def settings_with(schema: Schema, **settings: Any) -> FitSettings:
    """Return the settings of a fit, those of its technique among them."""
    own = {setting.name for setting in card_of(settings.get("method", DEFAULT)).settings}
    named = [setting.name for setting in settings_of_all() if setting.name in settings]
    given = {name: value for name in named if (value := settings.pop(name)) is not None and name in own}
    return FitSettings(schema, given=given, **settings)


def release_of(fitted: Fitted, schema: Schema, rows: int = 500, seed: int = 1) -> bytes:
    """Return the released table as the bytes of its Parquet file."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "synthetic.parquet"
        write_release_parquet(
            path, fitted.model.released(schema), fitted.model.sample(rows, Seed.of_number(seed))
        )
        return path.read_bytes()


def fingerprint(fitted: Fitted, schema: Schema, method: str = DEFAULT) -> str:
    """Return a digest of all that follows from a fit: the release, and the model."""
    digest = hashlib.sha256(release_of(fitted, schema))
    unnamed = replace(fitted, hazards=())  # these compare suppliers, and name them
    digest.update(pack_result(unnamed, FitSettings(schema, method)))
    return digest.hexdigest()
