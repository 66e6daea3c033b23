"""A hub or a supplier that steers the salt: it moves last, names another list, or leaves somebody out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import supplier_agent.tasks.opening_child as opening_round
from syncline.errors import ProtocolError, StudyFailed, WireError
from syncline.preparation.fold import Fold
from syncline.protocols.asking import Memory, Opening, Reply, Request, admit
from syncline.protocols.opening import HUB, Commitments, Occasion, Openings
from syncline.questions.profile import Profile
from syncline.questions.row_count import RowCount
from syncline.sources.memory import TableSource
from syncline.study import shipment
from syncline.study.flow import DataFlow
from syncline.study.shipment import unpack_shipment
from syncline.study.shipping import ship
from syncline.synthesizers.streams import Seed
from tests.commitments import commitment_of
from tests.studies.harness import MaliciousHub, MaliciousSupplier, Trial
from tests.unit.study.two_suppliers import rows

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: age, kind: integer, range: [0, 110]}
    - {name: sex, kind: categorical, categories: [f, m]}
    - {name: ill, kind: boolean}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: marginals, seed: 7}
validation: {holdout: 0.3}
release: {gate: none, approvals: 0}
"""
TABLES = {"north": rows(400, 1), "south": rows(700, 2)}
WANTED = b"\x00"
"""What a salt shall begin with for whoever steers it: one in 256 does."""


def grind(openings: Openings, party: str) -> Openings:
    """Choose a party's contribution after all others are known."""
    for number in itertools.count():
        chosen = {**openings.by_party, party: number.to_bytes(16, "big")}
        if Openings(chosen).salt.startswith(WANTED):
            return replace(openings, by_party=chosen)
    raise AssertionError


def attack(tmp_path, change: Callable[[int, Request], Request], name: str, **given) -> Trial:
    directory = tmp_path / name
    directory.mkdir()
    trial = Trial(given.pop("study", STUDY), TABLES, directory, hub=MaliciousHub("south", change), **given)
    trial.run()
    return trial


def test_a_hub_that_chooses_its_contribution_last_is_named_and_gets_no_answer(tmp_path, monkeypatch):
    def last(number: int, request: Request) -> Request:
        return replace(request, openings=grind(request.openings, HUB)) if number == 1 else request

    hub = MaliciousHub("south", last)
    (tmp_path / "kept").mkdir()
    with pytest.raises(ProtocolError, match="the hub opened another contribution to the salt than"):
        Trial(STUDY, TABLES, tmp_path / "kept", hub=hub).run()
    assert [request.round for request, _ in hub.seen] == [0]  # nothing was counted
    monkeypatch.setattr(Commitments, "require_opened", lambda *_: None)
    trial = Trial(STUDY, TABLES, tmp_path)
    first, second = opened(trial)
    trial.ask("south", first)
    steered = last(1, second)
    assert steered.openings.salt.startswith(WANTED)
    assert trial.ask("south", steered).answers


def test_a_supplier_that_chooses_last_ends_the_study_by_its_name(tmp_path, monkeypatch):
    """It works with the hub, so it knows what the others opened."""
    trial = Trial(STUDY, TABLES, tmp_path)
    known = Openings({name: trial.contribution(name) for name in ("north", "south", HUB)})
    chosen = grind(known, "north").by_party["north"]

    def late(number: int, request: Request, reply: Reply) -> Reply:
        return replace(reply, opening=Opening(chosen)) if number == 0 else reply

    trial.supplier = MaliciousSupplier("north", late)
    with pytest.raises(StudyFailed, match="supplier 'north' opened another contribution"):
        trial.run()
    monkeypatch.setattr(Commitments, "require_opened", lambda *_: None)
    (tmp_path / "open").mkdir()
    trial = Trial(STUDY, TABLES, tmp_path / "open", supplier=MaliciousSupplier("north", late))
    trial.run()
    assert trial.fold.salt.startswith(WANTED)


def test_a_supplier_that_opens_nothing_or_counts_in_its_place_ends_the_study(tmp_path):
    for number, empty in enumerate(({"opening": None}, {"round": 3})):
        (tmp_path / str(number)).mkdir()
        late = MaliciousSupplier("north", lambda _, __, reply, empty=empty: replace(reply, **empty))
        with pytest.raises(StudyFailed, match="'north' answered the opening round without its contribution"):
            Trial(STUDY, TABLES, tmp_path / str(number), supplier=late).run()


LISTS = {
    "its own is left out": (
        lambda c: {name: sha for name, sha in c.by_party.items() if name != "south"},
        "not those of the suppliers that the study names",
    ),
    "its own is another's": (
        lambda c: {**c.by_party, "south": c.by_party["north"]},
        "the commitment that this supplier made stands not among those",
    ),
    "others are left out": (
        lambda c: {name: sha for name, sha in c.by_party.items() if name != "north"},
        "not those of the suppliers that the study names",
    ),
    "one is added": (
        lambda c: {**c.by_party, "west": c.by_party["north"]},
        "not those of the suppliers that the study names",
    ),
}


@pytest.mark.parametrize(("change", "words"), LISTS.values(), ids=LISTS.keys())
def test_nothing_is_opened_where_the_list_is_not_that_of_the_study(tmp_path, monkeypatch, change, words):
    def other(number: int, request: Request) -> Request:
        if number:
            return request
        return replace(
            request, commitments=replace(request.commitments, by_party=change(request.commitments))
        )

    hub = MaliciousHub("south", other)
    (tmp_path / "kept").mkdir()
    with pytest.raises(ProtocolError, match=words):
        Trial(STUDY, TABLES, tmp_path / "kept", hub=hub).run()
    assert hub.seen == []
    monkeypatch.setattr(Commitments, "require_own", lambda *_: None)
    monkeypatch.setattr(opening_round, "_require_roster", lambda *_: None)
    monkeypatch.setattr(Commitments, "require_opened", lambda *_: None)
    assert attack(tmp_path, other, "open").hub.seen[0][1].opening is not None


def test_a_commitment_of_another_study_is_not_opened_in_this_one(tmp_path, monkeypatch):
    """A hub that has seen an opening elsewhere lets it count here."""

    def elsewhere(number: int, request: Request) -> Request:
        if number:
            return request
        other = Occasion("study-2", request.commitments.occasion.specification_sha256)
        return replace(request, commitments=replace(request.commitments, occasion=other))

    (tmp_path / "kept").mkdir()
    hub = MaliciousHub("south", elsewhere)
    with pytest.raises(ProtocolError, match="the commitments belong to another study"):
        Trial(STUDY, TABLES, tmp_path / "kept", hub=hub).run()
    assert hub.seen == []
    monkeypatch.setattr(opening_round, "_require_roster", lambda *_: None)
    monkeypatch.setattr(Commitments, "require_own", lambda *_: None)
    monkeypatch.setattr(Commitments, "require_opened", lambda *_: None)
    assert attack(tmp_path, elsewhere, "open").hub.seen


def opened(trial: Trial) -> tuple[Request, Request]:
    """Return the two requests of an honest hub with which a study begins."""
    parties = [*trial.tables, HUB]
    named = {party: commitment_of(trial.occasion, party, trial.contribution(party)) for party in parties}
    first = Request(0, (), commitments=Commitments(trial.occasion, named))
    given = Openings({party: trial.contribution(party) for party in parties})
    return first, Request(1, (RowCount(),), openings=given)


def test_a_supplier_is_not_left_out_once_its_contribution_is_known(tmp_path, monkeypatch):
    trial = Trial(STUDY, TABLES, tmp_path)
    first, second = opened(trial)
    fewer = {name: value for name, value in second.openings.by_party.items() if name != "north"}
    smaller = replace(second, openings=Openings(fewer))
    trial.ask("south", first)
    with pytest.raises(ProtocolError, match="not every party opened"):
        trial.ask("south", smaller)
    monkeypatch.setattr(Commitments, "require_opened", lambda *_: None)
    assert trial.ask("south", smaller).answers


def test_a_contribution_is_opened_once_and_before_anything_is_counted(tmp_path, monkeypatch):
    trial = Trial(STUDY, TABLES, tmp_path)
    first, second = opened(trial)
    with pytest.raises(ProtocolError, match="opened before anything is counted"):
        trial.ask("south", Request(0, (RowCount(),)))
    trial.ask("south", first)
    with pytest.raises(ProtocolError, match="opened before anything is counted"):
        trial.ask("south", replace(second, openings=None))
    with pytest.raises(ProtocolError, match="named in the first round, once"):
        trial.ask("south", replace(first, round=1))
    trial.ask("south", second)
    with pytest.raises(ProtocolError, match="are opened once"):
        trial.ask("south", replace(second, round=2))

    def admitted(request: Request, memory: Memory) -> Memory:
        return replace(
            admit(replace(request, commitments=None, openings=None), replace(memory, commitments=None)),
            commitments=request.commitments or memory.commitments,
            openings=request.openings or memory.openings,
        )

    monkeypatch.setattr("syncline.protocols.asking.admit", admitted)
    monkeypatch.setattr("supplier_agent.tasks.child.admit", admitted)
    more = (Profile(("age", "sex", "ill")),)
    again = replace(second, round=2, questions=more, openings=grind(second.openings, HUB))
    assert trial.ask("south", again).answers  # the same rows, counted under a salt of the hub's choice


AUTO = STUDY.replace("holdout: 0.3", "holdout: auto")


@pytest.mark.parametrize(("study", "percent"), [(STUDY, 50), (AUTO, 0), (AUTO, 1), (AUTO, 90)])
def test_a_share_that_the_rule_does_not_give_is_refused(tmp_path, monkeypatch, study, percent):
    def other(number: int, request: Request) -> Request:
        return (
            replace(request, openings=replace(request.openings, percent=percent)) if number == 1 else request
        )

    (tmp_path / "kept").mkdir()
    with pytest.raises(ProtocolError, match="the share that is held out is not the one"):
        Trial(study, TABLES, tmp_path / "kept", hub=MaliciousHub("south", other)).run()
    monkeypatch.setattr(opening_round, "require_percent", lambda *_: None)
    trial = Trial(study, TABLES, tmp_path)
    first, second = opened(trial)
    trial.ask("south", first)
    assert trial.ask("south", other(1, second)).answers


def test_half_is_not_held_out_of_a_supplier_that_has_many_people_itself(tmp_path):
    many = {"north": TABLES["north"], "south": rows(5000, 3)}
    trial = Trial(AUTO, many, tmp_path)
    first, second = opened(trial)
    assert trial.ask("south", first).opening.people == 5000
    with pytest.raises(ProtocolError, match="the share that is held out"):
        trial.ask("south", replace(second, openings=replace(second.openings, percent=50)))
    assert trial.ask("south", replace(second, openings=replace(second.openings, percent=20))).answers


PARTIES = ("east", "north", "south", HUB)
contributions = st.binary(min_size=16, max_size=16)


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(PARTIES, contributions)), st.sampled_from(PARTIES), contributions)
def test_a_single_cheater_is_named_or_has_changed_nothing(honest, cheater, chosen):
    """Whoever opens another value than it committed to is named, so the salt follows from commitments."""
    occasion = Occasion("s1", "ab" * 32)
    named = Commitments(occasion, {name: commitment_of(occasion, name, honest[name]) for name in PARTIES})
    openings = Openings({**honest, cheater: chosen})
    if chosen == honest[cheater]:
        named.require_opened(openings)
        assert openings.salt == Openings(honest).salt
        return
    with pytest.raises(ProtocolError, match="the hub" if cheater == HUB else repr(cheater)):
        named.require_opened(openings)


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(dict.fromkeys(PARTIES, contributions)),
    st.sampled_from(PARTIES),
    contributions,
)
def test_one_honest_contribution_makes_the_salt_another(fixed, honest, drawn):
    """Whatever all others agreed on beforehand, another contribution of one party is another salt."""
    salts = {Openings(fixed).salt, Openings({**fixed, honest: drawn}).salt}
    assert len(salts) == 1 + (drawn != fixed[honest])
    assert all(len(salt) == 32 for salt in salts)


@given(contributions, st.permutations(PARTIES))
def test_the_order_in_which_parties_are_told_does_not_matter(value, order):
    values = {name: bytes([place]) + value[1:] for place, name in enumerate(PARTIES)}
    assert Openings({name: values[name] for name in order}).salt == Openings(values).salt


def test_a_party_cannot_commit_to_what_another_committed_to():
    """A copied commitment names its maker, so that nobody can open it under another name."""
    occasion, value = Occasion("s1", "ab" * 32), bytes(16)
    copied = commitment_of(occasion, "north", value)
    named = Commitments(
        occasion, {"north": copied, "south": copied, HUB: commitment_of(occasion, HUB, value)}
    )
    with pytest.raises(ProtocolError, match="'south' opened another"):
        named.require_opened(Openings(dict.fromkeys(("north", "south", HUB), value)))


PERSONS = STUDY.replace("variables:\n", "variables:\n    - {name: pid, kind: identifier, role: person}\n")
TWICE = pa.concat_tables([TABLES["north"].append_column("pid", [[f"p{n}" for n in range(400)]])] * 2)
"""Rows of people who have two each."""


def told_otherwise(sent: bytes, row: int) -> bytes:
    """Return prepared rows of which one is on the other side of the fold."""
    with pa.ipc.open_stream(sent) as reader:
        table = reader.read_all()
    held = table["holdout"].to_numpy(zero_copy_only=False).copy()
    held[row] = not held[row]
    place = table.schema.get_field_index("holdout")
    changed = table.set_column(place, table.schema.field(place), pa.array(held))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(changed.replace_schema_metadata(table.schema.metadata))
    return bytes(sink.getvalue())


@pytest.mark.parametrize("row", [0, 399])
@pytest.mark.parametrize("flow", [DataFlow.PREPARED, DataFlow.SYNTHESIZED])
@pytest.mark.parametrize("study", [STUDY, PERSONS], ids=["rows", "persons"])
def test_rows_that_are_sent_are_held_out_as_the_salt_says(tmp_path, monkeypatch, study, flow, row):
    """A supplier that prepares its rows would choose whom of them the report is about."""
    spec, fold = Trial(study, TABLES, tmp_path).spec, Fold(b"salt", 0.3)
    sent = ship(spec, fold, flow, TableSource(TWICE), Seed.of_number(7)).content
    assert unpack_shipment(spec, fold, flow, sent, "north").batches()
    lie = told_otherwise(sent, row)
    with pytest.raises(
        WireError, match="the rows of supplier 'north': hold rows that are held out, or are not"
    ):
        unpack_shipment(spec, fold, flow, lie, "north")
    with pytest.raises(WireError, match="against the salt"):
        unpack_shipment(spec, Fold(b"salt"), flow, sent, "north")
    monkeypatch.setattr(shipment, "folds_agree", lambda *_, **__: True)
    assert unpack_shipment(spec, fold, flow, lie, "north").batches()
