"""A lease is prolonged by beats, belongs to one process and runs out by the clock alone."""

from __future__ import annotations

import pytest

from syncline.clock import SystemClock
from syncline.wire.refusals import AlreadyAttached
from trusted_party.studies.changes import Changes, about_supplier
from trusted_party.studies.presence import Presence


class HandClock(SystemClock):
    seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def presence(clock):
    return Presence(clock, 5.0)


def test_beats_keep_an_agent_alive_and_silence_loses_it(clock, presence):
    presence.attach("north", "a")
    for _ in range(3):
        clock.seconds += 4
        presence.beat("north", "a")
    assert presence.alive("north")
    clock.seconds += 5
    assert not presence.alive("north")
    assert not presence.lost("north"), "not before it was recorded"
    assert presence.expired() == ["north"]
    assert presence.forget("north")
    assert presence.lost("north")


def test_nobody_is_lost_before_the_hub_has_waited_one_lease(clock, presence):
    assert not presence.lost("north")
    clock.seconds += 5
    assert presence.lost("north")


def test_one_living_process_holds_a_name(clock, presence):
    presence.attach("north", "a")
    with pytest.raises(AlreadyAttached, match="another agent is attached as north"):
        presence.attach("north", "b")
    presence.attach("north", "a")
    presence.detach("north", "a")
    with pytest.raises(AlreadyAttached):
        presence.attach("north", "b")
    presence.detach("north", "a")
    presence.attach("north", "b")
    assert presence.holds("north", "b")
    with pytest.raises(AlreadyAttached, match="attach again"):
        presence.beat("north", "a")


def test_a_process_that_fell_silent_loses_its_name_to_the_next(clock, presence):
    presence.attach("north", "a")
    clock.seconds += 5
    presence.attach("north", "b")
    assert not presence.holds("north", "a")
    presence.detach("north", "a")
    assert presence.alive("north")


def test_one_that_comes_back_is_not_forgotten(clock, presence):
    presence.attach("north", "a")
    clock.seconds += 5
    assert presence.expired() == ["north"]
    presence.beat("north", "a")
    assert not presence.forget("north")
    assert presence.alive("north")


def test_notices_reach_those_who_watch_their_topic():
    changes = Changes()
    with changes.watch(about_supplier("north")) as north, changes.watch(about_supplier("south")) as south:
        changes.notify(about_supplier("north"))
        assert (north.is_set(), south.is_set()) == (True, False)
        changes.notify_all()
        assert south.is_set()
    changes.notify(about_supplier("north"))
