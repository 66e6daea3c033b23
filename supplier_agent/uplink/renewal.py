"""Renew the certificate at half-life, and watch its end also while the hub cannot be reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

from supplier_agent.event_log import EventLog
from supplier_agent.uplink.connection import Connection
from syncline.clock import Clock
from syncline.errors import SynclineError
from syncline.identity.peer import PeerIdentity
from syncline.wire.enrolment_client import renew
from syncline.wire.membership import Membership

LOOK_SECONDS = 60.0
LEAST_SECONDS = 1.0
SOON = dt.timedelta(days=7)

Renew = Callable[[Membership], Awaitable[Membership]]


class CertificateKeeper:
    """Renew the certificate of a connection in time.

    The agent's own clock and its own ``not_after`` decide, never a call's failure: an expired certificate
    shows itself in TLS only as a hub that does not answer.
    """

    def __init__(self, connection: Connection, clock: Clock, log: EventLog, renew: Renew = renew) -> None:
        self._connection = connection
        self._clock = clock
        self._log = log
        self._renew = renew

    async def run(self) -> None:
        """Look now and then; never returns by itself."""
        while True:
            await self.look()
            await self._clock.sleep(self.pause())

    async def look(self) -> None:
        """Renew where half of the lifetime has passed; say so loudly where it cannot be done."""
        certificate = self._connection.membership.certificate
        now = self._clock.now()
        if not certificate.renewal_due(now):
            return
        try:
            self._connection.rotate(await self._renew(self._connection.membership))
        except SynclineError as error:
            self._complain(certificate, now, str(error))
        else:
            renewed = self._connection.membership.certificate
            self._log.info("certificate renewed", valid_until=f"{renewed.not_after:%Y-%m-%d %H:%M} UTC")

    def pause(self) -> float:
        """Return seconds until the next look: a minute, or less where half-life comes sooner."""
        certificate = self._connection.membership.certificate
        half = certificate.not_before + (certificate.not_after - certificate.not_before) / 2
        left = (half - self._clock.now()).total_seconds()
        return LOOK_SECONDS if left <= 0 else max(LEAST_SECONDS, min(left, LOOK_SECONDS))

    def _complain(self, certificate: PeerIdentity, now: dt.datetime, reason: str) -> None:
        until = f"{certificate.not_after:%Y-%m-%d %H:%M} UTC"
        if now > certificate.not_after:
            self._log.error("certificate has expired and was not renewed", expired=until, reason=reason)
        elif now > certificate.not_after - SOON:
            self._log.error("certificate expires soon and was not renewed", valid_until=until, reason=reason)
        else:
            self._log.warning("certificate was not renewed yet", valid_until=until, reason=reason)
