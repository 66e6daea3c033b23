"""The advice against the table of its page, read for every combination of abilities."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from syncline.errors import DocumentError
from syncline.study.advice import (
    Abilities,
    ConsumerAbility,
    HubAbility,
    SupplierAbility,
    advise,
    remarks,
)
from syncline.study.flow import DataFlow

PAGE = Path(__file__).parents[3] / "docs" / "advise.md"


def expected(alone: bool, answers: bool, prepares: bool, synthesizes: bool, sends: bool, hub: HubAbility):
    """The table of docs/advise.md, row by row."""
    if alone and synthesizes:
        return "synthesized"
    if answers and hub.trusted_with_counts:
        return "summaries"
    if sends and hub.may_hold_rows:
        return "prepared" if prepares else "raw"
    return "synthesized" if synthesizes else None


@pytest.mark.parametrize("alone", [True, False])
def test_every_combination_follows_the_table(alone):
    for answers, prepares, synthesizes, sends, holds, trusted in product([True, False], repeat=6):
        hub = HubAbility(may_hold_rows=holds, trusted_with_counts=trusted)
        one = SupplierAbility(
            name="a", answers=answers, prepares=prepares, synthesizes=synthesizes, may_send_rows=sends
        )
        others = () if alone else (SupplierAbility(name="b"),)
        abilities = Abilities(syncline=1, suppliers=(one, *others), trusted_party=hub)
        found = advise(abilities)[0]
        assert found.flow == expected(alone, answers, prepares, synthesizes, sends, hub)
        assert found.reason


def test_no_row_is_ever_sent_to_a_hub_that_may_not_hold_it():
    for answers, prepares, synthesizes, sends, trusted in product([True, False], repeat=5):
        one = SupplierAbility(
            name="a", answers=answers, prepares=prepares, synthesizes=synthesizes, may_send_rows=sends
        )
        hub = HubAbility(may_hold_rows=False, trusted_with_counts=trusted)
        flow = advise(Abilities(syncline=1, suppliers=(one,), trusted_party=hub))[0].flow
        assert flow not in (DataFlow.RAW, DataFlow.PREPARED)


def test_the_example_of_the_page_gives_each_flow_once():
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert example is not None
    abilities = Abilities.model_validate(_parsed(example[1]))
    assert {one.flow for one in advise(abilities)} == set(DataFlow)


def _parsed(text: str) -> object:
    from syncline.data.document import parse_document

    return parse_document(text, "abilities")


def test_a_consumer_that_may_hold_the_data_is_asked_whether_it_needs_synthetic_ones():
    abilities = Abilities.assumed(3)
    assert not any("are needed at all" in remark for remark in remarks(abilities, advise(abilities)))
    ready = abilities.model_copy(update={"consumer": ConsumerAbility(may_hold_rows=True, cost="low")})
    assert any("are needed at all" in remark for remark in remarks(ready, advise(ready)))


def test_the_command_prints_a_line_a_supplier_and_json(tmp_path):
    from syncline.cli.app import app

    file = tmp_path / "abilities.yaml"
    file.write_text("syncline: 1\nsuppliers: [{name: a, answers: no}]\n")
    done = CliRunner().invoke(app, ["advise", "--sources", "2", "--json"])
    assert [one["flow"] for one in json.loads(done.stdout)["suppliers"]] == ["summaries"] * 2
    wrong = CliRunner().invoke(app, ["advise", "--abilities", str(file)])
    assert isinstance(wrong.exception, DocumentError)
    assert "suppliers[a].answers must be true or false" in str(wrong.exception)
