"""Whether a gap that a hub names is one of the schema's: for what is searched and for what is coded."""

from __future__ import annotations

from syncline.data.gap import Gap, GapLine
from syncline.data.schema import Schema
from syncline.errors import ProtocolError


def require_gap(gap: Gap, schema: Schema) -> GapLine:
    """Return the line of a gap between two modelled columns with a common step, under its own name.

    Raise ProtocolError where there is none.
    """
    modelled = {variable.name for variable in schema.modelled}
    if not modelled.issuperset((gap.of, gap.base)):
        raise ProtocolError("a gap is between columns that the schema does not model")
    if gap != Gap.between(gap.of, gap.base, schema.names, above=gap.above):
        raise ProtocolError("a gap has another name than its two columns give it")
    try:
        return GapLine.of_gap(gap, schema)
    except ValueError:
        raise ProtocolError("a gap is between columns that have no common step") from None
