"""What to say of data that does not fit the schema: which columns of which suppliers, and what mends it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from syncline.data.batch import Status
from syncline.data.kinds import Kind
from syncline.data.section import shown
from syncline.data.variable import Variable
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Counts
from syncline.questions.profile import STATUSES
from syncline.synthesizers.whose_rows import ALONE

_MOST_NAMED = 4
_OUTSIDE = "values outside of the schema's range", "widen the range or clean them"
_NO_CATEGORY = "values that are no category", "add them as categories or missing codes, or clean them"
_UNREADABLE = {
    Kind.INTEGER: "cells that hold no whole number",
    Kind.CONTINUOUS: "cells that hold no number",
    Kind.DATE: "cells that hold no date",
    Kind.DATETIME: "cells that hold no date and time",
    Kind.TIME: "cells that hold no time of day",
    Kind.DURATION: "cells that hold no span of time",
    Kind.BOOLEAN: "cells that hold neither true nor false",
}

Fault = tuple[str, str]


def schema_violations(profiles: Mapping[PartyId, Counts], variables: Sequence[Variable]) -> list[str]:
    """Return a clause for each fault and the suppliers that share it, with all their columns.

    Parameters
    ----------
    profiles : every supplier's counts of statuses, ``STATUSES`` for each of ``variables``
    """
    places: dict[tuple[str, Fault], list[PartyId]] = defaultdict(list)
    for party in sorted(profiles):
        table = profiles[party].dense().reshape(-1, STATUSES)
        for variable, counts in zip(variables, table.tolist(), strict=True):
            for _, fault in cell_faults(variable, counts):
                places[variable.name, fault].append(party)
    columns: dict[tuple[Fault, tuple[PartyId, ...]], list[str]] = defaultdict(list)
    for (name, fault), parties in places.items():
        columns[fault, tuple(parties)].append(name)
    return [
        f"{what} in {_listed('column', names)}{_owners(parties)}: {remedy}"
        for ((what, remedy), parties), names in columns.items()
    ]


def cell_faults(variable: Variable, counts: Sequence[int]) -> Iterator[tuple[int, Fault]]:
    """Yield how many cells of one column have each fault, and the fault: what they hold, and the remedy."""
    if counts[Status.OUT_OF_RANGE]:
        yield counts[Status.OUT_OF_RANGE], _OUTSIDE
    if counts[Status.UNKNOWN]:
        words = _UNREADABLE.get(variable.kind)
        fault = _NO_CATEGORY if words is None else (words, "clean them or declare missing codes")
        yield counts[Status.UNKNOWN], fault


def _owners(parties: tuple[PartyId, ...]) -> str:
    return "" if parties == (ALONE,) else f" of {_listed('supplier', parties)}"


def _listed(noun: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"{noun} {shown(names[0])!r}"
    first = ", ".join(repr(shown(name)) for name in names[:_MOST_NAMED])
    return f"{len(names)} {noun}s ({first}{', ...' if len(names) > _MOST_NAMED else ''})"
