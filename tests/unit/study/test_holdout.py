"""The share that a study holds out, and whom: stated, by the number of persons, by a salt that all draw."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.data.schema import Schema
from syncline.errors import ProtocolError
from syncline.preparation.fold import Fold, KeyedPersons
from syncline.protocols.opening import HUB, Openings
from syncline.sources.memory import TableSource
from syncline.study.comparer_scope import sampling_key
from syncline.study.few_people import FEW_PEOPLE
from syncline.study.fitting import fold_of, lacks_person_key, people_of, prepared_rows, printed_salt
from syncline.study.holdout import holdout_percent, require_percent, salt_words
from syncline.study.simulated_study import fold_of_run
from syncline.study.spec import StudySpec

SCHEMA = Schema.from_yaml("""\
variables:
  - {name: pid, kind: identifier, role: person}
  - {name: age, kind: integer}
""")
OPENINGS = Openings({"north": bytes(16), HUB: bytes(16)})


def spec_of(seed: int | None = None, schema: Schema = SCHEMA, **validation: object) -> StudySpec:
    return StudySpec.model_validate(
        {
            "syncline": 1,
            "study": "holdout",
            "schema": schema,
            "suppliers": [{"name": "north"}, {"name": "south"}],
            "synthesizer": {"seed": seed},
            "validation": validation,
            "release": {"gate": "none"},
        }
    )


def source(persons: int, visits: int = 2) -> TableSource:
    rows = range(persons * visits)
    return TableSource(pa.table({"pid": [f"p{row % persons}" for row in rows], "age": list(rows)}))


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_every_agent_takes_what_an_honest_hub_tells(own: int, others: int) -> None:
    spec = spec_of()
    percent = holdout_percent(spec, own + others)
    assert percent == (50 if own + others < FEW_PEOPLE else 20)
    require_percent(spec, percent, own)
    for other in set(range(101)) - {20, 50}:
        with pytest.raises(ProtocolError):
            require_percent(spec, other, own)


def test_the_share_is_exact_and_a_stated_one_wins() -> None:
    for percent in (50, 20):
        fold = fold_of(spec_of(), Openings(OPENINGS.by_party, percent))
        assert Fraction(str(fold.fraction)) == Fraction(percent, 100)
    assert fold_of(spec_of(holdout=0.1234), OPENINGS).fraction == 0.1234
    assert holdout_percent(spec_of(holdout=0.1), 10) == 0


def test_nothing_is_prepared_before_the_salt_is_drawn() -> None:
    with pytest.raises(ProtocolError, match="opened before anything is counted"):
        fold_of(spec_of(), None)


def test_the_salt_is_drawn_unless_the_specification_states_it() -> None:
    assert fold_of(spec_of(holdout=0.2), OPENINGS).salt == OPENINGS.salt
    stated = spec_of(holdout=0.2, salt="pepper")
    assert fold_of(stated, OPENINGS).salt == b"pepper"
    assert salt_words(stated).startswith("from the specification: whoever wrote it can choose who")
    assert salt_words(spec_of()) == "drawn by all suppliers and the hub after the approvals"


def test_the_lottery_follows_from_the_salt() -> None:
    assert sampling_key(Fold(b"a")) == sampling_key(Fold(b"a", 0.5)) != sampling_key(Fold(b"b"))


def test_persons_are_counted_once_whatever_is_held_out() -> None:
    assert people_of(spec_of(), source(40)) == 40
    assert people_of(spec_of(schema=SCHEMA.without(["pid"])), source(40)) == 80
    assert (
        people_of(
            spec_of(),
            TableSource(pa.table({"pid": pa.array([], pa.string()), "age": pa.array([], pa.int64())})),
        )
        == 0
    )


def run(spec: StudySpec, *, salt: bytes | None = None, seed: int | None = None, persons: int = 40) -> Fold:
    return fold_of_run(spec, {"north": source(persons), "south": source(30)}, salt, seed)


def test_a_run_in_one_process_takes_the_salt_given_the_stated_one_or_one_of_the_seed() -> None:
    stated = spec_of(salt="pepper", seed=3)
    assert run(stated, salt=b"given").salt == b"given"
    assert run(stated).salt == b"pepper"
    drawn, printed = spec_of(seed=3), bytes(range(64))
    assert run(drawn, salt=printed).salt == printed[:32]
    assert run(drawn, salt=printed).persons == KeyedPersons(printed[32:])
    assert printed_salt(run(drawn, salt=printed)) == printed
    assert run(spec_of(seed=3)).salt == run(spec_of(), seed=3).salt == run(spec_of(seed=4), seed=3).salt
    assert run(spec_of(seed=3)).salt != run(spec_of(seed=4)).salt
    assert len({run(spec_of()).salt for _ in range(9)}) == 9


def test_a_salt_without_the_key_of_persons_cannot_repeat_a_drawn_study() -> None:
    assert lacks_person_key(spec_of(), bytes(32))
    assert not lacks_person_key(spec_of(), bytes(64))
    assert not lacks_person_key(spec_of(salt="pepper"), bytes(32))


def test_a_run_in_one_process_follows_the_same_rule() -> None:
    assert run(spec_of(), persons=FEW_PEOPLE - 31).fraction == "0.50"
    assert run(spec_of(), persons=FEW_PEOPLE - 30).fraction == "0.20"
    assert run(spec_of(holdout=0.1)).fraction == 0.1


def test_about_half_of_the_persons_are_held_out_and_all_their_rows_with_them() -> None:
    table = prepared_rows(
        spec_of(), fold_of(spec_of(), Openings(OPENINGS.by_party, 50), bytes(32)), source(1000)
    )
    (batch,) = table.batches()
    assert 420 * 2 < batch.holdout.sum() < 580 * 2
    assert batch.holdout[:1000].tolist() == batch.holdout[1000:].tolist()


@pytest.mark.parametrize("length", [4, 32, 64, 65])
def test_a_stated_salt_is_the_whole_salt_in_one_process_as_between_several(length: int) -> None:
    """Of 64 bytes it would else be taken for a drawn salt with the key that numbers persons behind it."""
    spec = spec_of(salt="5a" * (length // 2) + "x" * (length % 2), holdout=0.5)
    assert run(spec) == fold_of(spec, OPENINGS)
    assert run(spec, salt=printed_salt(fold_of(spec, OPENINGS))) == fold_of(spec, OPENINGS)
