"""Every value of the agent's conversation survives the wire; every malformed message names its field."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import WireError
from syncline.study.flow import DataFlow
from syncline.study.participation import Participation
from syncline.wire import supplier as convert
from syncline.wire.gen.syncline.v1 import supplier_pb2 as pb
from syncline.wire.messages import (
    CHUNK_BYTES,
    MAX_PAYLOAD_BYTES,
    Attachment,
    Chunk,
    ChunkRequest,
    Decision,
    Declined,
    DeclineKind,
    Heartbeat,
    Outcome,
    PayloadRef,
    Proposal,
    ReplyOutcome,
    StudyEnded,
    StudyId,
    SupplierDecision,
    TaskId,
    TaskOffer,
    TaskReply,
    Welcome,
)

few = settings(max_examples=40, deadline=None)
ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,30}", fullmatch=True)
names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._@-]{0,30}[A-Za-z0-9])?", fullmatch=True)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
sentences = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=80)
inline = st.binary(max_size=200).map(PayloadRef.of)
by_reference = st.builds(PayloadRef, digests, st.integers(1, MAX_PAYLOAD_BYTES))
flows = st.none() | st.sampled_from(DataFlow)
payloads = st.one_of(inline, by_reference)
events = st.one_of(
    st.builds(Welcome, sentences.map(lambda text: text[:64]), st.integers(0, 9), st.integers(0, 2**60)),
    st.builds(
        Proposal,
        ids.map(StudyId),
        st.binary(min_size=1, max_size=100),
        names,
        st.binary(min_size=32, max_size=32),
        st.binary(min_size=64, max_size=64),
    ),
    st.builds(
        TaskOffer,
        ids.map(TaskId),
        ids.map(StudyId),
        st.integers(0, 10_000),
        st.integers(0, 1000),
        payloads,
        digests,
        flows,
    ),
    st.builds(StudyEnded, ids.map(StudyId), st.sampled_from(Outcome), sentences),
)


def through(message):
    """Return a message as the other side reads it from bytes."""
    return type(message).FromString(message.SerializeToString())


@few
@given(events)
def test_events_survive(event):
    assert convert.event_from_proto(through(convert.event_to_proto(event))) == event


@few
@given(
    st.builds(Attachment, ids, st.just("0.1.0"), st.integers(0, 99), st.lists(names, max_size=4).map(tuple))
)
def test_attachments_survive(value):
    assert convert.attachment_from_proto(through(convert.attachment_to_proto(value))) == value


@few
@given(st.builds(Heartbeat, ids, st.lists(ids.map(TaskId), max_size=5).map(tuple)))
def test_heartbeats_survive(value):
    assert convert.heartbeat_from_proto(through(convert.heartbeat_to_proto(value))) == value


@few
@given(
    st.builds(
        SupplierDecision,
        ids.map(StudyId),
        digests,
        st.sampled_from(Decision),
        sentences,
        st.binary(min_size=64, max_size=64),
        st.builds(Participation, flows, st.none() | digests),
        st.none() | st.binary(min_size=64, max_size=64).map(bytes.hex),
    )
)
def test_decisions_survive(value):
    assert convert.decision_from_proto(through(convert.decision_to_proto(value))) == value


@few
@given(st.builds(TaskReply, ids.map(TaskId), st.integers(0, 1000), payloads))
def test_replies_survive(value):
    assert convert.reply_from_proto(through(convert.reply_to_proto(value))) == value


@few
@given(st.builds(Declined, ids.map(TaskId), st.sampled_from(DeclineKind), sentences))
def test_declined_tasks_survive(value):
    assert convert.declined_from_proto(through(convert.declined_to_proto(value))) == value


@few
@given(
    st.builds(Chunk, ids.map(TaskId), digests, st.integers(0, 1023), st.binary(min_size=1, max_size=64)),
    st.builds(ChunkRequest, ids.map(TaskId), digests, st.integers(0, 1024)),
    by_reference,
)
def test_chunks_survive(chunk, request, ref):
    assert convert.chunk_from_proto(through(convert.chunk_to_proto(chunk))) == chunk
    assert convert.chunk_request_from_proto(through(convert.chunk_request_to_proto(request))) == request
    missing = convert.missing_request_to_proto(chunk.task_id, ref)
    assert convert.missing_request_from_proto(through(missing)) == (chunk.task_id, ref)


@pytest.mark.parametrize("outcome", ReplyOutcome)
def test_reply_outcomes_survive(outcome):
    assert convert.reply_outcome_from_proto(through(convert.reply_outcome_to_proto(outcome))) is outcome


def test_every_enum_of_the_wire_has_its_domain_value_and_zero_has_none():
    for read, message in (
        (convert.declined_from_proto, pb.DeclineTaskRequest(task_id="t", kind=0)),
        (convert.declined_from_proto, pb.DeclineTaskRequest(task_id="t", kind=99)),
        (convert.reply_outcome_from_proto, pb.SubmitReplyResponse(status=0)),
        (convert.reply_outcome_from_proto, pb.SubmitReplyResponse(status=77)),
    ):
        with pytest.raises(WireError, match="unknown value"):
            read(through(message))


def decision_message(**changes):
    return pb.DecideStudyRequest(
        study_id="s", specification_sha256=bytes(32), decision=1, signature=bytes(64), **changes
    )


BAD = [
    (convert.event_from_proto, pb.AttachResponse(), "event"),
    (convert.attachment_from_proto, pb.AttachRequest(), "instance"),
    (convert.attachment_from_proto, pb.AttachRequest(instance="a", datasets=["x"] * 201), "datasets"),
    (convert.attachment_from_proto, pb.AttachRequest(instance="a", datasets=["a\nb"]), "datasets"),
    (convert.heartbeat_from_proto, pb.HeartbeatRequest(instance="../x"), "instance"),
    (convert.heartbeat_from_proto, pb.HeartbeatRequest(instance="a", busy_task_ids=["t"] * 1001), "busy"),
    (convert.decision_from_proto, pb.DecideStudyRequest(study_id="s"), "specification_sha256"),
    (convert.decision_from_proto, decision_message(flow=9), "flow: unknown value 9"),
    (convert.decision_from_proto, decision_message(preparation_sha256=b"x"), "preparation_sha256"),
    (convert.decision_from_proto, decision_message(commitment=bytes(31)), "commitment"),
    (convert.chunk_from_proto, pb.WriteChunksRequest(task_id="t", sha256=bytes(32)), "data"),
    (convert.chunk_from_proto, pb.WriteChunksRequest(task_id="t", sha256=bytes(31), data=b"x"), "sha256"),
    (
        convert.chunk_from_proto,
        pb.WriteChunksRequest(task_id="t", sha256=bytes(32), index=2**31, data=b"x"),
        "index",
    ),
    (
        convert.chunk_from_proto,
        pb.WriteChunksRequest(task_id="t", sha256=bytes(32), data=bytes(CHUNK_BYTES + 1)),
        "data",
    ),
    (convert.reply_from_proto, pb.SubmitReplyRequest(task_id="t"), "reply.sha256"),
    (
        convert.reply_from_proto,
        pb.SubmitReplyRequest(task_id="t", reply=pb.PayloadRef(sha256=bytes(32), size=2**50)),
        "reply.size",
    ),
    (
        convert.reply_from_proto,
        pb.SubmitReplyRequest(task_id="t", reply=pb.PayloadRef(sha256=bytes(32), size=1, inline=b"x")),
        "SHA-256",
    ),
    (
        convert.reply_from_proto,
        pb.SubmitReplyRequest(
            task_id="t", reply=pb.PayloadRef(sha256=hashlib.sha256(b"x").digest(), size=2, inline=b"x")
        ),
        "stated size",
    ),
]


@pytest.mark.parametrize(("read", "message", "named"), BAD)
def test_malformed_messages_are_refused_by_field(read, message, named):
    with pytest.raises(WireError, match=named):
        read(through(message))


def test_missing_chunks_beyond_the_payload_are_refused():
    ref = PayloadRef("ab" * 32, 3 * CHUNK_BYTES)
    assert convert.missing_response_from_proto(pb.FindMissingChunksResponse(indices=[2, 0, 2]), ref) == [0, 2]
    with pytest.raises(WireError, match="indices"):
        convert.missing_response_from_proto(pb.FindMissingChunksResponse(indices=[3]), ref)


def test_what_holds_bytes_or_secrets_does_not_show_them():
    assert "secret" not in repr(PayloadRef.of(b"secret"))
