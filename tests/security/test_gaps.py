"""A hub or a supplier that abuses gaps: one asks beyond the gap of two columns, the other lies about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from supplier_agent.tasks.child import judge
from syncline.data.codebook import Codebook, Coding
from syncline.data.gap import Gap, GapLine
from syncline.data.schema import Schema
from syncline.errors import Contradiction, PolicyRefusal, ProtocolError
from syncline.protocols.asking import Answering, Memory, Reply, Request
from syncline.protocols.codebook_scope import require_codebook_in_scope
from syncline.questions import rank_counts
from syncline.questions.counts import Counts
from syncline.questions.marginals import Axis, Marginals
from syncline.questions.pair_counts import PairCounts
from syncline.questions.rank_counts import RankColumn, RankCounts
from syncline.questions.tree_level import TreeLevel
from syncline.study.policy import Policy
from syncline.synthesizers.column_coding import code_column, code_gap
from syncline.synthesizers.column_search import ColumnSearch
from tests.studies.harness import POLICY, MaliciousSupplier, Trial
from tests.unit.study.local_fit import workspace_of

STUDY = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: adm, kind: date, range: [2020-01-01, 2021-12-31]}
    - {name: dis, kind: date, range: [2020-01-01, 2022-12-31]}
    - {name: age, kind: integer, range: [0, 110]}
    - {name: ward, kind: categorical, categories: [a, b]}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: cart, seed: 7, max_depth: 3, min_leaf: 30}
validation: none
release: {gate: none, approvals: 0}
"""
SCHEMA = Schema.model_validate(
    {
        "variables": [
            {"name": "adm", "kind": "date", "range": ["2020-01-01", "2021-12-31"]},
            {"name": "dis", "kind": "date", "range": ["2020-01-01", "2022-12-31"]},
            {"name": "age", "kind": "integer", "range": [0, 110]},
            {"name": "id", "kind": "identifier"},
        ]
    }
)
STAY = Gap.between("dis", "adm", SCHEMA.names, above=True)
BITS = GapLine.of_gap(STAY, SCHEMA).bits
ASKED = RankColumn(STAY.name, -(2**BITS), 0, BITS + 1, (0,), STAY)


def table(number: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    first = np.datetime64("2020-01-01") + rng.integers(0, 700, number).astype("timedelta64[D]")
    stay = np.floor(rng.exponential(5.0, number)).astype("timedelta64[D]")
    return pa.table(
        {
            "adm": first,
            "dis": first + stay,
            "age": rng.integers(0, 100, number),
            "ward": rng.choice(["a", "b"], number),
        }
    )


TABLES = {"north": table(700, 1), "south": table(900, 2)}


def ask(column: RankColumn) -> None:
    rows = workspace_of(TABLES["north"].append_column("id", pa.array(["x"] * 700)), SCHEMA)
    Answering().respond(Request(0, (RankCounts((column,)),)), rows, Memory())


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (replace(ASKED, gap=replace(STAY, base="id")), "the schema models"),
        (replace(ASKED, gap=replace(STAY, base="age")), "another name"),
        (replace(ASKED, gap=replace(STAY, name="s"), name="s"), "another name"),
        (replace(ASKED, name="age"), "named otherwise"),
        (replace(ASKED, base=0), "its own range"),
    ],
)
def test_a_hub_cannot_ask_for_a_gap_beyond_the_schema(
    column: RankColumn, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent subtracts only columns of a common step, under their own name, over their own line."""
    ask(ASKED)
    with pytest.raises(ProtocolError, match=sentence):
        ask(column)
    monkeypatch.setattr(RankCounts, "check", lambda *_: None)
    if column.gap is not None and column.gap.base == "adm":
        ask(column)


def test_a_hub_cannot_divide_a_gap_again_from_the_beginning() -> None:
    rows = workspace_of(TABLES["north"].append_column("id", pa.array(["x"] * 700)), SCHEMA)
    first = RankColumn(STAY.name, -(2**BITS), BITS - 3, 4, (0,), STAY)
    _, memory = Answering().respond(Request(0, (RankCounts((first,)),)), rows, Memory())
    for again in (first, replace(first, gap=replace(STAY, above=False))):
        with pytest.raises(ProtocolError, match=r"divided otherwise|another name"):
            Answering().respond(Request(1, (RankCounts((again,)),)), rows, memory)


def test_a_codebook_codes_one_gap_of_a_column_and_only_behind_the_columns() -> None:
    columns = [code_column(v, ColumnSearch.begin(v), 11, 11, persons=False).codes for v in SCHEMA.modelled]
    line = GapLine.of_gap(STAY, SCHEMA)
    gap = code_gap(line, ColumnSearch.begin_gap(line), 11, 11, persons=False).codes
    require_codebook_in_scope(Codebook((*columns, gap)), SCHEMA)
    stranger = replace(gap, gap=replace(STAY, base="age"))
    other = Gap.between("dis", "age", SCHEMA.names, above=True)
    for wrong in (
        (gap, *columns),
        (*columns[:2], gap, columns[2]),
        (*columns, stranger),
        (*columns, replace(gap, name="s")),
        (*columns, gap, replace(gap, name=other.name, gap=other)),
    ):
        with pytest.raises(ProtocolError):
            require_codebook_in_scope(Codebook(wrong), SCHEMA)


def test_a_gap_beside_other_columns_is_both_of_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy of two columns together would let a hub read three, or four."""
    columns = [code_column(v, ColumnSearch.begin(v), 11, 11, persons=False).codes for v in SCHEMA.modelled]
    line = GapLine.of_gap(STAY, SCHEMA)
    book = Codebook((*columns, code_gap(line, ColumnSearch.begin_gap(line), 11, 11, persons=False).codes))
    policy = Policy.from_document({**POLICY, "limits": {**POLICY["limits"], "max_order": 2}})
    pair = Marginals(((Axis("age", Coding.FINE), Axis(STAY.name, Coding.FINE)),), holdout=False)
    groups = tuple(np.zeros(book.column(name).n_codes, np.uint8) for name in ("age", STAY.name))
    for question in (pair, PairCounts(("age", STAY.name), groups)):
        with pytest.raises(PolicyRefusal, match="counts 3 columns together"):
            judge(policy, Request(0, (question,), book), Memory(), SCHEMA)
        with monkeypatch.context() as patch:
            patch.setattr(type(question), "order_in", lambda self, book: self.marginal_order)
            assert judge(policy, Request(0, (question,), book), Memory(), SCHEMA)


def moved(number: int, request: Request, reply: Reply) -> Reply:
    """Say of sixty rows with a gap that the base has no value there."""
    answers = list(reply.answers)
    for place, question in enumerate(request.questions):
        if isinstance(question, RankCounts) and question.gaps:
            answer = answers[place]
            assert isinstance(answer, Counts)
            cells = answer.dense()
            heavy = int(np.argmax(cells))
            cells[heavy] -= 60
            cells[5] += 60
            index = np.flatnonzero(cells)
            answers[place] = Counts(answer.size, index, cells[index])
    return replace(reply, answers=tuple(answers))


def test_a_supplier_that_tells_a_gap_otherwise_than_its_columns_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, supplier: MaliciousSupplier | None = None) -> bytes:
        (tmp_path / name).mkdir()
        released = Trial(STUDY, TABLES, tmp_path / name, supplier=supplier).run()
        return (released.directory / "synthetic.parquet").read_bytes()

    liar = MaliciousSupplier("north", moved)
    with pytest.raises(Contradiction, match=r"supplier 'north'.*lacks its base in more rows"):
        run("caught", liar)
    monkeypatch.setattr(rank_counts._Parts, "_require_gap", lambda *_: None)
    with pytest.raises(Contradiction, match=r"supplier 'north'.*\(tree_level\)"):
        run("later", liar)
    monkeypatch.setattr(TreeLevel, "reconcile", lambda self, answer, known, codebook: known)
    assert run("unguarded", liar)


AMBIGUOUS = """\
syncline: 1
study: trial
schema:
  variables:
    - {name: pid, kind: identifier, role: person}
    - {name: y from z, kind: integer, range: [0, 200]}
    - {name: x, kind: integer, range: [0, 400]}
    - {name: z, kind: integer, range: [0, 200]}
    - {name: x from y, kind: integer, range: [0, 400]}
suppliers: [{name: north}, {name: south}]
quorum: {min_suppliers: 2}
synthesizer: {method: cart, seed: 7, min_leaf: 20}
hazards: {severe: report}
validation: none
release: {gate: none, approvals: 0}
"""
"""Two gaps whose names would be the same words, and with them the hash by which persons are told apart."""


def parts_and_wholes(number: int, seed: int) -> pa.Table:
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, 200, (2, number))
    columns = {"y from z": first, "x": first + rng.integers(0, 60, number)}
    others = {"z": second, "x from y": second + rng.integers(0, 60, number)}
    return pa.table({"pid": [f"{seed}-{place}" for place in range(number)], **columns, **others})


def test_two_gaps_never_have_one_name(tmp_path, monkeypatch):
    tables = {"north": parts_and_wholes(400, 1), "south": parts_and_wholes(300, 2)}

    def gaps(folder: Path) -> set[str]:
        folder.mkdir()
        trial = Trial(AMBIGUOUS, tables, folder)
        trial.run()
        searches = [one for _, asked in trial.asked for one in asked.questions if isinstance(one, RankCounts)]
        return {column.name for one in searches for column in one.ranked if column.gap is not None}

    assert gaps(tmp_path / "told apart") == {"x from y from z (1)", "x from y from z (8)"}
    monkeypatch.setattr(
        Gap, "between", lambda of, base, names, *, above: Gap(f"{of} from {base}", of, base, above)
    )
    with pytest.raises(ProtocolError, match="a column is named twice"):
        gaps(tmp_path / "one name")
