"""Errors across the wire: each class of the catalogue has one gRPC status and keeps its class and sentence.

The class travels as trailing metadata ``syncline-error``; a peer that sends an unknown class or none is read
by its status alone. An error that nobody raised on purpose crosses as INTERNAL with one fixed sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

import grpc
import grpc.aio

from syncline.errors import (
    Contradiction,
    DataError,
    DocumentError,
    IdentityError,
    PolicyRefusal,
    PolicyUnreadable,
    ProtocolError,
    StorageError,
    StudyFailed,
    SynclineError,
    UsageError,
    WireError,
    WorkLimitReached,
    public_words,
)
from syncline.wire.people_sentence import people_sentence
from syncline.wire.refusals import AlreadyAttached, HubFault, PeerUnreachable, UnknownObject, VersionMismatch

__all__ = [
    "INTERNAL_SENTENCE",
    "METADATA_KEY",
    "TIME_KEY",
    "AlreadyAttached",
    "HubFault",
    "PeerUnreachable",
    "UnknownObject",
    "VersionMismatch",
    "catalogue_class",
    "error_from_rpc",
    "status_of",
]

METADATA_KEY: Final = "syncline-error"
TIME_KEY: Final = "syncline-hub-time-us"
_MOST_DIGITS = 17
INTERNAL_SENTENCE: Final = "the hub failed to answer: its log says more"
_MOST_CHARACTERS = 1000
_UNVERIFIED = "CERTIFICATE_VERIFY_FAILED"
_UNVERIFIED_SENTENCE = (
    "the hub shows a certificate of another authority than the one trusted here, or one that is out of date:"
    " check the hub's address and both clocks, and ask its operator whether the hub was made anew"
)

_CAUSES = (
    (("connection refused",), "connection refused"),
    (
        ("name resolution", "domain name not found", "dns resolution", "nodename nor servname"),
        "name not known",
    ),
    (("timed out", "timeout", "deadline exceeded", "deadline_exceeded"), "timed out"),
    (("no route to host", "network is unreachable"), "no route to it"),
    (("socket closed", "connection reset", "broken pipe", "goaway"), "connection lost"),
    (("failed to connect to all addresses",), "no connection"),
)

_STATUS: Mapping[type[SynclineError], grpc.StatusCode] = {
    WireError: grpc.StatusCode.INVALID_ARGUMENT,
    DocumentError: grpc.StatusCode.INVALID_ARGUMENT,
    UnknownObject: grpc.StatusCode.NOT_FOUND,
    UsageError: grpc.StatusCode.INVALID_ARGUMENT,
    AlreadyAttached: grpc.StatusCode.ALREADY_EXISTS,
    IdentityError: grpc.StatusCode.PERMISSION_DENIED,
    VersionMismatch: grpc.StatusCode.FAILED_PRECONDITION,
    Contradiction: grpc.StatusCode.FAILED_PRECONDITION,
    ProtocolError: grpc.StatusCode.FAILED_PRECONDITION,
    PolicyRefusal: grpc.StatusCode.PERMISSION_DENIED,
    PolicyUnreadable: grpc.StatusCode.FAILED_PRECONDITION,
    DataError: grpc.StatusCode.FAILED_PRECONDITION,
    StudyFailed: grpc.StatusCode.ABORTED,
    WorkLimitReached: grpc.StatusCode.RESOURCE_EXHAUSTED,
    StorageError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    PeerUnreachable: grpc.StatusCode.UNAVAILABLE,
    HubFault: grpc.StatusCode.INTERNAL,
    SynclineError: grpc.StatusCode.INTERNAL,
}

_BY_NAME: Mapping[str, type[SynclineError]] = {kind.__name__: kind for kind in _STATUS}

_BY_CODE: Mapping[grpc.StatusCode, type[SynclineError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: WireError,
    grpc.StatusCode.NOT_FOUND: UnknownObject,
    grpc.StatusCode.ALREADY_EXISTS: AlreadyAttached,
    grpc.StatusCode.PERMISSION_DENIED: IdentityError,
    grpc.StatusCode.UNAUTHENTICATED: IdentityError,
    grpc.StatusCode.FAILED_PRECONDITION: ProtocolError,
    grpc.StatusCode.UNAVAILABLE: PeerUnreachable,
    grpc.StatusCode.DEADLINE_EXCEEDED: PeerUnreachable,
    grpc.StatusCode.CANCELLED: PeerUnreachable,
    grpc.StatusCode.INTERNAL: HubFault,
    grpc.StatusCode.UNKNOWN: HubFault,
}


def catalogue_class(error: SynclineError) -> type[SynclineError]:
    """Return the nearest class of the catalogue, of which ``error`` is an instance."""
    return next(kind for kind in type(error).__mro__ if kind in _STATUS)


def status_of(error: BaseException) -> tuple[grpc.StatusCode, str, str]:
    """Return gRPC status, public sentence and class name for an error that ends a call."""
    if not isinstance(error, SynclineError):
        return grpc.StatusCode.INTERNAL, INTERNAL_SENTENCE, HubFault.__name__
    kind = catalogue_class(error)
    return _STATUS[kind], public_words(error)[:_MOST_CHARACTERS], kind.__name__


def error_from_rpc(error: grpc.aio.AioRpcError) -> SynclineError:
    """Return the error that the peer raised, or what its status means where it named none."""
    metadata = cast(grpc.aio.Metadata, error.trailing_metadata())
    details = people_sentence(error.details() or error.code().name.lower())
    named = _BY_NAME.get(str(metadata.get(METADATA_KEY)))
    if named is AlreadyAttached:
        refused = AlreadyAttached(details)
        refused.hub_time_us = _time_us(metadata.get(TIME_KEY))
        return refused
    if named is not None:
        return named(details)
    kind = _BY_CODE.get(error.code(), SynclineError)
    if kind is not PeerUnreachable:
        return kind(details)
    if _UNVERIFIED in details:
        return PeerUnreachable(_UNVERIFIED_SENTENCE)
    return PeerUnreachable(
        f"the hub does not answer ({_cause(details)}): check its address, the network and the proxy"
    )


def _time_us(told: object) -> int:
    text = told if isinstance(told, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0


def _cause(details: str) -> str:
    """Return why a connection failed, without the words of gRPC's channels."""
    plain = details.casefold()
    return next((cause for marks, cause in _CAUSES if any(mark in plain for mark in marks)), details)
