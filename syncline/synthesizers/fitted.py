"""A fit's result as bytes."""

from __future__ import annotations

from typing import cast

import numpy as np

from syncline.data.blob import Array, Json, pack, unpack
from syncline.data.schema import Schema
from syncline.errors import WireError
from syncline.synthesizers.hazards.hazard import hazards_from_json, hazards_to_json
from syncline.synthesizers.packing import pack_model, unpack_model
from syncline.synthesizers.phases.phase import Fitted


def pack_fitted(fitted: Fitted) -> bytes:
    """Return a fit's result as bytes, without the study's schema."""
    arrays: dict[str, Array] = {"model": np.frombuffer(pack_model(fitted.model), np.uint8)}
    head: dict[str, Json] = {
        "rows": [fitted.n_train, fitted.n_holdout],
        "hazards": hazards_to_json(fitted.hazards),
        "excluded": list(fitted.excluded),
    }
    return pack(head, arrays)


def unpack_fitted(data: bytes, schema: Schema) -> Fitted:
    """Return the result of :func:`pack_fitted`; raise WireError where the bytes are not one."""
    head, arrays = unpack(data)
    try:
        n_train, n_holdout = cast("list[int]", head["rows"])
        excluded = tuple(str(name) for name in cast("list[Json]", head["excluded"]))
        model = unpack_model(arrays["model"].tobytes(), schema.without(excluded))
        hazards = hazards_from_json(head["hazards"])
        return Fitted(model, n_train, n_holdout, hazards, excluded)
    except (KeyError, TypeError, ValueError) as error:
        raise WireError("result: this is not the result of a fit in this version") from error
