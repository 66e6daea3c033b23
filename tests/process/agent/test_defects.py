"""What a hub hears where something was not foreseen here: a reference, and nothing of what it was or met."""

from __future__ import annotations

import io
import json
import re

import pytest

from supplier_agent.tasks import responder
from supplier_agent.tasks.policy_client import PolicyClient
from supplier_agent.tasks.responder import Responder
from syncline.durable.payloads import PayloadStore
from syncline.wire.messages import DeclineKind
from tests.process.agent.fake_child import DEFECTS, SECRET
from tests.process.agent.harness import request, rows, running
from tests.process.agent.test_agent import SPEC, approved, play

pytestmark = pytest.mark.network

INTERNAL = re.compile("internal error ([0-9a-f]{8}): the operator of that machine finds it in its log")


def declined(tmp_path, **changes):
    """Return what a hub hears of a round, and what this supplier's log and status say."""
    log, heard = io.StringIO(), []

    async def scene(hub, home):
        async with running(home, log):
            await approved(hub, home)
            await hub.send(hub.task(SPEC, 0, request(0, **changes)))
            await hub.until(lambda: hub.declined)
        heard.append(hub.declined[0])
        heard.append(json.dumps(rows(home, "SELECT * FROM round"), default=str))

    play(tmp_path, scene)
    return heard[0], log.getvalue(), heard[1]


def require_fixed(told, log, status, kind):
    assert told.kind is DeclineKind.INTERNAL
    found = INTERNAL.fullmatch(told.reason)
    assert found, told.reason
    assert found[1] in log
    assert kind in log
    assert kind in status
    assert "MRN4711" not in log + status


@pytest.mark.parametrize("kind", sorted(set(DEFECTS) - {"MemoryError"}))
def test_a_defect_of_the_child(tmp_path, kind):
    require_fixed(*declined(tmp_path, **{"raise": kind}), kind)


def test_a_lack_of_memory_is_said_as_what_it_is(tmp_path):
    told, _, _ = declined(tmp_path, **{"raise": "MemoryError"})
    assert told.reason.startswith("one computation would take more than its ")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Responder, "_agree"),
        (Responder, "_compute"),
        (Responder, "_load_memory"),
        (Responder, "_commit"),
        (Responder, "_record"),
        (PolicyClient, "terms"),
        (PayloadStore, "get"),
        (responder, "_questions"),
        (responder, "_require_seal"),
        (responder, "find_preparation"),
    ],
)
def test_a_defect_of_the_daemon_itself(tmp_path, monkeypatch, owner, name):
    def broken(*_, **__):
        raise LookupError(SECRET)

    monkeypatch.setattr(owner, name, broken)
    require_fixed(*declined(tmp_path), "LookupError")
