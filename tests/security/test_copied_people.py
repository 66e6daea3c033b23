"""A release that copies people: the gate fails, or the report says that it could not have seen so few.

The attacker makes the table, and plants rows of people verbatim in rows that are nobody's. Four kinds of
small tables are tried, since what a gate can see follows from the table as much as from the number of people.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import syncline
from syncline.validation.disclosure import gate as gate_module
from syncline.validation.disclosure.sight import Sight
from syncline.validation.disclosure.threshold_tests import ThresholdTest
from syncline.validation.report.words import answers, gate_line
from syncline.validation.validation import Validation
from tests.studies.harness import Trial
from tests.unit.study.two_suppliers import STUDY, rows

USED, HELD = 669, 334
UNSEEN = re.compile(r"A leak of fewer than ([0-9,]+) of these ([0-9,]+) people")


def numbers(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return numbers alone, as in a laboratory's table."""
    common = rng.normal(size=(n, 1))
    values = np.round(common + rng.normal(size=(n, 8)), 3)
    return pd.DataFrame({f"x{place}": values[:, place] for place in range(8)})


def patients(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return numbers and categories that depend on each other."""
    age = rng.integers(18, 95, n)
    return pd.DataFrame(
        {
            "age": age,
            "weight": np.round(rng.normal(60 + age / 5, 9, n), 1),
            "ward": np.array(["a", "b", "c", "d"])[(age // 20 + rng.integers(0, 2, n)) % 4],
            "ill": np.where(rng.random(n) < age / 120, "yes", "no"),
            "score": rng.poisson(age),
        }
    )


def coarse(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return so few values that some people have a whole row in any such table."""
    age = rng.integers(18, 95, n)
    return pd.DataFrame({"age": age, "ward": rng.integers(0, 4, n), "score": rng.poisson(age / 3)}).astype(
        str
    )


def categories(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return a few categories: everybody has a whole row in any such table."""
    return pd.DataFrame({name: rng.choice(["a", "b", "c"], n) for name in ("ward", "group", "answer")})


KINDS = {"numbers": numbers, "patients": patients, "coarse": coarse, "categories": categories}


def leaked(kind: str, copied: int, used: int = USED, held: int = HELD) -> Validation:
    """Validate a table that holds so many of the people used verbatim, and nobody else."""
    rng = np.random.default_rng(12)
    everybody = KINDS[kind](2 * used + held, rng)
    own, others, fresh = (
        everybody.iloc[first:last].reset_index(drop=True)
        for first, last in ((0, used), (used, used + held), (used + held, 2 * used + held))
    )
    table = pd.concat([own.iloc[:copied], fresh.iloc[copied:]], ignore_index=True)
    return syncline.validate(own, table, others)


def confessed(found: Validation) -> int:
    """Return below how many people the report says that a leak would not be seen; 0 if it does not."""
    page, said = found._repr_html_(), found.document()["gate"]
    for words in said["words"]:  # type: ignore[index,call-overload,union-attr]
        if match := UNSEEN.match(str(words)):
            assert match[0] in page, "the page says it as well"
            assert match[2] == f"{USED:,}"
            return int(match[1].replace(",", ""))
    return 0


@pytest.mark.parametrize("copied", [0, 17, 40, 120])
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["numbers", "patients", "coarse"])
def test_whoever_is_copied_is_seen_or_the_report_says_that_so_few_would_not_be(
    kind: str, copied: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = leaked(kind, copied)
    assert not found.gate.passed or copied < confessed(found)
    if copied == 0:
        assert found.gate.passed
    if copied == 120:
        assert not found.gate.passed
    monkeypatch.setattr(ThresholdTest, "fails", property(lambda test: False))
    monkeypatch.setattr(gate_module, "sight_words", lambda sights, used: iter(()))
    bare = leaked(kind, copied)
    assert bare.gate.passed, "without tests and without the sentence the leak is passed in silence"
    assert confessed(bare) == 0


def test_sixteen_of_669_against_none_are_named_beside_the_verdict() -> None:
    found = leaked("numbers", 17)
    assert found.gate.passed
    assert confessed(found) == 18
    assert any(
        "Whole rows of 17 of the people used and of 0 of the others" in line for line in found.gate.words
    )
    few = leaked("numbers", 5)
    assert any("Whole rows of fewer than 11 of the people used" in line for line in few.gate.words)
    assert not any("of 5 " in line for line in few.gate.words)


@pytest.mark.parametrize("copied", [0, 300])
def test_a_gate_that_tells_nobody_apart_does_not_pass(copied: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = leaked("categories", copied)
    assert not found.gate.passed
    assert gate_line(found.gate.to_json()).startswith("not judged: blind")
    assert answers(found.document())[0].kind == "mild"
    monkeypatch.setattr(Sight, "blind", property(lambda sight: False))
    assert leaked("categories", copied).gate.passed, "a blind gate passes whatever was copied"


def test_a_study_of_few_people_says_it_in_its_release(tmp_path) -> None:  # type: ignore[no-untyped-def]
    released = Trial(STUDY, {"north": rows(400, 1), "south": rows(700, 2)}, tmp_path).run()
    gate = released.report["gate"]
    assert gate["words"]
    assert len(gate["ladders"]) == 3
    for words in gate["words"]:
        assert words in released.printed()
