"""Approvals in a manifest: those that were signed verify, and everything else is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from syncline.errors import IdentityError, UsageError
from syncline.identity.keys import generate_signing_key, public_signing_key
from syncline.study.approvals import SIMULATED, ApprovalRecord, GateRecord, distinct
from syncline.study.manifest import ReleaseFacts, verify_release, write_manifest
from syncline.study.release_decision import (
    ReleaseDecision,
    ReleaseSubject,
    ReleaseVerdict,
    SignedReleaseDecision,
    wanted,
)
from tests.unit.study.test_manifest import FACTS

HUB = generate_signing_key()
EVA, MAX = generate_signing_key(), generate_signing_key()
REPORT = b'{"gate": {}}\n'
SUBJECT = ReleaseSubject(
    "s1",
    "r1",
    FACTS.specification_sha256,
    {"synthetic.parquet": "9" * 64},
    hashlib.sha256(REPORT).hexdigest(),
    gate_passed=True,
)
AT = "2026-01-02T03:04:05Z"
PASSED = GateRecord(0.01, 0.0025, True, ())
FAILED = GateRecord(0.01, 0.0025, False, ("xgap: seen",))


def approval(
    name: str,
    key: Ed25519PrivateKey,
    decision: ReleaseVerdict = ReleaseVerdict.APPROVE,
    reason: str = "read it",
    **changes: Any,
) -> SignedReleaseDecision:
    return ReleaseDecision(replace(SUBJECT, **changes), decision, reason, name).signed(key)


def facts(
    *signed: SignedReleaseDecision,
    approvals: int = 1,
    approvers: tuple[str, ...] = (),
    gate: GateRecord | None = PASSED,
    **changes: Any,
) -> ReleaseFacts:
    asked = {"approvals": approvals, "approvers": list(approvers)}
    return replace(
        FACTS,
        **{
            "release_id": "r1",
            "content_sha256": SUBJECT.content_sha256,
            "parameters": {"release": asked},
            "gate": gate,
            "approvals": tuple(ApprovalRecord.of(one, AT) for one in signed),
            **changes,
        },
    )


@pytest.fixture
def failures(tmp_path: Path) -> Callable[..., tuple[str, ...]]:
    def written(made: ReleaseFacts) -> tuple[str, ...]:
        (tmp_path / "report.json").write_bytes(REPORT)
        write_manifest(tmp_path, made, HUB)
        found = verify_release(tmp_path)
        assert (len(found.approvals) == len(made.approvals)) == found.passed or not made.approvals
        return found.failures

    return written


def test_the_signature_is_over_the_canonical_json_of_the_decision() -> None:
    signed = approval("eva", EVA)
    body = {
        "approver": "eva",
        "content_sha256": {"synthetic.parquet": "9" * 64},
        "decision": "approve",
        "gate_passed": True,
        "reason": "read it",
        "release_id": "r1",
        "report_sha256": SUBJECT.report_sha256,
        "specification_sha256": "a" * 64,
        "study_id": "s1",
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    message = b"syncline/v1/release-decision\x00" + hashlib.sha256(text).digest()
    Ed25519PublicKey.from_public_bytes(public_signing_key(EVA)).verify(signed.signature, message)


@pytest.mark.parametrize(
    "change",
    [
        {"study_id": "s2"},
        {"release_id": "r2"},
        {"specification_sha256": "b" * 64},
        {"content_sha256": {"synthetic.parquet": "8" * 64}},
        {"content_sha256": {"other.parquet": "9" * 64}},
        {"report_sha256": "c" * 64},
        {"gate_passed": False},
        {"gate_passed": None},
    ],
)
def test_a_decision_passes_for_no_other(change: dict[str, Any], failures: Any) -> None:
    signed = approval("eva", EVA)
    signed.verify()
    moved = replace(signed, statement=replace(signed.statement, subject=replace(SUBJECT, **change)))
    with pytest.raises(IdentityError, match="release decision"):
        moved.verify()
    (failure,) = failures(facts(approval("eva", EVA, **change)))
    assert "the approval of 'eva' is not signed by its key, or is about another release" in failure


@pytest.mark.parametrize("decision", [ReleaseVerdict.OVERRIDE, ReleaseVerdict.REFUSE])
def test_an_override_and_a_refusal_say_why(decision: ReleaseVerdict) -> None:
    with pytest.raises(UsageError, match=f"{decision} release r1: say why with --reason"):
        approval("eva", EVA, decision, " ")
    approval("eva", EVA, ReleaseVerdict.APPROVE, "")


@pytest.mark.parametrize("asked", range(4))
def test_a_failed_gate_needs_an_override_however_few_approvals_are_asked(asked: int) -> None:
    assert wanted(asked, True) == wanted(asked, None) == (asked, ReleaseVerdict.APPROVE)
    assert wanted(asked, False) == (max(asked, 1), ReleaseVerdict.OVERRIDE)


def test_enough_approvals_verify(failures: Any) -> None:
    assert failures(facts(approval("eva", EVA))) == ()
    assert failures(facts(approval("eva", EVA), approval("max", MAX), approvals=2)) == ()
    assert failures(facts(approval("eva", EVA), approvers=("Eva", "max"))) == ()
    assert failures(facts(approval("operator", HUB))) == ()
    assert failures(facts(approval("ann", HUB), approval("bob", HUB), approvals=2)) == ()
    assert failures(facts(approvals=0)) == ()
    assert failures(facts(approval("eva", EVA, gate_passed=None), gate=None)) == ()
    override = approval("eva", EVA, ReleaseVerdict.OVERRIDE, "public data", gate_passed=False)
    assert failures(facts(override, gate=FAILED)) == ()
    assert failures(facts(override, approvals=0, gate=FAILED)) == ()
    assert failures(facts(run=SIMULATED)) == ()


def test_too_few_are_found(failures: Any) -> None:
    few = "2 people had to approve this release, and 1 did so"
    assert any(few in failure for failure in failures(facts(approval("eva", EVA), approvals=2)))
    assert any("1 people had to override" in failure for failure in failures(facts(gate=FAILED, approvals=0)))
    (failure,) = failures(facts(approval("eva", EVA), approval("EVA", MAX), approvals=2))
    assert "2 people had to approve" in failure
    (failure,) = failures(facts(approval("eva", EVA), approval("eve", EVA), approvals=2))
    assert "2 people had to approve" in failure


def test_the_wrong_kind_and_the_wrong_people_are_found(failures: Any) -> None:
    (failure,) = failures(facts(approval("eva", EVA, gate_passed=False), gate=FAILED))
    assert "says approve, and this release needed override" in failure
    (failure,) = failures(facts(approval("eva", EVA, ReleaseVerdict.REFUSE)))
    assert "says refuse, and this release needed approve" in failure
    (failure,) = failures(facts(approval("eva", EVA), approvers=("max",)))
    assert "is not by one of the approvers whom the study names" in failure
    (failure,) = failures(facts(approval("max", HUB), approvers=("max",)))
    assert "is signed by the hub, and the study names its approvers" in failure


@pytest.mark.parametrize(
    "spoilt",
    [
        {"signature": "00"},
        {"signature": "zz"},
        {"public_key": "00" * 32},
        {"public_key": public_signing_key(MAX).hex()},
        {"key_fingerprint": "0" * 64},
        {"decision": "maybe"},
        {"approver": "max"},
        {"reason": "other"},
    ],
)
def test_forged_records_are_found(spoilt: dict[str, str], failures: Any) -> None:
    record = replace(ApprovalRecord.of(approval("eva", EVA), AT), **spoilt)
    assert failures(facts(approvals=0)) == ()
    found = failures(replace(facts(), approvals=(record,)))
    assert len(found) >= 1
    assert all("manifest.json: " in failure for failure in found)


@pytest.mark.parametrize(
    "broken",
    [
        {"approvals": 5},
        {"approvals": [5]},
        {"approvals": [{}]},
        {"approvals": None},
        {"parameters": []},
        {"parameters": {"release": {"approvals": "x"}}},
        {"gate": "yes"},
        {"gate": []},
        {"content_sha256": 4, "approvals": [{}]},
    ],
)
def test_a_manifest_of_a_careless_hub_fails_without_a_crash(broken: dict[str, Any], tmp_path: Path) -> None:
    from syncline.study.approvals import check_approvals

    (tmp_path / "report.json").write_bytes(REPORT)
    write_manifest(tmp_path, facts(approval("eva", EVA)), HUB)
    body = json.loads((tmp_path / "manifest.json").read_text())
    key = public_signing_key(HUB)
    assert check_approvals(body, key) == []
    assert check_approvals(body | broken, key) == ["manifest.json: its approvals do not read"]


def test_nobody_counts_twice() -> None:
    hub = public_signing_key(HUB)
    eva, again = approval("eva", EVA), approval("Eva", MAX)
    assert distinct([eva, again, approval("max", MAX)], hub) == [eva, approval("max", MAX)]
    assert distinct([eva, approval("eve", EVA)], hub) == [eva]
    ann, bob = approval("ann", HUB), approval("bob", HUB)
    assert distinct([ann, bob, approval("ann", HUB, reason="twice")], hub) == [ann, bob]
