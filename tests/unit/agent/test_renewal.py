"""A certificate is renewed at half of its life, tried each minute, and its end is told loudly."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
from dataclasses import dataclass, field, replace

from supplier_agent.event_log import EventLog
from supplier_agent.uplink.renewal import LOOK_SECONDS, CertificateKeeper
from syncline.identity.peer import PeerIdentity
from syncline.wire.refusals import PeerUnreachable
from tests.unit.identity.party import leaf
from tests.unit.virtual_clock import VirtualClock

HOUR = 3600.0
OWN = PeerIdentity.from_pem(leaf())
HALF = OWN.not_before + (OWN.not_after - OWN.not_before) / 2


@dataclass
class Held:
    """What the keeper asks of a connection: whose certificate it is, and to take another."""

    certificate: PeerIdentity
    rotated: list[float] = field(default_factory=list)

    @property
    def membership(self) -> Held:
        return self

    def rotate(self, membership: Held) -> None:
        self.certificate = membership.certificate
        self.rotated.append(1)


class Hub:
    """A hub that cannot be reached for a while, and then gives a certificate of 30 further days."""

    def __init__(self, clock: VirtualClock, down_until: float) -> None:
        self.clock, self.down_until = clock, down_until
        self.asked: list[float] = []

    async def renew(self, held: Held) -> Held:
        self.asked.append(self.clock.monotonic())
        if self.clock.monotonic() < self.down_until:
            raise PeerUnreachable("the hub does not answer")
        now, own = self.clock.now(), held.certificate
        return Held(replace(own, not_before=now, not_after=now + (own.not_after - own.not_before)))


def kept(first: dt.datetime, hours: float, hours_down: float = 0.0) -> tuple[Hub, Held, str]:
    """Keep a certificate for so many hours; return the hub, the connection and the log."""
    clock, said = VirtualClock(first), io.StringIO()
    hub, held = Hub(clock, hours_down * HOUR), Held(OWN)

    async def work() -> None:
        keeper = CertificateKeeper(held, clock, EventLog(clock, said, human=True), hub.renew)  # type: ignore[arg-type]
        task = asyncio.create_task(keeper.run())
        await clock.pass_time(hours * HOUR)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())
    return hub, held, said.getvalue()


def test_nothing_is_asked_before_half_of_the_life_and_one_thing_then() -> None:
    early = HALF - dt.timedelta(hours=2)
    assert kept(early, 1.9)[0].asked == []
    hub, held, said = kept(early, 2.5)
    assert len(hub.asked) == len(held.rotated) == 1
    assert 2 * HOUR <= hub.asked[0] <= 2 * HOUR + LOOK_SECONDS
    assert held.certificate.not_after > OWN.not_after + dt.timedelta(days=14)
    assert said.count("certificate renewed") == 1


def test_a_hub_that_is_down_is_asked_each_minute_until_it_is_back() -> None:
    hub, held, _ = kept(HALF, 2.0, hours_down=1.0)
    assert len(held.rotated) == 1
    assert hub.asked == [LOOK_SECONDS * number for number in range(61)]


def test_the_end_of_a_certificate_is_told() -> None:
    _, held, said = kept(OWN.not_after - dt.timedelta(hours=1), 2.0, hours_down=24.0)
    assert held.rotated == []
    assert "certificate expires soon and was not renewed" in said
    assert "certificate has expired and was not renewed" in said
