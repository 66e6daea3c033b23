"""A study in one process, or only its fit, as tests run them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from syncline.data.note import Note
from syncline.data.record_codec import RecordCodec
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory
from syncline.protocols.in_process import Traffic, run
from syncline.protocols.party import party_with
from syncline.sources.source import Source
from syncline.study.fitting import settings_of
from syncline.study.flow import is_pooled
from syncline.study.participation import flows_asked
from syncline.study.pooled import pool
from syncline.study.simulated_study import check_suppliers, sent_tables
from syncline.study.spec import StudySpec
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.fit_state import FitState, phases_of
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model_codec import stand_ins
from syncline.synthesizers.phases.phase import Phase
from syncline.synthesizers.settings import FitSettings
from syncline.wire.exchange import HOPS


def fit_study(
    spec: StudySpec,
    fold: Fold,
    sources: Mapping[str, Source],
    listen: Callable[[Traffic], None] | None = None,
    tell: Callable[[Note], Any] = lambda note: None,
) -> Fitted:
    """Return what a study learns, every hop and state through its codec; nothing is compared."""
    check_suppliers(spec, sources)
    settings, tables = settings_of(spec), sent_tables(spec, fold, sources, tell)
    if is_pooled(flows_asked(spec), tables):
        return pool(settings, tables)
    parties = {party: party_with(table) for party, table in tables.items()}
    return run(Fit(settings), parties, Memory(), hops=HOPS, state=fit_state_codec(settings), listen=listen)


def fit_state_codec(settings: FitSettings) -> RecordCodec[FitState]:
    """Return the codec of the state of a fit by itself."""
    phases, kept = phases_of(settings.method), stand_ins(settings.schema)
    return RecordCodec(FitState, "state of a fit", 1, unions={Phase: phases}, stand_ins=kept)
