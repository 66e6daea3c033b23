"""The gate that every call of the mutual-TLS server passes: who calls, in which role, in good standing.

An open connection outlives the expiry of its certificate and the ban of its holder, so each call looks
again, and calls that run when a certificate is revoked are cut off.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import grpc
import grpc.aio

from syncline.clock import Clock
from syncline.errors import IdentityError, StorageError, SynclineError
from syncline.identity.peer import PeerIdentity, PeerRole
from syncline.wire.refusals import PeerUnreachable
from syncline.wire.status import METADATA_KEY, TIME_KEY, status_of
from trusted_party.api.call_rate import CallRate
from trusted_party.api.porch import Porch
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.moments import to_us
from trusted_party.studies.standing import MembersView

CallContext = grpc.aio.ServicerContext[Any, Any]  # the gate works for every request and response type

MOST_HEADERS = 64
"""Headers of a call at most; those of our clients are fewer than ten."""

CALLS_OF_ONE = 32
"""Calls of one member that are served at once, each of which may hold a message in each direction."""

PLACE_SECONDS = 5.0
"""How long a call of a member with so many waits for one of them to end."""

_CACHED = 4096
_TOO_FAST = PeerUnreachable("this member calls too often: wait a second")
_TOO_MANY_HEADERS = PeerUnreachable(f"a call has more than {MOST_HEADERS} headers: speak as our clients do")
_BUSY = PeerUnreachable(
    f"{CALLS_OF_ONE} calls of this member are running already, and no more are served at once: end some of"
    " them"
)
_BANNED = IdentityError("this certificate was revoked while the call was running")
_log = logging.getLogger("trusted_party")

DISK_SENTENCE = "the hub's disk is full or faulty, so that nothing of this call was saved: tell its operator"


class Gate:
    """Let callers in, and throw out those who lose their right."""

    def __init__(self, standing: MembersView, porch: Porch, clock: Clock) -> None:
        self._standing = standing
        self._porch = porch
        self._clock = clock
        self._known: OrderedDict[bytes, PeerIdentity] = OrderedDict()
        self._running: defaultdict[str, set[asyncio.Task[Any]]] = defaultdict(set)
        self._cut: set[asyncio.Task[Any]] = set()
        self._places: dict[str, asyncio.Semaphore] = {}
        self._rate = CallRate(clock)

    @asynccontextmanager
    async def place(self, context: CallContext) -> AsyncIterator[None]:
        """Hold one of the places for calls that the caller has, whatever its role and standing.

        Who calls too fast, or with headers without end, loses the connection, and with it what gRPC has taken
        of it already: headers beyond its limit it refuses, and hands to us all the same.
        """
        try:
            name = self._identify(context).name
            if len(context.invocation_metadata() or ()) > MOST_HEADERS:
                self._porch.turn_away(context.peer(), "too many headers of a call")
                raise _TOO_MANY_HEADERS
            self._porch.hear(context.peer())
            if not self._rate.allows(name):
                self._porch.turn_away(context.peer(), "too many calls of a member")
                raise _TOO_FAST
            places = self._places.setdefault(name, asyncio.Semaphore(CALLS_OF_ONE))
            async with self._clock.deadline(PLACE_SECONDS):
                await places.acquire()
        except TimeoutError:
            await abort(context, _BUSY)
        except SynclineError as error:
            await abort(context, error, self._told())
        try:
            yield
        finally:
            places.release()

    @asynccontextmanager
    async def admit(self, context: CallContext, *roles: PeerRole) -> AsyncIterator[PeerIdentity]:
        """Yield who calls; an error inside ends the call with its status and public sentence."""
        task = asyncio.current_task()
        assert task is not None
        peer: PeerIdentity | None = None
        try:
            peer = self._identify(context)
            self._standing.check(peer, *roles)
            self._porch.welcome(context.peer(), peer.name)
            self._running[peer.fingerprint].add(task)
            yield peer
        except asyncio.CancelledError:
            if task not in self._cut:
                raise
            await abort(context, _BANNED)
        except Exception as error:
            await abort(context, error, self._told())
        finally:
            self._cut.discard(task)
            if peer is not None:
                self._leave(peer.fingerprint, task)

    async def refresh(self) -> None:
        """Read again who may call, and throw out who may not any more."""
        self.cut(await self._standing.refresh())

    def cut(self, fingerprints: Iterable[str]) -> None:
        """End the running calls of these certificates at once."""
        for fingerprint in fingerprints:
            for task in list(self._running.get(fingerprint, ())):
                self._cut.add(task)
                task.cancel()

    def _told(self) -> tuple[str, str]:
        """Return what every refused member is told: the hub's time."""
        return TIME_KEY, str(to_us(self._clock.now()))

    def _leave(self, fingerprint: str, task: asyncio.Task[Any]) -> None:
        self._running[fingerprint].discard(task)
        if not self._running[fingerprint]:
            del self._running[fingerprint]

    def _identify(self, context: CallContext) -> PeerIdentity:
        shown = context.auth_context()
        if list(shown.get("ssl_tls_version", ())) != [b"TLSv1.3"]:
            raise IdentityError("this hub speaks TLS 1.3 only")
        pem = next(iter(shown.get("x509_pem_cert", ())), None)
        if pem is None:
            raise IdentityError("this call needs a client certificate: enrol first")
        peer = self._parse(pem)
        peer.check_current(self._clock.now())
        return peer

    def _parse(self, pem: bytes) -> PeerIdentity:
        peer = self._known.get(pem)
        if peer is None:
            peer = self._known[pem] = PeerIdentity.from_pem(pem)
            if len(self._known) > _CACHED:
                self._known.popitem(last=False)
        return peer


@asynccontextmanager
async def answering(context: CallContext) -> AsyncIterator[None]:
    """End a call of the enrolment server, which knows no callers, with the error's status."""
    try:
        yield
    except Exception as error:
        await abort(context, error)


async def abort(context: CallContext, error: Exception, *told: tuple[str, str]) -> NoReturn:
    """End a call; what nobody raised on purpose is logged by its type and place, and stays inside.

    A fault of this hub's own disk is for its operator: the log names the file, the caller does not hear it.
    """
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if isinstance(error, StorageError):
        log_warning("storage_fault", reason=str(error))
        error = StorageError(DISK_SENTENCE, public=DISK_SENTENCE)
    if not isinstance(error, SynclineError):
        _log.error("call_failed", exc_info=error)
    code, sentence, kind = status_of(error)
    await context.abort(code, sentence, trailing_metadata=((METADATA_KEY, kind), *told))
