"""What the fit of a study ends with, a model or pooled rows, as bytes without the study's schema."""

from __future__ import annotations

from dataclasses import dataclass, replace

from syncline.data.batch import Keys, Statuses
from syncline.data.record_codec import RecordCodec, StandIn
from syncline.data.schema import Schema
from syncline.study.pooled import Pooled
from syncline.synthesizers.fitted import Fitted
from syncline.synthesizers.hazards.hazard import Hazard
from syncline.synthesizers.model_codec import require_whole, stand_ins

_VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Pooled rows, column by column."""

    keys: tuple[Keys, ...]
    status: tuple[Statuses, ...]
    hazards: tuple[Hazard, ...]
    excluded: tuple[str, ...]

    @classmethod
    def of_pooled(cls, pooled: Pooled) -> KeptRows:
        """Return what is kept of pooled rows."""
        return cls(pooled.keys, pooled.status, pooled.hazards, pooled.excluded)

    def pooled(self, schema: Schema) -> Pooled:
        """Return the rows as those of a study's schema; raise ValueError where they are not."""
        left = schema.without(self.excluded)
        sizes = {column.shape for column in self.keys} | {column.shape for column in self.status}
        if len(sizes) != 1 or not len(self.keys) == len(self.status) == len(left.modelled):
            raise ValueError("pooled rows are not those of the schema")
        return Pooled(left, self.keys, self.status, self.hazards, self.excluded)


def _codec(schema: Schema) -> RecordCodec[Fitted | Pooled]:
    pooled = StandIn(Pooled, KeptRows, KeptRows.of_pooled, lambda kept: kept.pooled(schema))
    return RecordCodec(
        Fitted | Pooled,  # type: ignore[arg-type]  # a union is no type to mypy
        "result of a fit",
        _VERSION,
        stand_ins=(*stand_ins(schema), pooled),
    )


def pack_result(result: Fitted | Pooled, schema: Schema) -> bytes:
    """Return the result of a fit as bytes; what was known of the parties' rows is no part of it."""
    return _codec(schema).encode(replace(result, known={}) if isinstance(result, Fitted) else result)


def unpack_result(data: bytes, schema: Schema) -> Fitted | Pooled:
    """Return what :func:`pack_result` put together; raise WireError where the bytes are not that."""
    result = _codec(schema).decode(data)
    if isinstance(result, Fitted):
        require_whole(result.model)
    return result
