"""What every technique keeps: one suite over the registry, and over three toys.

``mixture`` has a model of its own, and ``best_pair`` looks for relations between columns first.
"""

from __future__ import annotations

import json
import secrets
from itertools import product

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from supplier_agent.consent.conditions import condition_lines, conditions_to_json
from syncline.data.schema import Schema
from syncline.errors import DataError, UsageError
from syncline.protocols.asking import Answering, Memory, Reply, Request, admit
from syncline.protocols.in_process import run
from syncline.protocols.transition import PartyId
from syncline.questions.question import Context, Entropy
from syncline.questions.workspace import Workspace
from syncline.study.questions_asked import questions_of
from syncline.study.spec import StudySpec
from syncline.synthesizers import registry, wide
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.streams import PARTITION_ROWS, Seed
from syncline.synthesizers.synthesizer import Synthesizer
from syncline.wire.exchange import HOPS
from tests.studies.test_flows import released, sources, spec_of
from tests.unit.study.cohort import WITH_PERSON, WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import fingerprint, fit, workspace_of
from tests.unit.study.simulated import fit_state_codec

TOYS = [f"tests.conformance.synthesizers.{name}" for name in ("chain", "mixture", "best_pair")]
with pytest.MonkeyPatch.context() as patch:
    patch.setattr(registry, "FOLDERS", [*registry.FOLDERS, *TOYS])
    NAMES = tuple(registry.cards())

ROWS = 240
pytestmark = pytest.mark.filterwarnings("ignore::syncline.data.note.TableWarning")


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the toy techniques be known: they register, and do nothing else."""
    monkeypatch.setattr(registry, "FOLDERS", [*registry.FOLDERS, *TOYS])


def document(method: str, **synthesizer: object) -> dict[str, object]:
    return {
        "syncline": 1,
        "study": "conformance",
        "schema": WITH_PERSON,
        "suppliers": [{"name": name} for name in ("east", "north", "south")],
        "synthesizer": {"method": method, **synthesizer},
    }


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize(("schema", "holdout"), [(WITH_PERSON, "0.2"), (WITHOUT_PERSON, "0")])
def test_no_split_and_no_batch_changes_a_byte(method, schema, holdout):
    chosen = {"method": method, "holdout": holdout}
    whole = fingerprint(fit([cohort(ROWS)], schema, **chosen), schema, method)
    for parts, seed, batch_rows in ((1, 1, 7), (3, 2, 50), (6, 3, 1000)):
        split = fit(spread(cohort(ROWS), parts, seed), schema, batch_rows=batch_rows, **chosen)
        assert fingerprint(split, schema, method) == whole


@pytest.mark.parametrize("method", NAMES)
def test_every_flow_releases_the_same_bytes(method):
    given = sources(WITH_PERSON)
    flows = [("summaries",) * 4, ("prepared",) * 4, ("raw", "summaries", "prepared", "raw")]
    found = {released(spec_of(flow, WITH_PERSON, method), given) for flow in flows}
    assert len(found) == 1


@pytest.mark.parametrize("method", NAMES)
def test_partitions_are_drawn_in_any_order(method):
    model = fit([cohort(ROWS)], WITHOUT_PERSON, method=method).model
    seed, sizes = Seed.of_number(4), (PARTITION_ROWS, 9)
    whole = list(model.sample(sum(sizes), seed))
    for part in (1, 0):
        for name, (keys, missing) in model.partition(part, sizes[part], seed).items():
            assert np.array_equal(keys, whole[part][name][0])
            assert np.array_equal(missing, whole[part][name][1])


@pytest.mark.parametrize("method", NAMES)
def test_a_saved_model_draws_what_it_drew(method, tmp_path):
    frame = cohort(ROWS).to_pandas().drop(columns=["pid", "absent"])
    model = Synthesizer(method, seed=3).fit(frame)
    drawn = model.sample(50)
    model.save(tmp_path / "model")
    pd.testing.assert_frame_equal(Synthesizer.load(tmp_path / "model").sample(50), drawn)
    pd.testing.assert_frame_equal(Synthesizer(method, seed=3).fit(frame).sample(50), drawn)
    assert not Synthesizer(method, seed=4).fit(frame).sample(50).equals(drawn)


@pytest.mark.parametrize("method", NAMES)
def test_conditions_are_met(method):
    frame = cohort(ROWS).to_pandas().drop(columns=["pid", "absent"])
    drawn = Synthesizer(method, seed=3).fit(frame).sample(20, conditions={"sex": "f", "ill": True})
    assert len(drawn) == 20
    assert set(drawn.sex) == {"f"}
    assert set(drawn.ill) == {True}


@pytest.mark.parametrize(("method", "min_cell"), list(product(NAMES, (1, 11))))
def test_nothing_that_few_people_share_is_drawn(method, min_cell):
    """Every category that comes out is one of ``min_cell`` people at least, or of a group of as many."""
    table = cohort(600)
    model = fit([table], WITH_PERSON, method=method, min_cell=min_cell).model
    frame = table.to_pandas()
    people = frame.groupby("ward").pid.nunique()
    groups = model.describe().siblings.get("ward", ())
    assert all(frame.pid[frame.ward.isin(group)].nunique() >= min_cell for group in groups)
    assert bool(groups) == (min_cell > 1)
    drawn = next(iter(model.sample(5000, Seed.of_number(1))))["ward"][0]
    ward = model.released(WITH_PERSON).variable("ward")
    names = {ward.categories[key] for key in np.unique(drawn).tolist()}
    assert names
    siblings = {name for group in groups for name in group}
    assert {name for name in names if people.get(name, min_cell) < min_cell} <= siblings


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize("rows", [1, 2, 12])
def test_tiny_tables_give_a_model_or_a_sentence(method, rows):
    table = cohort(40).slice(0, rows)
    model = fit([table, table.slice(0, 0)], WITHOUT_PERSON, method=method, min_cell=1).model
    drawn = next(iter(model.sample(30, Seed.of_number(1))))
    assert {len(keys) for keys, _ in drawn.values()} == {30}


class Listening(Answering):
    """Answer, and remember what kinds of questions came, and how many columns they counted together."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()
        self.order = 0

    def respond(
        self, request: Request, table: Workspace, memory: Memory, entropy: Entropy = secrets.token_bytes
    ) -> tuple[Reply, Memory]:
        self.asked |= {question.kind for question in request.questions}
        context = Context(admit(request, memory).asked)
        self.order = max([self.order, *(one.extent(context).order for one in request.questions)])
        return super().respond(request, table, memory, entropy)


@pytest.mark.parametrize("searched_whole", [2, 100])
@pytest.mark.parametrize("method", NAMES)
def test_who_approves_reads_the_technique_and_every_question_that_it_asks(
    method, searched_whole, monkeypatch
):
    monkeypatch.setattr(wide, "FULL_COLUMNS", searched_whole)
    settings, supplier = FitSettings(WITH_PERSON, method=method), Listening()
    tables = {
        PartyId(f"s{i}"): workspace_of(part, WITH_PERSON) for i, part in enumerate(spread(cohort(ROWS), 3, 1))
    }
    parties = {
        party: lambda request, memory, table=table: supplier.respond(request, table, memory)
        for party, table in tables.items()
    }
    run(Fit(settings), parties, Memory(), hops=HOPS, state=fit_state_codec(settings))
    spec = StudySpec.model_validate(document(method))
    assert supplier.asked == set(questions_of(spec))
    assert supplier.order <= registry.card_of(method).order
    words = dict(condition_lines(spec))["Learns"]
    assert words.startswith(f"{method}: ")
    told = conditions_to_json(spec)["synthesizer"]
    assert isinstance(told, dict)
    assert told["method"] == method
    assert registry.card_of(method).defaults.items() <= told.items()


@pytest.mark.parametrize("method", NAMES)
def test_settings_are_strict(method):
    for setting in registry.card_of(method).settings:
        for value in (setting.least - 1, setting.most + 1, "many", 1.5):
            with pytest.raises(UsageError, match=setting.name):
                Synthesizer(method, **{setting.name: value})
        Synthesizer(method, **{setting.name: setting.most})
        assert setting.least <= setting.default <= setting.most
        assert setting.meaning.endswith(".")
    with pytest.raises(UsageError, match="sitting"):
        Synthesizer(method, sitting=3)
    with pytest.raises(ValidationError):
        StudySpec.model_validate(document(method, sitting=3))


def test_two_techniques_may_not_mean_two_things_by_one_setting(monkeypatch):
    monkeypatch.setattr(registry, "FOLDERS", [*registry.FOLDERS, "tests.conformance.synthesizers.rival"])
    with pytest.raises(ValueError, match="times"):
        registry.settings()


def test_a_table_without_rows_is_refused_in_a_sentence():
    for method in NAMES:
        with pytest.raises(Exception, match=r"fewer than|no row") as caught:
            fit([cohort(10).slice(0, 0)], WITHOUT_PERSON, method=method)
        assert "Traceback" not in str(caught.value)


def test_cards_are_distinct():
    cards = list(registry.cards().values())
    assert len({card.name for card in cards}) == len({card.summary for card in cards}) == len(cards)


@pytest.mark.parametrize("method", [name for name in NAMES if name in registry.cards()])
def test_its_settings_are_keys_of_its_own_studies_alone(method):
    own = registry.card_of(method).settings
    chosen = StudySpec.model_validate(document(method, **{setting.name: setting.most for setting in own}))
    assert StudySpec.from_canonical(chosen.canonical()).synthesizer.of_technique == {
        setting.name: setting.most for setting in own
    }
    usual = {setting.name for setting in registry.card_of(registry.DEFAULT).settings}
    for other in registry.cards():
        written = json.loads(StudySpec.model_validate(document(other)).canonical())["synthesizer"]
        theirs = {setting.name for setting in registry.card_of(other).settings}
        assert not {setting.name for setting in own}.intersection(written) - theirs - usual


ORDERED = Schema.model_validate(
    {
        "variables": [
            {"name": "kind", "kind": "categorical", "categories": ["a", "b"]},
            {"name": "low", "kind": "integer", "range": [0, 99]},
            {"name": "high", "kind": "integer", "range": [0, 99]},
        ],
        "constraints": [{"of": "low", "formula": "at_most", "from": ["high"]}],
    }
)


@pytest.mark.parametrize("method", NAMES)
def test_no_row_that_breaks_a_declared_constraint_is_released(method):
    rng = np.random.default_rng(3)
    low, gap = rng.integers(0, 50, 600), rng.integers(0, 30, 600)
    columns = {"kind": np.array(["a", "b"])[rng.integers(0, 2, 600)], "low": low, "high": low + gap}
    made = Synthesizer(method, seed=1, schema=ORDERED, min_cell=2).fit(pd.DataFrame(columns))
    if method == "mixture":  # it draws columns that know nothing of each other, and so is held to the schema
        with pytest.raises(DataError, match="break a constraint of the schema, 'low' is at most 'high'"):
            made.sample(2000)
        return
    assert not made.sample(2000).eval("low > high").any()
