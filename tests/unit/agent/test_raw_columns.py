"""Under the flow raw the policy judges the source's own columns, beside the rows and before an approval."""

from __future__ import annotations

import pytest

from supplier_agent.tasks.child import AgentChild
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import PolicyRefusal
from syncline.preparation.preparation_document import Preparation
from syncline.protocols.asking import Request
from syncline.questions.row_count import RowCount
from syncline.study.policy import Policy
from tests.unit.agent.opened import ask
from tests.unit.agent.small_study import POLICY, STUDY, specification

STEPS = "syncline: 1\nsteps:\n  - {step: recode, columns: [sex], codes: {F: F}}\n"
FROM_HIV = STEPS + "  - {step: derive, into: age, operation: sum, from: [years, hiv]}\n"
PERSON = "  variables:\n    - {name: pid, kind: text, role: person}\n"


def send(tmp_path, steps, *, person=None, deny="[hiv]", study=STUDY):
    table = tmp_path / "heart.csv"
    named = "age" if "into: age" not in steps else "years"
    table.write_text(f"pid,{named},sex,hiv\n" + "p1,40,F,1\np2,50,M,0\n" * 20)
    text = POLICY.replace("[summaries]", "[raw]").replace(
        '{allow: ["*"]}', f"{{allow: [age, sex, years], deny: {deny}}}"
    )
    policy = build(Policy, parse_document(text, "policy"), "policy").to_document()
    header = {
        "op": "respond",
        "supplier": "cleveland",
        "source": str(table),
        "policy": policy,
        "person": person,
        "flow": "raw",
    }
    spec = specification(study.replace("{name: cleveland}", "{name: cleveland, flow: raw}"))
    canonical = Preparation.from_yaml(steps).canonical()
    answer, (shipment, _) = ask(AgentChild(), header, spec, Request(0, (RowCount(),)), b"", canonical)
    return answer, shipment


def test_a_denied_column_stays_and_the_audit_holds_what_was_sent(tmp_path):
    answer, shipment = send(tmp_path, STEPS)
    assert answer["questions"] == [{"kind": "raw_rows", "columns": ["age", "sex"], "cells": 0}]
    assert b"hiv" not in shipment
    assert b"pid" not in shipment


@pytest.mark.parametrize(("deny", "key"), [("[hiv]", "columns.deny"), ("[]", "columns.allow")])
def test_a_column_that_a_step_needs_is_judged_by_its_name_in_the_source(tmp_path, deny, key):
    with pytest.raises(PolicyRefusal, match=rf"{key}: of the source the column 'hiv'") as refused:
        send(tmp_path, FROM_HIV, deny=deny)
    assert "hiv" not in str(refused.value.public), "others are not told the names of a source"


def test_the_registered_person_column_leaves_and_is_audited(tmp_path):
    study = STUDY.replace("  variables:\n", PERSON)
    answer, _ = send(tmp_path, STEPS, person="pid", study=study)
    assert answer["person"] == "pid"
    assert answer["questions"][0]["columns"] == ["pid", "age", "sex"]
    with pytest.raises(PolicyRefusal, match=r"columns\.allow"):
        send(tmp_path, STEPS, study=study)
