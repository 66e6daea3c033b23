"""Messages about releases survive the wire; malformed ones are refused by the name of their field."""

from __future__ import annotations

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import WireError
from syncline.study.release_decision import ReleaseSubject, ReleaseVerdict
from syncline.wire import releases
from syncline.wire.gen.syncline.v1 import research_pb2 as pb
from syncline.wire.gen.syncline.v1 import supplier_pb2
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.release_messages import (
    ApprovalEntry,
    GivenDecision,
    ReleaseEntry,
    ReleaseRequest,
    ReleaseState,
)
from tests.unit.wire.test_supplier_messages import ids, names, sentences, through

few = settings(max_examples=60, deadline=None)
counts = st.integers(0, 2**62)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
gates = st.sampled_from([None, True, False])
signatures = st.binary(min_size=64, max_size=64)
reasons = st.text("abc xyz,;", min_size=1, max_size=200).filter(str.strip)
subjects = st.builds(
    ReleaseSubject, ids, ids, digests, st.dictionaries(ids, digests, max_size=4), digests, gates
)
entries = st.builds(
    ReleaseEntry,
    ids.map(ReleaseId),
    ids.map(StudyId),
    ids,
    ids,
    counts,
    counts,
    st.sampled_from(ReleaseState),
    sentences,
    st.one_of(st.none(), subjects),
    st.lists(sentences, max_size=3).map(tuple),
    st.lists(st.builds(ApprovalEntry, names, st.sampled_from(ReleaseVerdict), sentences), max_size=3).map(
        tuple
    ),
    st.integers(0, 253_402_300_799_999_999),
)


@few
@given(entries)
def test_releases_survive(entry):
    assert releases.release_from_proto(through(releases.release_to_proto(entry))) == entry


@few
@given(
    st.builds(
        ReleaseRequest,
        ids.map(ReleaseId),
        st.booleans(),
        st.booleans(),
        st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)),
    )
)
def test_requests_of_a_release_survive_and_show_no_secret(wanted):
    assert releases.request_from_proto(through(releases.request_to_proto(wanted))) == wanted
    assert "secret" not in repr(wanted)


@pytest.mark.parametrize("length", [1, 31, 33, 64, 1_000_000])
def test_an_access_secret_is_empty_or_32_bytes(length):
    message = pb.FetchReleaseRequest(release_id="r1", access_secret=bytes(length))
    with pytest.raises(WireError, match="access_secret: expected 32 bytes"):
        releases.request_from_proto(message)


@pytest.mark.parametrize("moment", [-1, 253_402_300_800_000_000])
def test_the_end_of_a_grant_is_a_time(moment):
    message = pb.Release(release_id="r1", study_id="s1", granted_until_us=moment)
    with pytest.raises(WireError, match="granted_until_us"):
        releases.release_from_proto(message)


@few
@given(st.builds(GivenDecision, subjects, st.sampled_from(ReleaseVerdict), reasons, signatures))
def test_decisions_survive(given_one):
    assert releases.decision_from_proto(through(releases.decision_to_proto(given_one))) == given_one


@few
@given(st.builds(GivenDecision, subjects, st.just(ReleaseVerdict.REFUSE), reasons, signatures))
def test_refusals_survive(given_one):
    assert releases.refusal_from_proto(through(releases.refusal_to_proto(given_one))) == given_one


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_or_read_and_never_crash(content):
    for kind, read in (
        (pb.Release, releases.release_from_proto),
        (pb.DecideReleaseRequest, releases.decision_from_proto),
        (pb.FetchReleaseRequest, releases.request_from_proto),
        (supplier_pb2.RefuseReleaseRequest, releases.refusal_from_proto),
    ):
        try:
            message = kind.FromString(content)
        except DecodeError:
            continue
        try:
            read(message)
        except WireError:
            continue


def subject(**changes):
    fields = {
        "study_id": "s1",
        "release_id": "r1",
        "specification_sha256": bytes(32),
        "content": [pb.TableDigest(name="synthetic.parquet", sha256=bytes(32))],
        "report_sha256": bytes(32),
        "gate": pb.GATE_OUTCOME_PASSED,
    }
    return pb.ReleaseSubject(**{**fields, **changes})


def decision(**changes):
    fields = {
        "subject": subject(),
        "decision": pb.RELEASE_VERDICT_OVERRIDE,
        "reason": "because",
        "signature": bytes(64),
    }
    return pb.DecideReleaseRequest(**{**fields, **changes})


TABLE = pb.TableDigest(name="a", sha256=bytes(32))


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (decision(subject=None), "subject.study_id"),
        (decision(subject=subject(release_id="../x")), "subject.release_id"),
        (decision(subject=subject(report_sha256=b"x")), "subject.report_sha256"),
        (decision(subject=subject(specification_sha256=b"")), "subject.specification_sha256"),
        (decision(subject=subject(gate=0)), "subject.gate"),
        (decision(subject=subject(gate=9)), "subject.gate"),
        (decision(subject=subject(content=[TABLE, TABLE])), "each table once"),
        (decision(subject=subject(content=[TABLE] * 17)), "17 entries"),
        (
            decision(subject=subject(content=[pb.TableDigest(name="a", sha256=b"1")])),
            "subject.content.sha256",
        ),
        (decision(decision=0), "decision"),
        (decision(decision=7), "decision"),
        (decision(reason=" "), "reason"),
        (decision(reason="a\u202eb"), "reason"),
        (decision(reason="x" * 501), "reason"),
        (decision(signature=bytes(63)), "signature"),
    ],
)
def test_malformed_decisions_are_refused_by_field(message, named):
    assert releases.decision_from_proto(decision()).reason == "because"
    with pytest.raises(WireError, match=named):
        releases.decision_from_proto(message)


def test_a_release_in_an_unknown_state_is_refused():
    message = pb.Release(release_id="r1", study_id="s1", state="gone")
    with pytest.raises(WireError, match="state"):
        releases.release_from_proto(message)
