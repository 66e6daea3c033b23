"""What the fit of a study ends with as bytes, without the study's schema."""

from __future__ import annotations

from dataclasses import replace

from syncline.data.record_codec import RecordCodec
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.model import Model
from syncline.synthesizers.model_codec import models_of, require_whole, stand_ins
from syncline.synthesizers.pooled_rows import PooledRows
from syncline.synthesizers.settings import FitSettings

_VERSION = 2


def pack_result(result: Fitted, settings: FitSettings) -> bytes:
    """Return the result of a fit as bytes; what was known of the parties' rows is no part of it."""
    return _codec(settings).encode(replace(result, known={}))


def unpack_result(data: bytes, settings: FitSettings) -> Fitted:
    """Return what :func:`pack_result` put together; raise WireError where the bytes are not that."""
    result = _codec(settings).decode(data)
    require_whole(result.model)
    return result


def _codec(settings: FitSettings) -> RecordCodec[Fitted]:
    models = models_of(settings.method) | {PooledRows.__name__: PooledRows}
    return RecordCodec(
        Fitted, "result of a fit", _VERSION, unions={Model: models}, stand_ins=stand_ins(settings.schema)
    )
