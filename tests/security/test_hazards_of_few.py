"""A reader of the report's hazards: a sentence about a supplier's column is none about few of its people."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from syncline.protocols.transition import PartyId
from syncline.questions import rank_counts
from syncline.questions.counts import Counts
from syncline.questions.known import Filled
from syncline.sources.memory import TableSource
from syncline.study import data_check
from syncline.study.data_check import fit_of
from syncline.study.simulated_study import fold_of_run
from syncline.study.spec import StudySpec
from syncline.synthesizers.column_search import SearchPieces
from syncline.synthesizers.hazards import likeness, supplier_sizes
from syncline.synthesizers.hazards.hazard import HazardKind
from syncline.synthesizers.phases import check, search, structure
from tests.unit.study.simulated import fit_study

STUDY = {
    "syncline": 1,
    "study": "hazards",
    "schema": {
        "variables": [
            {"name": "pid", "kind": "identifier", "role": "person"},
            {"name": "age", "kind": "integer", "range": ["0", "110"]},
            {"name": "hiv", "kind": "categorical", "categories": ["neg", "pos"]},
            {"name": "dose", "kind": "continuous", "decimals": 1},
        ]
    },
    "suppliers": [{"name": "north"}, {"name": "south"}],
    "synthesizer": {"method": "marginals"},
    "validation": "none",
    "release": {"gate": "none", "approvals": 0},
}


def table(people: int, visits: int, hiv: list[str | None], dose: float, first: int = 0) -> pa.Table:
    """Return the visits of some people, of whom each has one status."""
    rng = np.random.default_rng(people)
    owner = np.repeat(np.arange(people), visits)
    return pa.table(
        {
            "pid": [f"p{first + n}" for n in owner],
            "age": rng.integers(18, 95, len(owner)),
            "hiv": pa.array([hiv[n] for n in owner], pa.string()),
            "dose": np.round(dose * rng.gamma(9.0, 1.0, len(owner)), 1),
        }
    )


NORTH = table(200, 1, ["neg", "pos"] * 100, 1.0)


def said(south: pa.Table) -> list[str]:
    """Return what is said of columns of the supplier south."""
    spec = StudySpec.model_validate(STUDY)
    sources = {"north": TableSource(NORTH), "south": TableSource(south)}
    found = fit_study(spec, fold_of_run(spec, sources, b"hazards"), sources)
    return [hazard.words for hazard in found.hazards if hazard.column]


def counted_in_rows(patch: pytest.MonkeyPatch) -> None:
    """Take the defence out: every row is a person."""
    patch.setattr(SearchPieces, "rows_of_enough", lambda self, least: self.each.astype(np.int64))
    patch.setattr(rank_counts, "Filled", lambda valid, *rest: Filled(valid, *rest[:2], valid))


@pytest.mark.parametrize("people", [1, 4, 10])
def test_a_supplier_of_few_people_with_many_rows_is_not_told_apart(people: int, monkeypatch) -> None:
    """Its people have sixty visits each: all positive, and of a dose in other units."""
    south = table(people, 60, ["pos"] * people, 1000.0, first=900)
    assert said(south) == []
    counted_in_rows(monkeypatch)
    told = said(south)
    assert any("'hiv' holds one value in all rows of supplier 'south'" in words for words in told)
    assert any("'dose' of supplier" in words for words in told)


def test_a_person_who_lacks_a_value_is_not_told(monkeypatch) -> None:
    has, lacks = (table(1, 1, [status], 1.0, first=900) for status in ("pos", None))
    assert said(has) == said(lacks) == []
    looks = check.lacking_columns
    monkeypatch.setattr(check, "lacking_columns", lambda *asked: looks(*asked[:-1], 1))
    assert said(has) == []
    assert any("'hiv' is missing in all cells of supplier 'south'" in w for w in said(lacks))


def test_nobody_and_few_who_have_a_value_are_told_alike(monkeypatch) -> None:
    """Of three hundred people nobody, or one, was tested; the reader knows all others."""
    tested = [table(300, 1, ["pos"] * n + [None] * (300 - n), 1.0, first=900) for n in (0, 1, 10)]
    none, one, ten = map(said, tested)
    assert none == one == ten
    assert len(none) == 1
    monkeypatch.setattr(supplier_sizes, "few", lambda number, least: False)
    assert said(tested[0]) != said(tested[1])


def of_south(people: int, positive: int, shared: int, dosed: int, visits: int = 1) -> pa.Table:
    """Return people of one supplier of whom few are positive, as old as the others', or have a dose.

    Those who are positive or as old have several visits each.
    """
    rng = np.random.default_rng(people)
    found = pa.table(
        {
            "pid": [f"p{900 + n}" for n in range(people)],
            "age": np.where(np.arange(people) < shared, 40, rng.integers(70, 95, people)),
            "hiv": ["pos"] * positive + ["neg"] * (people - positive),
            "dose": pa.array([9.0] * dosed + [None] * (people - dosed), pa.float64()),
        }
    )
    again = np.where(np.arange(people) < positive + shared, visits, 1)
    return found.take(np.repeat(np.arange(people), again))


ELSEWHERE = table(200, 1, ["neg", "pos"] * 100, 1.0)
ELSEWHERE = ELSEWHERE.set_column(1, "age", pa.array(np.random.default_rng(1).integers(18, 60, 200)))


@pytest.mark.parametrize(("kind", "visits"), [("positive", 1), ("positive", 40), ("shared", 1), ("dosed", 1)])
@pytest.mark.parametrize("people", [60, 300])
def test_the_first_person_who_differs_changes_no_sentence(kind, visits, people, monkeypatch) -> None:
    """The reader knows all people of a supplier but one: is that one the only positive?"""

    def told(number: int) -> list[str]:
        few = {"positive": 0, "shared": 0, "dosed": 0, kind: number}
        spec = StudySpec.model_validate(STUDY)
        sources = {
            "north": TableSource(ELSEWHERE),
            "south": TableSource(of_south(people, **few, visits=visits)),
        }
        return [h.words for h in fit_study(spec, fold_of_run(spec, sources, b"h"), sources).hazards]

    assert len({tuple(told(number)) for number in (0, 1, 2, 10)}) == 1
    assert told(0) != told(people // 2)
    for phase, looks in ((search, "unlike_columns"), (check, "lacking_columns")):
        at, look = (1 if phase is search else 4), getattr(phase, looks)
        monkeypatch.setattr(phase, looks, lambda *a, at=at, look=look: look(*a[:at], 1, *a[at + 1 :]))
    assert told(0) != told(1) or told(1) != told(10)


@pytest.mark.parametrize("people", [30, 60])
def test_the_reason_of_a_decline_does_not_tell_whether_anybody_has_a_value(people, monkeypatch) -> None:
    """A supplier's own check before anything leaves ends the study by a sentence that all can read."""
    spec = StudySpec.model_validate({**STUDY, "hazards": {"sparse": "stop"}})

    def told(number: int) -> str:
        source = TableSource(of_south(people, 0, 0, number))
        return fit_of(spec, source, closely=False).public

    assert "column 'dose' is missing in 95% of the cells or more, or in all but" in told(0)
    assert len({told(number) for number in (0, 1, 2, 4, 10)}) == 1
    assert not told(20)
    shares = data_check.missing_shares
    monkeypatch.setattr(data_check, "missing_shares", lambda profile, least: shares(profile, 1))
    assert told(1) != told(4)


# One person with many rows weighs as one person, in every sentence


def in_rows(patch: pytest.MonkeyPatch) -> None:
    """Take the defence out: what hangs on people is judged by rows."""

    def bare(answers: Mapping[PartyId, Counts]) -> dict[PartyId, Counts]:
        return {party: Counts.of_dense(own.dense()) for party, own in answers.items()}

    lacking, reverse, shares = check.lacking_columns, structure.reversed_columns, data_check.missing_shares
    patch.setattr(check, "lacking_columns", lambda own, *rest: lacking(bare(own), *rest))
    patch.setattr(check, "SupplierSize", lambda rows, buckets: supplier_sizes.SupplierSize(rows))
    patch.setattr(likeness, "about_people", lambda buckets, rows: rows)
    patch.setattr(
        structure,
        "reversed_columns",
        lambda columns, asked, own, least: reverse(columns, asked, bare(own), least),
    )
    patch.setattr(data_check, "missing_shares", lambda own, least: shares(bare({"": own})[""], least))


def visits(of: list[int], dose: list[float | None], first: int) -> pa.Table:
    """Return so many rows of each person, of whom each has one dose or none."""
    owner = np.repeat(np.arange(len(of)), of)
    return pa.table(
        {
            "pid": [f"p{first + n}" for n in owner],
            "age": np.random.default_rng(1).integers(18, 95, len(owner)),
            "hiv": np.array(["neg", "pos"])[owner % 2],
            "dose": pa.array([dose[n] for n in owner], pa.float64()),
        }
    )


FEW_OF_MANY_ROWS = {
    "who lacks a value": visits([1] * 60 + [1300], [9.0] * 60 + [None], 900),
    "who has a value": visits([1] * 60 + [400], [None] * 60 + [9.0], 900),
    "whose rows fill a table": visits([1] * 24 + [10], [9.0] * 25, 900),
}


@pytest.mark.parametrize("who", FEW_OF_MANY_ROWS)
def test_one_person_of_many_rows_changes_no_sentence_about_cells_and_sizes(who, monkeypatch) -> None:
    """The reader knows all people of the supplier but the last one."""
    spec = StudySpec.model_validate({**STUDY, "hazards": {"sparse": "stop"}})
    those, alone = FEW_OF_MANY_ROWS[who], len(FEW_OF_MANY_ROWS[who])
    rest = those.filter(pc.not_equal(those["pid"], those["pid"][alone - 1]))

    def told(south: pa.Table) -> tuple[list[str], str]:
        return all_said(south), fit_of(spec, TableSource(south), closely=False).public

    assert told(rest) == told(those)
    in_rows(monkeypatch)
    assert told(rest)[0] != told(those)[0]
    assert (told(rest)[1] != told(those)[1]) == (who != "whose rows fill a table")


def related(of: list[int], turned: list[bool], first: int) -> pa.Table:
    """Return rows whose status goes with age and dose, the other way round for those who are turned."""
    rng = np.random.default_rng(first)
    owner = np.repeat(np.arange(len(of)), of)
    level = rng.random(len(owner))
    positive = (level + rng.normal(0, 0.1, len(owner)) > 0.5) ^ np.array(turned)[owner]
    return pa.table(
        {
            "pid": [f"p{first + n}" for n in owner],
            "age": (18 + 70 * level).astype(np.int64),
            "hiv": np.where(positive, "pos", "neg"),
            "dose": np.round(20 * level + rng.random(len(owner)), 1),
        }
    )


def test_one_person_of_many_rows_does_not_turn_a_column(monkeypatch) -> None:
    """Sixty people are as elsewhere; the last one, of 2,000 rows, is the other way round."""
    elsewhere = related([1] * 400, [False] * 400, 1)
    rest, those = (related([1] * 60 + [n], [False] * 60 + [True], 900) for n in (0, 2000))
    assert reversals(rest, elsewhere) == reversals(those, elsewhere) == []
    turned = related([1] * 200, [True] * 200, 900)
    assert len(reversals(turned, elsewhere)) == 1, "a column that most people have turned is found"
    in_rows(monkeypatch)
    assert reversals(rest, elsewhere) == []
    assert len(reversals(those, elsewhere)) == 1


def usual() -> pa.Table:
    """Return a supplier of people who are positive where they are old."""
    rng = np.random.default_rng(4)
    age = rng.integers(18, 95, 400)
    return pa.table(
        {
            "pid": [f"p{n}" for n in range(400)],
            "age": age,
            "hiv": np.where(age > 56, "pos", "neg"),
            "dose": np.round(age / 10 + rng.normal(size=400), 1),
        }
    )


def turned(few: int) -> pa.Table:
    """Return a supplier of as many rows of the old, all negative, as of the young, all of ``few`` people."""
    rng = np.random.default_rng(5)
    owner = np.concatenate([np.arange(240) % max(few, 1), 100 + np.arange(240)])
    young = np.arange(480) < 240
    age = np.where(young, rng.integers(18, 57, 480), rng.integers(57, 95, 480))
    return pa.table(
        {
            "pid": [f"q{n}" for n in owner],
            "age": age,
            "hiv": np.where(young & (few > 0), "pos", "neg"),
            "dose": np.round(age / 10 + rng.normal(size=480), 1),
        }
    )


@pytest.mark.parametrize("few", [1, 10])
def test_few_people_with_many_rows_do_not_make_a_column_reversed(few: int, monkeypatch) -> None:
    """Polarity needs people of either value: one person's hundred visits are one person's."""
    spec = StudySpec.model_validate({**STUDY, "synthesizer": {"method": "cart"}})

    def told(people: int) -> list[str]:
        sources = {"north": TableSource(usual()), "south": TableSource(turned(people))}
        found = fit_study(spec, fold_of_run(spec, sources, b"hazards"), sources).hazards
        return [one.words for one in found if one.kind is HazardKind.POLARITY]

    assert told(few) == told(0) == []
    assert len(told(60)) == 1
    in_rows(monkeypatch)
    assert len(told(few)) == 1


def all_said(south: pa.Table, north: pa.Table = NORTH, **more: object) -> list[str]:
    """Return every sentence about suppliers."""
    spec = StudySpec.model_validate({**STUDY, **more})
    sources = {"north": TableSource(north), "south": TableSource(south)}
    return [h.words for h in fit_study(spec, fold_of_run(spec, sources, b"h"), sources).hazards]


def reversals(south: pa.Table, north: pa.Table) -> list[str]:
    """Return what is said of columns whose relations are the other way round."""
    found = all_said(south, north, synthesizer={"method": "cart"})
    return [words for words in found if "the other way round" in words]
