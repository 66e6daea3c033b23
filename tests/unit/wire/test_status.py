"""An error crosses the wire with its class and sentence; a defect crosses without either."""

from __future__ import annotations

import grpc
import grpc.aio
import pytest

from syncline import errors
from syncline.compute.child import ChildDied
from syncline.errors import SynclineError, public_words
from syncline.wire import refusals
from syncline.wire.status import (
    INTERNAL_SENTENCE,
    METADATA_KEY,
    PeerUnreachable,
    catalogue_class,
    error_from_rpc,
    status_of,
)

CLASSES = [
    kind
    for module in (errors, refusals)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, SynclineError) and kind.__module__ == module.__name__
]


def crossed(error: BaseException) -> SynclineError:
    code, sentence, kind = status_of(error)
    trailing = grpc.aio.Metadata((METADATA_KEY, kind))
    return error_from_rpc(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, sentence))


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_of_the_catalogue_crosses_as_itself(kind):
    raised = kind("column 'age': one sentence")
    error = crossed(raised)
    assert type(error) is kind
    assert str(error) == public_words(raised)


def test_a_class_that_the_other_side_may_not_know_crosses_as_its_nearest():
    assert type(crossed(ChildDied("gone"))) is catalogue_class(ChildDied("gone")) is SynclineError


def test_a_defect_says_nothing_of_what_it_met():
    error = crossed(ValueError("a value from data: 42"))
    assert str(error) == INTERNAL_SENTENCE


def test_a_peer_that_names_no_class_is_read_by_its_status():
    for named in ((), (("syncline-error", "Nonsense"),)):
        raw = grpc.aio.AioRpcError(
            grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(*named), None
        )
        assert isinstance(error_from_rpc(raw), PeerUnreachable)


def test_what_a_hub_says_cannot_write_on_the_terminal():
    error = crossed(SynclineError("one\x1b[2K\ntwo\u202ethree\u2028four"))
    assert str(error) == "one [2K two three four"


@pytest.mark.parametrize(
    ("details", "cause"),
    [
        (
            "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to"
            " remote host: connect: Connection refused (111)",
            "connection refused",
        ),
        ("DNS resolution failed for hub.invalid:8443: C-ares status is not ARES_SUCCESS", "name not known"),
        ("failed to connect to all addresses; last error: UNAVAILABLE: connection timed out", "timed out"),
        ("failed to connect to all addresses; last error: UNKNOWN: tls handshake", "no connection"),
        ("Socket closed", "connection lost"),
        ("the hub is shutting down", "the hub is shutting down"),
    ],
)
def test_why_a_connection_failed_is_said_without_grpcs_words(details, cause):
    raw = grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), details)
    assert f"the hub does not answer ({cause}): check" in str(error_from_rpc(raw))


def test_long_sentences_are_cut():
    assert len(status_of(SynclineError("x" * 5000))[1]) == 1000
