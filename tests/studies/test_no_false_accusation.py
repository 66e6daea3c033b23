"""Nobody who tells the truth is accused: no table and no split of it breaks an invariant over rounds.

What is checked of each supplier holds for the sum over all as well, as the hub would see it where answers are
masked: the same functions take the merged answers.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from syncline.data.inference import infer_schema
from syncline.data.schema import Schema
from syncline.errors import StudyFailed
from syncline.protocols.asking import Answering, Reply
from syncline.protocols.one_round import merge
from syncline.protocols.transition import Finish, PartyId
from syncline.synthesizers.fit import Fit
from syncline.synthesizers.hazards.rules import Lacking
from syncline.synthesizers.settings import FitSettings
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec
from tests.studies.harness import POLICY, Trial
from tests.studies.test_exactness import penguins
from tests.unit.study.cohort import WITH_PERSON, WITHOUT_PERSON, cohort, spread
from tests.unit.study.local_fit import settings_with, workspace_of
from tests.unit.study.simulated import fit_state_codec
from tests.unit.study.two_suppliers import STUDY, rows

TOTAL = PartyId("(total)")


def rounds_of(parts: list[pa.Table], schema: Schema, holdout: str, *, summed: bool, **chosen: Any) -> int:
    """Run a fit, every hop and every state through its codec; return how many rounds it took.

    With ``summed`` the hub sees nothing but the sum of all suppliers' answers.
    """
    wanted = settings_with(schema, **chosen)
    hub, supplier, states = Fit(wanted), Answering(), fit_state_codec(wanted)
    requests, replies, memories = RequestCodec(), ReplyCodec(), MemoryCodec()
    tables = [workspace_of(part, schema, holdout=holdout, batch_rows=40) for part in parts]
    kept = [b""] * len(tables)
    names = (TOTAL,) if summed else tuple(PartyId(f"s{i:02}") for i in range(len(tables)))
    transition, rounds = hub.start(names), 0
    while not isinstance(transition, Finish):
        state = states.decode(states.encode(transition.state))
        assert state.known == transition.state.known
        answered = []
        for place, table in enumerate(tables):
            request = requests.decode(requests.encode(transition.request))
            reply, memory = supplier.respond(request, table, memories.decode(kept[place]))
            kept[place] = memories.encode(memory)
            answered.append(replies.decode(replies.encode(reply)))
        if summed:
            columns = zip(*(reply.answers for reply in answered), strict=True)
            answered = [Reply(state.round, tuple(reduce(merge, column) for column in columns))]
        transition = hub.step(state, dict(zip(names, answered, strict=True)), frozenset())
        rounds += 1
    assert set(transition.result.known) == set(names)
    return rounds


cells = st.fixed_dictionaries(
    {
        "age": st.none() | st.integers(0, 110) | st.just(99),
        "sex": st.sampled_from([None, "f", "m", "x"]),
        "ward": st.none() | st.sampled_from([f"w{i}" for i in range(14)]),
        "clinic": st.none() | st.sampled_from(["north", "south", "west"]),
        "bilirubin": st.none() | st.decimals(-999, 999, places=2).map(float) | st.just(0.0),
        "log_bilirubin": st.none() | st.floats(-1e60, 1e60),
        "dose": st.none() | st.sampled_from([0.0, -0.0, 1.5, 1e-300, -1e50, 7e59]),
        "grade": st.none() | st.sampled_from(["low", "mid", "high"]),
        "ill": st.none() | st.booleans(),
        "constant": st.none() | st.integers(-(2**40), 2**40),
        "pid": st.integers(0, 70).map(lambda n: f"p{n}"),
    }
)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    rows=st.lists(cells, min_size=12, max_size=60),
    owners=st.lists(st.integers(0, 4), min_size=60, max_size=60),
    method=st.sampled_from(["cart", "cart", "marginals"]),
    persons=st.booleans(),
    min_cell=st.sampled_from([1, 2, 11]),
    holdout=st.sampled_from(["0", "0.3"]),
    summed=st.booleans(),
)
def test_any_table_in_any_split(rows, owners, method, persons, min_cell, holdout, summed):
    schema = WITH_PERSON if persons else WITHOUT_PERSON
    whole = pa.table({name: [row[name] for row in rows] for name in rows[0]})
    whole = whole.append_column("seen", pa.nulls(len(rows), pa.string()))
    whole = whole.append_column("absent", pa.nulls(len(rows), pa.string()))
    parts = [whole.filter([owner == part for owner in owners[: len(rows)]]) for part in range(5)]
    try:
        rounds_of(
            parts, schema, holdout, summed=summed, method=method, min_cell=min_cell, min_leaf=3, max_depth=4
        )
    except StudyFailed:
        return  # too few persons, or a column that a supplier lacks; who lied would be a Contradiction


@pytest.mark.parametrize("summed", [False, True], ids=["each supplier", "the sum"])
@pytest.mark.parametrize(("schema", "holdout"), [(WITH_PERSON, "0.2"), (WITHOUT_PERSON, "0")])
@pytest.mark.parametrize("min_cell", [1, 11])
def test_a_cohort_with_everything_that_is_awkward(schema, holdout, min_cell, summed):
    parts = spread(cohort(700), 5, seed=min_cell)
    assert min(part.num_rows for part in parts) == 0
    taken = rounds_of(parts, schema, holdout, summed=summed, min_cell=min_cell, min_leaf=12, max_depth=7)
    assert taken > 8


@pytest.mark.parametrize("absent", [Lacking.MISSING, Lacking.EXCLUDE])
def test_suppliers_that_lack_columns(absent):
    """A column that is all missing at one supplier counts as missing, or is left out for all."""
    first, second = spread(cohort(600), 2, seed=2)
    name = "bilirubin"
    place = second.schema.get_field_index(name)
    second = second.set_column(place, name, pa.nulls(second.num_rows, pa.float64()))
    parts = [pa.concat_tables([first, first.slice(0, 40)]), second]
    lacking = {"absent": absent, "sparse": absent, "severe": FitSettings(WITH_PERSON).severe}
    assert rounds_of(parts, WITH_PERSON, "0.2", summed=False, min_leaf=20, max_depth=4, **lacking) > 5


def test_more_suppliers_than_are_compared():
    """Beyond ``MAX_COMPARED`` the hub keeps nobody's rows by interval: less is known, and nobody lies."""
    parts = spread(cohort(900), 131, seed=4)
    assert rounds_of(parts, WITH_PERSON, "0", summed=False, min_leaf=60, max_depth=3) > 5


def test_a_real_table():
    table = penguins()
    schema = infer_schema(table)
    assert rounds_of(spread(table, 3, seed=5), schema, "0.2", summed=False, min_leaf=15, max_depth=6) > 5


@pytest.mark.parametrize("holdout", ["0", "0.3"])
def test_a_comparison_with_a_target(holdout: str, tmp_path):
    """Without anybody held out no tree of real rows predicts the target, and none of its rows is scored."""
    study = STUDY.replace("holdout: 0.3", f"holdout: {holdout}, target: ill, keys: [sex]")
    policy = {**POLICY, "validation": {"salt": "study", "holdout": {"least": 0, "most": 0.5}}}
    Trial(study, {"north": rows(400, 1), "south": rows(700, 2)}, tmp_path, policy=policy).run()
