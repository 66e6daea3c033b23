"""Tokens are good once and for ten minutes; certificates renew by proof, also a while after their expiry."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from dataclasses import replace

import grpc
import grpc.aio
import pytest

from syncline.errors import IdentityError, UsageError
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import (
    generate_signing_key,
    generate_tls_key,
    public_signing_key,
)
from syncline.identity.peer import PeerRole
from syncline.identity.renewal import prove_possession
from syncline.identity.signatures import Purpose, sign
from syncline.identity.tokens import EnrolmentToken
from syncline.wire import enrolment as convert
from syncline.wire.enrolment_messages import RenewalRequest
from syncline.wire.gen.syncline.v1 import enrolment_pb2
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import EnrolmentServiceStub
from syncline.wire.gen.syncline.v1.supplier_pb2 import HeartbeatRequest
from syncline.wire.transport import enrolment_channel
from tests.process.hub.clients import Member, attachment, enrol
from trusted_party.api import servers
from trusted_party.studies.dismissal import ban, evict
from trusted_party.studies.enrolment import Enrolments

pytestmark = pytest.mark.network


async def refused(work, code=grpc.StatusCode.PERMISSION_DENIED):
    """Return the public sentence with which a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await work
    assert caught.value.code() is code, caught.value
    return caught.value.details()


async def renew(site, member):
    tls_key = generate_tls_key()
    request = make_request(tls_key)
    proof = prove_possession(member.tls_key, member.enrolment.certificate, request)
    message = RenewalRequest(member.enrolment.certificate, request, proof)
    async with enrolment_channel(f"localhost:{site.enrol_port}", site.authority) as channel:
        stub = EnrolmentServiceStub(channel)
        answer = await stub.Renew(convert.renewal_request_to_proto(message), timeout=10)
    renewed = replace(member.enrolment, certificate=answer.certificate)
    return Member(renewed, tls_key, member.signing_key)


async def welcome(site, member):
    async with member.supplier(site.port) as stub:
        async for message in stub.Attach(attachment()):
            return message.welcome


def dismiss(site, act, *arguments):
    """Do to a member what a command does: from another connection to the database."""
    with site.home.open_database() as database:
        act(database, site.home.open_audit(site.clock), *arguments)


def test_a_member_enrols_and_may_call_at_once(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            assert north.enrolment.role == "supplier"
            assert (await welcome(site, north)).software_version

    run(work())


def test_the_same_token_and_key_again_bring_the_same_certificate_and_another_key_none(site, run):
    async def work():
        async with site.running():
            token = await asyncio.to_thread(site.invite, "north")
            keys = generate_tls_key(), generate_signing_key()
            first = await enrol(site.enrol_port, site.authority, token, *keys)
            again = await enrol(site.enrol_port, site.authority, token, *keys)
            assert first.enrolment.certificate == again.enrolment.certificate
            assert "used before" in await refused(enrol(site.enrol_port, site.authority, token))

    run(work())


def test_expired_and_forged_tokens_are_refused(site, run):
    async def work():
        async with site.running():
            token = await asyncio.to_thread(site.invite, "north")
            forged = replace(EnrolmentToken.parse(token), secret=bytes(32)).text()
            assert "not one of this hub's" in await refused(enrol(site.enrol_port, site.authority, forged))
            site.clock.shift = dt.timedelta(minutes=11)
            assert "expired" in await refused(enrol(site.enrol_port, site.authority, token))

    run(work())


def test_a_second_invitation_voids_the_first_and_a_new_enrolment_the_old_certificate(site, run):
    async def work():
        async with site.running():
            first = await asyncio.to_thread(site.invite, "north")
            second = await asyncio.to_thread(site.invite, "north")
            assert await refused(enrol(site.enrol_port, site.authority, first))
            old = await enrol(site.enrol_port, site.authority, second)
            with pytest.raises(UsageError, match="suppliers evict north"):
                await asyncio.to_thread(site.invite, "north")
            assert await welcome(site, old)
            await asyncio.to_thread(dismiss, site, evict, "north")
            new = await site.member("north")
            assert await welcome(site, new)
            assert "revoked" in await refused(welcome(site, old))

    run(work())


def test_nobody_enrols_with_anothers_signing_key(site, run):
    """Neither by showing a public key that was seen, nor with a key that two people share."""

    async def work():
        async with site.running():
            ada = await site.member("ada", PeerRole.RESEARCHER)
            token = await asyncio.to_thread(site.invite, "eve", PeerRole.RESEARCHER)
            message = enrolment_pb2.EnrolRequest(
                secret=EnrolmentToken.parse(token).secret,
                signing_request=make_request(generate_tls_key()),
                signing_key=public_signing_key(ada.signing_key),
                software_version="0",
                signing_proof=sign(generate_signing_key(), Purpose.ENROLMENT, bytes(32)),
            )
            async with enrolment_channel(f"localhost:{site.enrol_port}", site.authority) as channel:
                call = EnrolmentServiceStub(channel).Enrol(message, timeout=5)
                assert "does not match the enrolment" in await refused(call)
            shared = enrol(site.enrol_port, site.authority, token, None, ada.signing_key)
            assert "belongs to another member" in await refused(shared)
            await enrol(site.enrol_port, site.authority, token)

    run(work())


def test_calls_that_never_send_their_message_do_not_keep_others_out(site, run, monkeypatch):
    monkeypatch.setattr(servers, "ENROLMENT_MESSAGE_SECONDS", 0.3)

    async def work():
        async with site.running(), contextlib.AsyncExitStack() as stack:
            path, stalled = "/syncline.v1.EnrolmentService/Enrol", []
            for _ in range(2 * servers.ENROLMENT.strangers.of_one):
                channel = enrolment_channel(f"localhost:{site.enrol_port}", site.authority)
                await stack.enter_async_context(channel)
                for _ in range(servers.ENROLMENT_STREAMS):
                    call = channel.stream_unary(path)()
                    stalled.append(asyncio.ensure_future(call.wait_for_connection()))
            await asyncio.sleep(0.5)
            token = await asyncio.to_thread(site.invite, "north")
            async with asyncio.timeout(15):
                await patiently(lambda: enrol(site.enrol_port, site.authority, token))
            for waiting in stalled:
                waiting.cancel()

    run(work())


async def patiently(attempt):
    """Try until the server has a place."""
    while True:
        try:
            return await attempt()
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            await asyncio.sleep(0.1)


def test_wrong_tokens_leave_one_line_in_a_while(site, run, caplog):
    async def work():
        async with site.running():
            token = await asyncio.to_thread(site.invite, "north")
            forged = replace(EnrolmentToken.parse(token), secret=bytes(32)).text()
            for _ in range(3):
                await refused(enrol(site.enrol_port, site.authority, forged))
            site.clock.shift = dt.timedelta(minutes=2)
            await refused(enrol(site.enrol_port, site.authority, forged))

    run(work())
    lines = [record.fields for record in caplog.records if record.getMessage() == "enrolment_refused"]
    assert [fields["not_logged"] for fields in lines] == [0, 2]
    assert "not one of this hub's" in lines[0]["reason"]


def test_malformed_and_oversized_requests_name_their_field(site, run):
    async def work():
        async with (
            site.running(),
            enrolment_channel(f"localhost:{site.enrol_port}", site.authority) as channel,
        ):
            stub, invalid = EnrolmentServiceStub(channel), grpc.StatusCode.INVALID_ARGUMENT
            request = enrolment_pb2.EnrolRequest(secret=b"short")
            assert "secret" in await refused(stub.Enrol(request, timeout=5), invalid)
            request = enrolment_pb2.EnrolRequest(secret=bytes(32), signing_request=bytes(20_000))
            assert "signing_request" in await refused(stub.Enrol(request, timeout=5), invalid)
            request = enrolment_pb2.EnrolRequest(secret=bytes(4 << 20))
            await refused(stub.Enrol(request, timeout=5), grpc.StatusCode.RESOURCE_EXHAUSTED)

    run(work())


def test_a_certificate_renews_while_the_old_one_works_on(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            renewed = await renew(site, north)
            assert await welcome(site, renewed)
            assert await welcome(site, north)

    run(work())


def test_an_open_connection_does_not_outlive_its_certificate(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            async with north.supplier(site.port) as stub:
                assert await stub.Attach(attachment()).read()
                site.clock.shift = dt.timedelta(days=31)
                assert "expired" in await refused(stub.Attach(attachment()).read())

    run(work())


def test_an_expired_certificate_renews_within_the_grace_and_not_after(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
        request = make_request(generate_tls_key())
        proof = prove_possession(north.tls_key, north.enrolment.certificate, request)
        message = RenewalRequest(north.enrolment.certificate, request, proof)
        with site.home.open_database() as database:
            audit = site.home.open_audit(site.clock)
            enrolments = Enrolments(database, site.home.load_authority(), audit, site.clock)
            site.clock.shift = dt.timedelta(days=59)
            assert (await enrolments.renew(message)).certificate
            site.clock.shift = dt.timedelta(days=61)
            with pytest.raises(IdentityError, match="enrol again"):
                await enrolments.renew(message)

    run(work())


def test_a_renewal_with_anothers_key_is_refused(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            thief = Member(north.enrolment, generate_tls_key(), north.signing_key)
            assert "proof" in await refused(renew(site, thief))

    run(work())


def test_the_banned_may_not_renew_nor_be_invited_and_the_evicted_may_enrol_again(site, run):
    async def work():
        async with site.running():
            north, south = await site.member("north"), await site.member("south")
            await asyncio.to_thread(dismiss, site, ban, "north", "a test")
            await asyncio.to_thread(dismiss, site, evict, "south")
            for member in north, south:
                assert "revoked" in await refused(renew(site, member))
            with pytest.raises(Exception, match="banned"):
                await asyncio.to_thread(site.invite, "north")
            assert await welcome(site, await site.member("south"))

    run(work())


def test_a_member_of_one_role_may_not_make_anothers_calls_nor_change_role(site, run):
    async def work():
        async with site.running():
            ada = await site.member("ada", PeerRole.RESEARCHER)
            async with ada.supplier(site.port) as stub:
                request = HeartbeatRequest(instance="a")
                assert "role researcher" in await refused(stub.Heartbeat(request, timeout=5))
            with pytest.raises(Exception, match="enrolled as researcher"):
                await asyncio.to_thread(site.invite, "ada", PeerRole.SUPPLIER)

    run(work())


def test_a_certificate_of_this_authority_that_the_hub_never_recorded_is_refused(site, run):
    async def work():
        async with site.running():
            north = await site.member("north")
            key = generate_tls_key()
            authority = site.home.load_authority()
            leaf = authority.issue(make_request(key), "north", PeerRole.SUPPLIER, site.clock.now())
            forged = Member(replace(north.enrolment, certificate=leaf), key, north.signing_key)
            assert "revoked or unknown" in await refused(welcome(site, forged))

    run(work())
