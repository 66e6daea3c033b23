"""Hazards in one column's distributions: units that disagree, constants, values that nobody else has."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from syncline.data.kinds import NUMERIC_KINDS
from syncline.privacy.person_buckets import about_people
from syncline.protocols.transition import PartyId
from syncline.synthesizers.hazards.distribution import CumulativeDistribution, Distributions, Ints, distance
from syncline.synthesizers.hazards.hazard import Hazard, HazardKind, but_few, in_column, of_suppliers
from syncline.synthesizers.hazards.scales import Scale, known_scales
from syncline.synthesizers.hazards.supplier_sizes import FEW_ROWS

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

QUANTILE = 1.24
"""Fewer than n events where ``(sqrt(n) + 1.24)**2`` are expected are chance in fewer than 1 % of tables: half
of the normal quantile of 1 %, rounded up, for the square root of a Poisson number (Anscombe, 1948)."""

TO_BE_DISJOINT = 5
"""Values in common of fewer people than may be told are nothing beside so many times as many."""


def unlike_columns(
    found: Distributions, min_cell: int = 1, people: Mapping[PartyId, int] | None = None
) -> Iterator[Hazard]:
    """Yield the hazards of one column, units first; a supplier is named once for each column.

    Nothing is said of a supplier, nor of all others together, with a value in fewer than ``min_cell`` rows or
    ``people``: the buckets of the persons who have a value, None where every row is a person. And what fewer
    than ``min_cell`` rows hold counts as held by nobody: a sentence that is true only where nobody has
    another value would tell of the first person who has one. How much rows are evidence of is a matter of
    people too: one person's many rows are one observation.
    """
    named: set[PartyId] = set()
    known = {party: found.total(party) if people is None else people[party] for party in found.rows}
    found = replace(found, rows={p: rows for p, rows in found.rows.items() if known[p] >= min_cell})
    if people is not None:
        known = {party: about_people(people[party], found.total(party)) for party in found.rows}
    if found.variable.kind in NUMERIC_KINDS:
        for hazard in _units(found, known, max(ENOUGH_FOR_UNITS, min_cell)):
            named.update(hazard.suppliers)
            yield hazard
    enough = [p for p in found.rows if known[p] >= max(FEW_ROWS, min_cell) and p not in named]
    yield from _constant(found, known, enough, min_cell)
    yield from _disjoint(found, known, enough, min_cell)


def _units(found: Distributions, people: Mapping[PartyId, int], least: int) -> Iterator[Hazard]:
    enough = [party for party in found.rows if people[party] >= least]
    lines = {party: found.line(found.rows[party]) for party in enough}
    if len(lines) < 2:
        return
    kin = _most_alike(found, lines)
    usual = found.line(found.together(kin))
    unlike = {
        party: line.median() / usual.median() if usual.median() else 0.0
        for party, line in lines.items()
        if party not in kin and _conversions(line, usual, people[party], found.variable.unit)
    }
    if len(kin) + len(unlike) <= len(lines) / 2:  # a column that differs everywhere differs by nature
        return
    for parties in _of_one_ratio(unlike):
        rows, number = found.together(parties), sum(people[party] for party in parties)
        scales = _conversions(found.line(rows), usual, number, found.variable.unit)
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


def _most_alike(found: Distributions, lines: dict[PartyId, CumulativeDistribution]) -> frozenset[PartyId]:
    """Return the supplier with the most suppliers like it, and these: what the unit is by majority."""
    largest = sorted(lines, key=lambda party: (-found.total(party), party))[:MOST_COMPARED]
    like = {
        party: frozenset(p for p in lines if p == party or distance(lines[party], lines[p]) < APART)
        for party in largest
    }
    return like[max(largest, key=lambda party: (len(like[party]), -largest.index(party)))]


def _conversions(
    line: CumulativeDistribution, usual: CumulativeDistribution, people: int, unit: str | None
) -> tuple[Scale, ...]:
    """Return the conversions that explain the difference, the best first; none where nothing explains it."""
    apart = distance(line, usual)
    if apart < APART:
        return ()
    tried = [
        (distance(line, usual.scaled(scale.factor, scale.offset)), place, scale)
        for place, scale in enumerate(known_scales())
    ]
    limit = min(ALIKE + people**-0.5, CONTRAST * apart)
    near = sorted(entry for entry in tried if entry[0] <= limit)
    near = [entry for entry in near if entry[0] <= near[0][0] + SAME_EVIDENCE]
    stated = [entry for entry in near if unit is not None and unit == entry[2].a]
    return tuple(scale for _, _, scale in (stated or near)[:MOST_NAMED])


def _constant(
    found: Distributions, people: Mapping[PartyId, int], enough: Sequence[PartyId], min_cell: int
) -> Iterator[Hazard]:
    """Name suppliers at which one value has all rows but few, and is not as good as constant elsewhere.

    That it is not must be told by ``min_cell`` rows at least, and so many of the supplier's own should hold
    other values, by the others' share, that so few are no chance.
    """
    parties = []
    for party in enough:
        rows, others = found.rows[party], found.others(party)
        place = int(rows.argmax())
        alone = int(rows.sum() - rows[place]) < min_cell and found.low[place] == found.high[place]
        different = int(others.sum() - others[place])
        if not alone or different < min_cell:
            continue
        if people[party] * different / others.sum() >= (math.sqrt(min_cell) + QUANTILE) ** 2:
            parties.append(party)
    if parties:
        name = found.variable.name
        yield Hazard(
            HazardKind.CONSTANT,
            tuple(parties),
            name,
            f"{in_column(name)} holds one value in all rows of {of_suppliers(parties)}{but_few(min_cell)},"
            " and others elsewhere: a synthetic row with another value is known not to be from there; leave"
            " the column out, or approve in that knowledge",
        )


def _disjoint(
    found: Distributions, people: Mapping[PartyId, int], enough: Sequence[PartyId], min_cell: int
) -> Iterator[Hazard]:
    """Name suppliers whose values no other supplier has, but for values that few rows hold."""
    parties = []
    for party in enough:
        own, others = found.rows[party], found.others(party)
        beside = sum(people[other] for other in found.rows if other != party)
        if min(people[party], beside) < max(FEW_ROWS, TO_BE_DISJOINT * (min_cell - 1)):
            continue
        if not _in_common(found, own, others, min_cell - 1):
            parties.append(party)
    if parties:
        name = found.variable.name
        yield Hazard(
            HazardKind.DISJOINT,
            tuple(parties),
            name,
            f"{in_column(name)} of {of_suppliers(parties)} shares no value with the other suppliers"
            f"{but_few(min_cell)}, so that its values name their supplier: check codes and units, band the"
            " column, or leave it out",
        )


def _in_common(found: Distributions, own: Ints, others: Ints, few: int) -> bool:
    """Tell whether more than ``few`` rows of one side, and more than chance, hold values of the other side.

    Of numbers, of which two suppliers need not share one, what counts is the range of all rows but ``few`` at
    either end: no rows of the other side lie in it, on one side or on the other.
    """
    if found.variable.is_categorical:
        shares = own / own.sum(), others / others.sum()
        lesser = np.where(shares[0] <= shares[1], own, others)
        return lesser.sum() > few and float(np.minimum(*shares).sum()) >= OVERLAP
    inside = ((_within(own, others, few), own), (_within(others, own, few), others))
    return all(rows > max(few, OVERLAP * side.sum()) for rows, side in inside)


def _within(rows: Ints, range_of: Ints, few: int) -> int:
    """Return how many ``rows`` lie in the range of all rows ``range_of`` but ``few`` at either end."""
    inside = (np.cumsum(range_of) > few) & (np.cumsum(range_of[::-1])[::-1] > few)
    return int(rows[inside].sum())
