"""A supplier that deals unlike keys: a person at two others counts twice, so that few people are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from syncline.errors import ProtocolError
from syncline.protocols import person_key
from syncline.protocols.asking import Reply, Request
from syncline.protocols.person_key import KeyHolder
from syncline.protocols.transition import PartyId
from tests.commitments import private_key_of
from tests.studies.harness import MaliciousHub, MaliciousSupplier, Trial
from tests.unit.study import two_suppliers

STUDY = two_suppliers.STUDY
for line, other in (
    (
        "  variables:\n",
        "  variables:\n"
        "    - {name: pid, kind: identifier, role: person}\n"
        "    - {name: ward, kind: categorical, categories: [a, b, c, d, e]}\n",
    ),
    ("[{name: north}", "[{name: east}, {name: north}"),
    ("min_suppliers: 2", "min_suppliers: 3"),
    ("seed: 7}", "seed: 7, rows: 2000}"),
    ("{holdout: 0.3, salt: trial}", "none"),
):
    STUDY = STUDY.replace(line, other)
FEW = 9
"""People in ward e, fewer than ``min_cell``; both north and south know all of them."""


def wards(supplier: str, number: int, seed: int) -> pa.Table:
    """Return people of a supplier in wards; those of ward e have the same ids at north and south."""
    few = 0 if supplier == "east" else FEW
    drawn = np.array(list("abcd"))[np.random.default_rng(seed).integers(0, 4, number)]
    ward = np.where(np.arange(number) < few, "e", drawn)
    pids = [f"few-{place}" if place < few else f"{supplier}-{place}" for place in range(number)]
    table = two_suppliers.rows(number, seed)
    return table.append_column("pid", [pids]).append_column("ward", pa.array(ward))


TABLES = {"east": wards("east", 80, 1), "north": wards("north", 200, 2), "south": wards("south", 200, 3)}


def another_for_south(_: int, request: Request, reply: Reply) -> Reply:
    """Deal the south a key of its own, sealed as it must be."""
    if reply.opening is None:
        return reply
    dealer = KeyHolder(PartyId("east"), private_key_of("east"), request.commitments)
    south = PartyId("south")
    sealed = {**reply.opening.sealed, south: dealer.sealed(bytes(32), south)}
    return replace(reply, opening=replace(reply.opening, sealed=sealed))


def told(folder: Path, supplier: MaliciousSupplier | None = None) -> set[str]:
    """Return the wards that a release names."""
    folder.mkdir()
    return set(Trial(STUDY, TABLES, folder, supplier=supplier).run().table["ward"].to_pylist())


def test_a_dealer_of_unlike_keys_is_named_and_without_the_digest_few_people_are_told(tmp_path, monkeypatch):
    dealer = MaliciousSupplier("east", another_for_south)
    assert "e" not in told(tmp_path / "honest")
    with pytest.raises(ProtocolError, match="'east' did not deal one key that numbers persons to all"):
        told(tmp_path / "guarded", dealer)
    monkeypatch.setattr(person_key, "_digest", lambda key: bytes(48))
    assert "e" in told(tmp_path / "without a digest", dealer)


def test_a_hub_that_changes_the_digest_gets_no_answer(tmp_path):
    def changed(_: int, request: Request) -> Request:
        if request.openings is None:
            return request
        sealed = {**request.openings.sealed, PartyId("east"): bytes(48)}
        return replace(request, openings=replace(request.openings, sealed=sealed))

    hub = MaliciousHub("south", changed)
    with pytest.raises(ProtocolError, match="did not deal one key"):
        Trial(STUDY, TABLES, tmp_path, hub=hub).run()
    assert [request.round for request, _ in hub.seen] == [0]
