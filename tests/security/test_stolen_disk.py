"""A thief of an agent's disk: what studies left in its home is noise to who has not the storage key."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from supplier_agent.home import AgentHome
from supplier_agent.tasks.journal import open_payloads
from supplier_agent.tasks.responder import study_payloads
from syncline.errors import IdentityError, StorageError
from tests.process.agent.fake_hub import FakeHub
from tests.process.agent.harness import automatic_policy, enrolled_home, request, running
from tests.unit.agent.small_study import specification

pytestmark = [pytest.mark.network]

MARK = "what the hub asked of this supplier"


async def worked(root: Path) -> tuple[AgentHome, list[bytes]]:
    """Return a home in which a round was answered, and what was asked and answered."""
    spec, hub = specification(), FakeHub()
    await hub.start()
    home = await enrolled_home(hub, root)
    home.policy.write_text(automatic_policy(spec))
    async with running(home):
        await hub.send(hub.proposal(spec))
        await hub.until(lambda: hub.decisions)
        content = request(0, mark=str(root / MARK))
        offer = hub.task(spec, 0, content)
        await hub.send(offer)
        await hub.until(lambda: hub.submitted)
    await hub.stop()
    return home, [content, hub.submitted[0].reply.inline]


def found(home: AgentHome, texts: list[bytes]) -> list[bytes]:
    """Return which of the texts lie in the home for everyone to read."""
    files = [path.read_bytes() for path in home.root.rglob("*") if path.is_file()]
    return [text for text in texts if any(text in content for content in files)]


def test_payloads_are_noise_without_the_key_which_may_lie_elsewhere(tmp_path):
    home, crossed = asyncio.run(worked(tmp_path / "agent"))
    assert all(len(text) > 10 for text in crossed)
    assert found(home, crossed) == []
    digests = [hashlib.sha256(text).digest() for text in crossed]
    store = study_payloads(open_payloads(home), "study-1")
    assert [store.get(one) for one in digests] == crossed  # with the key in the home the thief has it all
    home.storage_key.unlink()  # as under systemd, where it is a credential of the machine
    thief = study_payloads(open_payloads(home), "study-1")
    for one in digests:
        with pytest.raises(StorageError):
            thief.get(one)


def test_the_home_and_its_secrets_are_closed_to_other_accounts(tmp_path):
    home, _ = asyncio.run(worked(tmp_path / "agent"))
    assert home.root.stat().st_mode & 0o777 == 0o700
    for secret in (home.storage_key, *home.identity.glob("*key*")):
        assert secret.stat().st_mode & 0o777 == 0o600
    home.storage_key.chmod(0o644)
    with pytest.raises(IdentityError, match="600"):
        open_payloads(home)
