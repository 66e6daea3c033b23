"""A researcher fetches a release that was granted to them, by the real commands at a real hub."""

from __future__ import annotations

import asyncio
import json

import pytest

from syncline.cli.releases import choose_granted
from syncline.errors import IdentityError, UsageError
from syncline.identity.access_token import AccessToken
from syncline.identity.peer import PeerRole
from syncline.wire.messages import ReleaseId, StudyId
from syncline.wire.release_messages import ReleaseEntry
from tests.process.agent.test_real_hub import ENVIRONMENT, command, site
from tests.process.hub.release_clients import office
from tests.process.hub.test_commands import command as hub_command

__all__ = ["site"]

OPEN = "{gate: none, approvals: 0}"


async def logged_in(site, root, name):
    token = await asyncio.to_thread(site.invite, name, PeerRole.RESEARCHER)
    hub = ["--hub", f"localhost:{site.port}", "--enrolment", f"localhost:{site.enrol_port}"]
    await command("syncline.cli", "login", token, *hub, "--home", root / name)
    return root / name


async def granted(site, *arguments):
    done = await asyncio.to_thread(
        hub_command, "releases", "grant", *arguments, "--json", home=site.home.root
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.network
def test_a_researcher_fetches_what_was_granted_with_the_token_from_the_environment(
    site, tmp_path, monkeypatch
):
    async def work():
        async with office(site) as at:
            bob, carol = await logged_in(site, tmp_path, "bob"), await logged_in(site, tmp_path, "carol")
            release_id = (await at.study(OPEN)).release_id
            given = await granted(site, release_id, "bob")
            out = tmp_path / "out"
            fetch = ("syncline.cli", "releases", "fetch", "heart", "--out", out, "--home")
            listed = await command("syncline.cli", "releases", "list", "--home", bob)
            assert f"{release_id} granted: you may fetch it until 20" in listed
            (entry,) = json.loads(await command("syncline.cli", "releases", "list", "--json", "--home", bob))
            assert entry["granted_until_us"] == given["until_us"]
            assert "pass it with --token" in await command(*fetch, bob, status=1)
            monkeypatch.setitem(ENVIRONMENT, "SYNCLINE_ACCESS_TOKEN", given["token"])
            stolen = await command(*fetch, carol, status=2)
            assert "this access token is for researcher bob, and you are carol" in stolen
            assert not out.exists()
            assert "verified against the hub's signature" in await command(*fetch, bob)
            assert "verified" in await command("syncline.cli", "verify", out, "--home", bob)
            again = await granted(site, release_id, "bob")
            more = (
                "syncline.cli",
                "releases",
                "fetch",
                release_id,
                "--out",
                tmp_path / "more",
                "--home",
                bob,
            )
            assert "given last" in await command(*more, status=1)
            await asyncio.to_thread(hub_command, "releases", "revoke", release_id, "bob", home=site.home.root)
            over = await command(*more, "--token", again["token"], status=1)
            assert "your access is over or was taken away: ask the hub's operator" in over
            assert [one["grant"] for one in await at.audited("release_fetched")] == [given["grant"]]

    asyncio.run(work())


@pytest.mark.network
def test_tokens_that_are_none_are_refused_before_the_hub_is_asked(site, tmp_path):
    async def work():
        async with site.running():
            bob = await logged_in(site, tmp_path, "bob")
            enrolment = await asyncio.to_thread(site.invite, "carol", PeerRole.RESEARCHER)
        fetch = (
            "syncline.cli",
            "releases",
            "fetch",
            "r1",
            "--out",
            tmp_path / "out",
            "--home",
            bob,
            "--token",
        )
        for token, sentence in (
            (enrolment, "--token: access token: this is a one-time token to enrol with"),
            ("nonsense", "--token: access token: it does not begin with syncline-access1-"),
            (AccessToken.make("r1", "bob").text()[:-3], "--token: access token: it is cut off or mistyped"),
            (AccessToken.make("r1", "carol").text(), "is for researcher carol, and you are bob"),
        ):
            said = await command(*fetch, token, status=2)
            assert sentence in said
            assert len(said.splitlines()) == 1
            assert token not in said

    asyncio.run(work())


def listed(*ids):
    return [ReleaseEntry(ReleaseId(name), StudyId(f"s{name}"), "heart", "", 0, 1) for name in ids]


def test_a_token_of_another_release_is_refused_before_it_is_fetched():
    token = AccessToken.make("r1", "bob")
    assert choose_granted(listed("r1", "r2"), "r1", token).release_id == "r1"
    for wanted in ("r2", "sr2"):
        with pytest.raises(UsageError, match="this access token is for release r1, and not for r2"):
            choose_granted(listed("r1", "r2"), wanted, token)
        with pytest.raises(UsageError, match="this access token is for release r1, and not for r2"):
            choose_granted(listed("r2"), wanted, token)
    with pytest.raises(UsageError, match="you have no release 'r3'"):
        choose_granted(listed("r1"), "r3", token)
    with pytest.raises(IdentityError, match=r"release r1: .* ask the hub's operator for a new access token"):
        choose_granted(listed("r2"), "heart-1", token)
    assert choose_granted(listed("r2"), "r2", None).release_id == "r2"
