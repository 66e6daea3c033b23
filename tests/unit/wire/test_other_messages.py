"""Messages of enrolment and research survive the wire; malformed ones are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.errors import WireError
from syncline.wire import enrolment, research
from syncline.wire.enrolment_messages import Enrolment, EnrolmentRequest, Renewal, RenewalRequest
from syncline.wire.gen.syncline.v1 import enrolment_pb2, research_pb2
from syncline.wire.messages import (
    FileChunk,
    ReleaseId,
    StudyId,
    StudyStatus,
    SupplierStatus,
)
from tests.unit.wire.test_supplier_messages import ids, names, sentences, through

few = settings(max_examples=40, deadline=None)
pems = st.binary(max_size=50).map(lambda tail: b"-----BEGIN " + tail)
keys = st.binary(min_size=32, max_size=32)
counts = st.integers(0, 2**62)
suppliers = st.builds(SupplierStatus, names, st.booleans(), ids, sentences, st.integers(0, 2**31))
statuses = st.builds(
    StudyStatus,
    ids.map(StudyId),
    ids,
    ids,
    sentences,
    ids,
    st.integers(0, 9999),
    counts,
    counts,
    st.lists(suppliers, max_size=3).map(tuple),
    ids,
    st.one_of(st.none(), ids.map(ReleaseId)),
    counts,
    counts,
    rounds_expected=st.integers(0, 2**32 - 1),
)


@few
@given(st.builds(EnrolmentRequest, keys, pems, keys, ids, st.binary(min_size=64, max_size=64)))
def test_enrolment_requests_survive(value):
    message = through(enrolment.enrolment_request_to_proto(value))
    assert enrolment.enrolment_request_from_proto(message) == value
    assert value.secret.hex() not in repr(value)


@few
@given(
    st.builds(Enrolment, pems, pems, names, ids, ids, keys),
    st.builds(RenewalRequest, pems, pems, st.binary(min_size=1, max_size=72)),
    st.builds(Renewal, pems, pems),
)
def test_certificates_survive(given_one, request, renewal):
    assert enrolment.enrolment_from_proto(through(enrolment.enrolment_to_proto(given_one))) == given_one
    message = through(enrolment.renewal_request_to_proto(request))
    assert enrolment.renewal_request_from_proto(message) == request
    assert enrolment.renewal_from_proto(through(enrolment.renewal_to_proto(renewal))) == renewal


@few
@given(statuses)
def test_statuses_survive(value):
    assert research.status_from_proto(through(research.status_to_proto(value))) == value


@few
@given(
    st.builds(FileChunk, ids, st.integers(0, 2**32), st.binary(max_size=64)),
)
def test_pieces_of_files_survive(chunk):
    assert research.file_chunk_from_proto(through(research.file_chunk_to_proto(chunk))) == chunk


@pytest.mark.parametrize(
    ("read", "message", "named"),
    [
        (enrolment.enrolment_request_from_proto, enrolment_pb2.EnrolRequest(), "secret"),
        (enrolment.renewal_request_from_proto, enrolment_pb2.RenewRequest(certificate=b"DER"), "PEM"),
        (research.submission_from_proto, research_pb2.SubmitStudyRequest(), "specification"),
        (
            research.submission_from_proto,
            research_pb2.SubmitStudyRequest(specification=bytes((1 << 20) + 1)),
            "specification",
        ),
        (
            research.file_chunk_from_proto,
            research_pb2.FetchReleaseResponse(file_name="../../home", data=b"x"),
            "file_name",
        ),
        (
            research.cancellation_from_proto,
            research_pb2.CancelStudyRequest(study_id="s", reason="a\0"),
            "reason",
        ),
    ],
)
def test_malformed_messages_are_refused_by_field(read, message, named):
    with pytest.raises(WireError, match=named):
        read(through(message))
