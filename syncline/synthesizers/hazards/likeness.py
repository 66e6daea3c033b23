"""Hazards in one column's distributions: units that disagree, constants, values that nobody else has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from syncline.data.kinds import NUMERIC_KINDS
from syncline.protocols.transition import PartyId
from syncline.synthesizers.hazards.distribution import Distributions, Ints, Line, distance
from syncline.synthesizers.hazards.hazard import Hazard, HazardKind, in_column, of_suppliers
from syncline.synthesizers.hazards.scales import Scale, known_scales
from syncline.synthesizers.hazards.sizes import FEW_ROWS

ENOUGH_FOR_UNITS = 10
"""Rows from which on a supplier's unit is judged."""

APART = 0.5
"""Distributions in unlike units differ by at least this distance."""

ALIKE = 0.25
"""After the right conversion they differ by at most this, and the noise of a small table."""

CONTRAST = 0.5
"""The conversion must take away at least this share of the distance."""

SAME_EVIDENCE = 0.1
"""Conversions whose distances differ by less than this are named together."""

ONE_RATIO = 0.3
"""Suppliers whose ratios to the usual values differ by less than this share are named together."""

MOST_NAMED = 3
"""Conversions that a sentence names at most."""

MOST_COMPARED = 64
"""Suppliers, the largest, among whom the one most like all others is looked for."""

OVERLAP = 0.005
"""Two distributions that share less than this are disjoint."""

OVERLAP_GROUPS = 5, 400
"""Numbers are compared in at least and at most so many groups: fine columns share few exact values."""

ROWS_OF_GROUP = 20
"""Rows of a supplier that one such group holds on average."""

CONSTANT_ELSEWHERE = 0.95
"""A column is as good as constant where one value has this share of its rows."""

RARE_EXPECTED = 5.0
"""Of a rarer value a supplier's rows say something where so many of them should hold it by the others' share:
none would do so by chance in fewer than 1 % of tables (exp(-5), Poisson)."""


def unlike_columns(
    found: Distributions, min_cell: int = 1, people: Mapping[PartyId, int] | None = None
) -> Iterator[Hazard]:
    """Yield the hazards of one column, units first; a supplier is named once for each column.

    Nothing is said of a supplier, nor of all others together, with a value in fewer than ``min_cell`` rows or
    ``people``: the persons at least who have a value, None where every row is a person.
    """
    named: set[PartyId] = set()
    known = {party: found.total(party) if people is None else people[party] for party in found.rows}
    found = replace(found, rows={p: rows for p, rows in found.rows.items() if known[p] >= min_cell})
    if found.variable.kind in NUMERIC_KINDS:
        for hazard in _units(found, max(ENOUGH_FOR_UNITS, min_cell)):
            named.update(hazard.suppliers)
            yield hazard
    enough = [p for p in found.rows if found.total(p) >= max(FEW_ROWS, min_cell) and p not in named]
    yield from _constant(found, enough, min_cell)
    yield from _disjoint(found, enough)


def _units(found: Distributions, least: int) -> Iterator[Hazard]:
    enough = [party for party in found.rows if found.total(party) >= least]
    lines = {party: found.line(found.rows[party]) for party in enough}
    if len(lines) < 2:
        return
    kin = _most_alike(found, lines)
    usual = found.line(found.together(kin))
    unlike = {
        party: line.median() / usual.median() if usual.median() else 0.0
        for party, line in lines.items()
        if party not in kin and _conversions(line, usual, found.total(party), found.variable.unit)
    }
    if len(kin) + len(unlike) <= len(lines) / 2:  # a column that differs everywhere differs by nature
        return
    for parties in _of_one_ratio(unlike):
        rows = found.together(parties)
        scales = _conversions(found.line(rows), usual, int(rows.sum()), found.variable.unit)
        ratio = found.line(rows).median() / usual.median() if usual.median() else 0.0
        yield _of_units(found.variable.name, parties, scales, ratio)


def _of_one_ratio(ratios: Mapping[PartyId, float]) -> Iterator[tuple[PartyId, ...]]:
    """Yield suppliers whose values stand in about the same ratio to the usual ones."""
    rest = sorted(ratios, key=lambda party: (ratios[party], party))
    while rest:
        first = ratios[rest[0]]
        near = [party for party in rest if ratios[party] - first <= ONE_RATIO * abs(first)]
        yield tuple(sorted(near))
        rest = [party for party in rest if party not in near]


def _of_units(column: str, parties: tuple[PartyId, ...], scales: Sequence[Scale], ratio: float) -> Hazard:
    guess = " or ".join(scale.words for scale in scales)
    return Hazard(
        HazardKind.UNITS,
        parties,
        column,
        f"{in_column(column)} of {of_suppliers(parties)} holds values about {ratio:.1g} times those of most"
        f" suppliers{f', as in {guess}' if guess else ''}: ask which unit is meant, and add a step 'units' to"
        " the preparation",
    )


def _most_alike(found: Distributions, lines: dict[PartyId, Line]) -> frozenset[PartyId]:
    """Return the supplier with the most suppliers like it, and these: what the unit is by majority."""
    largest = sorted(lines, key=lambda party: (-found.total(party), party))[:MOST_COMPARED]
    like = {
        party: frozenset(p for p in lines if p == party or distance(lines[party], lines[p]) < APART)
        for party in largest
    }
    return like[max(largest, key=lambda party: (len(like[party]), -largest.index(party)))]


def _conversions(line: Line, usual: Line, rows: int, unit: str | None) -> tuple[Scale, ...]:
    """Return the conversions that explain the difference, the best first; none where nothing explains it."""
    apart = distance(line, usual)
    if apart < APART:
        return ()
    tried = [
        (distance(line, usual.scaled(scale.factor, scale.offset)), place, scale)
        for place, scale in enumerate(known_scales())
    ]
    limit = min(ALIKE + rows**-0.5, CONTRAST * apart)
    near = sorted(entry for entry in tried if entry[0] <= limit)
    near = [entry for entry in near if entry[0] <= near[0][0] + SAME_EVIDENCE]
    stated = [entry for entry in near if unit is not None and unit == entry[2].a]
    return tuple(scale for _, _, scale in (stated or near)[:MOST_NAMED])


def _constant(found: Distributions, enough: Sequence[PartyId], min_cell: int) -> Iterator[Hazard]:
    """Name suppliers at which all rows hold one value that is not as good as constant elsewhere.

    That it is not must be told by ``min_cell`` rows at least: a few of them would be seen by the sentence. An
    outcome of one class counts where enough of the supplier's rows should hold its rare class.
    """
    parties = []
    for party in enough:
        rows, others = found.rows[party], found.others(party)
        place = int(rows.argmax())
        alone = rows[place] == rows.sum() and found.low[place] == found.high[place]
        different = int(others.sum() - others[place])
        is_rare = others[place] >= CONSTANT_ELSEWHERE * others.sum()
        if not alone or different < min_cell:
            continue
        if not is_rare or rows.sum() * different / others.sum() >= RARE_EXPECTED:
            parties.append(party)
    if parties:
        name = found.variable.name
        yield Hazard(
            HazardKind.CONSTANT,
            tuple(parties),
            name,
            f"{in_column(name)} holds one value in all rows of {of_suppliers(parties)} and others elsewhere:"
            " a synthetic row with another value is known not to be from there; leave the column out, or"
            " approve in that knowledge",
        )


def _disjoint(found: Distributions, enough: Sequence[PartyId]) -> Iterator[Hazard]:
    """Name suppliers whose values no other supplier has."""
    parties = []
    for party in enough:
        own, others = found.rows[party], found.others(party)
        if others.sum() < FEW_ROWS:
            continue
        if _overlap(found, own, others) < OVERLAP:
            parties.append(party)
    if parties:
        name = found.variable.name
        yield Hazard(
            HazardKind.DISJOINT,
            tuple(parties),
            name,
            f"{in_column(name)} of {of_suppliers(parties)} shares no value with the other suppliers, so that"
            " its values name their supplier: check codes and units, band the column, or leave it out",
        )


def _overlap(found: Distributions, own: Ints, others: Ints) -> float:
    """Return the share of rows that two distributions have in common; of numbers, in groups of equal size."""
    groups = np.arange(len(own))
    if not found.variable.is_categorical:
        number = int(np.clip(own.sum() // ROWS_OF_GROUP, *OVERLAP_GROUPS))
        above = np.cumsum(own / own.sum() + others / others.sum()) / 2
        groups = np.minimum((above * number).astype(np.int64), number - 1)
    shares = [np.bincount(groups, rows / rows.sum()) for rows in (own, others)]
    return float(np.minimum(*shares).sum())
