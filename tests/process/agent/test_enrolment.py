from __future__ import annotations

import asyncio
import io
import stat
import sys

import pytest

from supplier_agent.cli import main as agent
from syncline.cli import main as researcher
from syncline.clock import SystemClock
from syncline.errors import IdentityError, UsageError
from syncline.identity.keys import public_signing_key
from syncline.identity.peer import PeerRole
from syncline.identity.signatures import Purpose, sign, verify
from syncline.wire.enrolment_client import EnrolmentPlan, enrol, renew
from syncline.wire.membership import load_membership
from syncline.wire.refusals import PeerUnreachable
from tests.process.agent.fake_hub import FakeHub

CLOCK = SystemClock()


def plan_for(hub, directory, role=PeerRole.SUPPLIER):
    return EnrolmentPlan(directory, hub.address, role, hub.enrolment_address)


def with_hub(test, **settings):
    async def run():
        hub = FakeHub(**settings)
        await hub.start()
        try:
            return await test(hub)
        finally:
            await hub.stop()

    return asyncio.run(run())


def test_enrolment_makes_keys_closed_to_others(tmp_path):
    async def test(hub):
        member = await enrol(plan_for(hub, tmp_path / "identity"), hub.invite("cleveland"), CLOCK)
        assert (member.name, member.role) == ("cleveland", PeerRole.SUPPLIER)
        assert member.hub_signing_key == public_signing_key(hub.signing_key)
        return member

    member = with_hub(test)
    for name in ("tls.pem", "signing-key.pem"):
        assert stat.S_IMODE((tmp_path / "identity" / name).stat().st_mode) == 0o600
    assert not (tmp_path / "identity.pending").exists()
    digest = bytes(32)
    signature = sign(member.signing_key(), Purpose.STUDY_DECISION, digest)
    verify(public_signing_key(member.signing_key()), Purpose.STUDY_DECISION, digest, signature)
    assert (
        member.certificate.fingerprint == load_membership(tmp_path / "identity", "").certificate.fingerprint
    )


def test_the_same_token_goes_on_after_an_answer_was_lost(tmp_path):
    async def test(hub):
        token, plan = hub.invite("cleveland"), plan_for(hub, tmp_path / "identity")
        with pytest.raises(PeerUnreachable):
            await enrol(plan, token, CLOCK)
        first = (plan.pending / "signing-key.pem").read_bytes()
        member = await enrol(plan, token, CLOCK)
        assert (member.directory / "signing-key.pem").read_bytes() == first
        again = await enrol(plan, token, CLOCK)
        assert again.tls.certificate == member.tls.certificate

    with_hub(test, enrol_failures=1)


def test_another_token_does_not_replace_an_identity(tmp_path):
    async def test(hub):
        plan = plan_for(hub, tmp_path / "identity")
        await enrol(plan, hub.invite("cleveland"), CLOCK)
        with pytest.raises(UsageError, match="enrolled already as supplier cleveland"):
            await enrol(plan, hub.invite("budapest"), CLOCK)

    with_hub(test)


def test_a_hub_with_another_root_gets_no_secret(tmp_path):
    async def test(hub):
        other = FakeHub()
        token = other.invite("cleveland")
        hub.tickets.update(other.tickets)
        with pytest.raises(IdentityError, match="not the one in the token"):
            await enrol(plan_for(hub, tmp_path / "identity"), token, CLOCK)
        assert not hub.issued

    with_hub(test)


def test_a_token_of_another_role_is_refused_before_anything_is_sent(tmp_path):
    async def test(hub):
        token = hub.invite("rosa", PeerRole.RESEARCHER)
        with pytest.raises(UsageError, match="for a researcher, not for a supplier"):
            await enrol(plan_for(hub, tmp_path / "identity"), token, CLOCK)

    with_hub(test)


def test_a_certificate_for_another_name_is_refused(tmp_path):
    async def test(hub):
        token = hub.invite("cleveland")
        secret = next(iter(hub.tickets))
        wrong = FakeHub(authority=hub.authority)
        wrong.invite("mallory")
        hub.tickets[secret] = next(iter(wrong.tickets.values()))
        with pytest.raises(IdentityError, match="not for supplier cleveland"):
            await enrol(plan_for(hub, tmp_path / "identity"), token, CLOCK)

    with_hub(test)


def test_a_server_that_takes_no_tokens_is_told_from_one_that_is_away(tmp_path):
    async def test(hub):
        plan = EnrolmentPlan(tmp_path / "identity", hub.address, PeerRole.SUPPLIER, hub.address)
        with pytest.raises(IdentityError, match=r"does not take tokens.*name the port for enrolment with"):
            await enrol(plan, hub.invite("cleveland"), CLOCK)

    with_hub(test)


def test_nothing_is_left_where_the_hub_was_not_known_or_refused(tmp_path):
    async def test(hub):
        plan = plan_for(hub, tmp_path / "home" / "identity")
        with pytest.raises(IdentityError):
            await enrol(plan, FakeHub().invite("cleveland"), CLOCK)
        assert not plan.pending.parent.exists()
        token, wrong = hub.invite("cleveland"), FakeHub(authority=hub.authority)
        wrong.invite("mallory")
        hub.tickets.update(zip(hub.tickets, wrong.tickets.values(), strict=True))
        with pytest.raises(IdentityError, match="not for supplier cleveland"):
            await enrol(plan, token, CLOCK)
        assert not plan.pending.exists()

    with_hub(test)


@pytest.mark.parametrize("existed", [True, False])
def test_a_home_that_was_not_there_is_gone_where_enrolling_failed(tmp_path, monkeypatch, capsys, existed):
    for role, main, words in (
        (PeerRole.SUPPLIER, agent, ["supplier-agent", "enrol"]),
        (PeerRole.RESEARCHER, researcher, ["syncline", "login"]),
    ):
        home = tmp_path / role
        if existed:
            home.mkdir()
        monkeypatch.setattr(sys, "stdin", io.StringIO(FakeHub().invite("cleveland", role) + "\n"))
        monkeypatch.setattr(sys, "argv", [*words, "-", "--hub", "127.0.0.1:1", "--home", str(home)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 1
        assert "Connection refused" in capsys.readouterr().err
        assert home.exists() == existed


def test_enrolling_again_does_not_say_that_an_edited_policy_permits_nothing(tmp_path, monkeypatch, capsys):
    home = tmp_path / "agent"

    async def test(hub):
        words = ["supplier-agent", "enrol", hub.invite("cleveland"), "--hub", hub.address]
        monkeypatch.setattr(sys, "argv", [*words, "--enrolment", hub.enrolment_address, "--home", str(home)])
        said = []
        for _ in range(2):
            with pytest.raises(SystemExit) as ended:
                await asyncio.to_thread(agent)
            assert ended.value.code == 0
            said.append(capsys.readouterr().out)
        return said

    first, again = with_hub(test)
    assert f"It permits nothing yet: read and edit {home}/policy.yaml" in first
    assert f"Its policy stays as it is: {home}/policy.yaml" in again


@pytest.mark.parametrize("address", ["hub", "hub:", "hub:99999", ":8443", "hub:84x3"])
def test_an_address_without_a_port_is_refused(tmp_path, address):
    with pytest.raises(UsageError, match="expected HOST:PORT"):
        EnrolmentPlan(tmp_path, address, PeerRole.SUPPLIER)


def test_nobody_answers(tmp_path):
    plan = EnrolmentPlan(tmp_path / "identity", "127.0.0.1:1", PeerRole.SUPPLIER, "127.0.0.1:1")
    token = FakeHub().invite("cleveland")
    with pytest.raises(PeerUnreachable, match="check the address, the firewall and the proxy"):
        asyncio.run(enrol(plan, token, CLOCK))


def test_renewal_replaces_key_and_certificate_together(tmp_path):
    async def test(hub):
        member = await enrol(plan_for(hub, tmp_path / "identity"), hub.invite("cleveland"), CLOCK)
        renewed = await renew(member)
        assert renewed.certificate.fingerprint != member.certificate.fingerprint
        kept = load_membership(tmp_path / "identity", "")
        assert kept.tls.certificate == renewed.tls.certificate
        assert kept.tls_key().public_key() == renewed.tls_key().public_key()
        assert hub.renewals == 1

    with_hub(test)


def test_a_damaged_member_file_is_named(tmp_path):
    async def test(hub):
        await enrol(plan_for(hub, tmp_path / "identity"), hub.invite("cleveland"), CLOCK)

    with_hub(test)
    (tmp_path / "identity" / "member.json").write_text("{")
    with pytest.raises(IdentityError, match=r"member.json: damaged"):
        load_membership(tmp_path / "identity", "")
