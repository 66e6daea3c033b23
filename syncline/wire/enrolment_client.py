"""Enrol with a one-time token, and renew a certificate: the two calls that need no client certificate.

Enrolling makes the keys here, on the member's side, in a directory of its own next to the final one. The hub
is known by the root that the token pins before the token's secret is sent. Only when all files are on the
disk does the directory take its final name: after a kill at any point the same command with the same token
goes on.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import grpc.aio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.durable.private_directory import make_private_directory
from syncline.errors import IdentityError, UsageError
from syncline.identity.authority import pinned_root, root_digest
from syncline.identity.certificate_request import make_request
from syncline.identity.keys import (
    generate_signing_key,
    generate_tls_key,
    load_signing_key,
    load_tls_key,
    private_key_pem,
    public_signing_key,
    save_private_key,
)
from syncline.identity.peer import PeerRole, alternative_names
from syncline.identity.private_file import write_private
from syncline.identity.renewal import prove_possession
from syncline.identity.signatures import Purpose, sign
from syncline.identity.tls_identity import TlsIdentity
from syncline.identity.tokens import EnrolmentToken
from syncline.version import __version__
from syncline.wire import enrolment as messages
from syncline.wire.enrolment_messages import Enrolment, EnrolmentRequest, RenewalRequest
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import EnrolmentServiceStub
from syncline.wire.membership import (
    SIGNING_FILE,
    Membership,
    check_issued,
    is_member,
    load_membership,
    renewed,
    save_membership,
    save_tls,
)
from syncline.wire.refusals import PeerUnreachable
from syncline.wire.server_chain import fetch_chain, next_port, split_address
from syncline.wire.status import error_from_rpc
from syncline.wire.transport import enrolment_channel

CALL_SECONDS = 20.0
_KEY_FILE = "tls-key.pem"
_GIVEN_FILE = "given-token.sha256"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EnrolmentPlan:
    """Where to enrol: the final directory, the hub's address, and its second one if not a port up."""

    directory: Path
    hub: str
    role: PeerRole
    enrolment: str | None = None

    def __post_init__(self) -> None:
        split_address(self.hub)
        split_address(self.enrolment_address)

    @property
    def enrolment_address(self) -> str:
        """HOST:PORT of the server that takes tokens."""
        return self.enrolment or next_port(self.hub)

    @property
    def pending(self) -> Path:
        """Where keys and certificate are gathered before the directory takes its final name."""
        return self.directory.with_name(self.directory.name + ".pending")


async def enrol(plan: EnrolmentPlan, token_text: str, clock: Clock) -> Membership:
    """Exchange the token for a certificate; doing it again with the same token changes nothing."""
    token = _parsed(token_text)
    if token.role is not plan.role:
        raise UsageError(
            f"the token is for {_a(token.role)}, not for {_a(plan.role)}: ask the operator for the right one"
        )
    token_sha256 = hashlib.sha256(token.secret).hexdigest()
    if is_member(plan.directory):
        return _known_member(plan, token_sha256)
    if not is_member(plan.pending):
        chain = await asyncio.to_thread(_chain_at, plan)
        root = _pinned(plan, chain, token, clock)
        _prepare_keys(plan.pending, token_sha256)
        crash_point("enrol:keys-written")
        try:
            enrolment = await _send_token(plan, token, root)
            crash_point("enrol:answered")
            member = _checked(plan, token, enrolment, token_sha256)
        except (IdentityError, UsageError):
            shutil.rmtree(plan.pending)  # the hub has refused: these keys are of no use
            raise
        save_membership(member)
        crash_point("enrol:saved")
    (plan.pending / _KEY_FILE).unlink(missing_ok=True)
    plan.pending.rename(plan.directory)
    return load_membership(plan.directory, "enrol")


def _a(role: PeerRole) -> str:
    return f"{'an' if role.value[0] in 'aeiou' else 'a'} {role}"


def _chain_at(plan: EnrolmentPlan) -> list[bytes]:
    """Return the chain of the hub's enrolment server; where none answers, say why that port was tried."""
    try:
        return fetch_chain(plan.enrolment_address)
    except PeerUnreachable as error:
        if plan.enrolment is not None:
            raise
        raise PeerUnreachable(f"{error}; tokens are taken one port above --hub {plan.hub}") from error


async def renew(membership: Membership) -> Membership:
    """Get a certificate for a new key by proof that the old key is ours; store both in one step."""
    key = generate_tls_key()
    request = make_request(key)
    certificate = membership.tls.certificate
    proof = prove_possession(membership.tls_key(), certificate, request)
    message = messages.renewal_request_to_proto(RenewalRequest(certificate, request, proof))
    async with enrolment_channel(membership.enrolment, membership.tls.authority) as channel:
        crash_point("renew:before-send")
        answer = await _call(EnrolmentServiceStub(channel).Renew(message, timeout=CALL_SECONDS))
    renewal = messages.renewal_from_proto(answer)
    if root_digest(renewal.authority) != root_digest(membership.tls.authority):
        raise IdentityError(
            "hub: it answered with another certificate authority: enrol again with a new token"
        )
    current = renewed(membership, key, renewal.certificate, renewal.authority)
    save_tls(current.directory, current.tls)
    crash_point("renew:saved")
    return current


def _parsed(text: str) -> EnrolmentToken:
    try:
        return EnrolmentToken.parse(text)
    except IdentityError as error:
        raise UsageError(str(error)) from None


def _known_member(plan: EnrolmentPlan, token_sha256: str) -> Membership:
    known = load_membership(plan.directory, "enrol")
    if known.token_sha256 != token_sha256:
        raise UsageError(
            f"{plan.directory} is enrolled already as {known.role} {known.name} at {known.hub}: choose"
            f" another --home, or move {plan.directory.name} away to enrol anew"
        )
    return known


def _prepare_keys(pending: Path, token_sha256: str) -> None:
    """Make both keys once per token, so that a repeated attempt asks for the same certificate."""
    mark = pending / _GIVEN_FILE
    if mark.is_file() and mark.read_text("ascii").strip() == token_sha256:
        return
    if pending.exists():
        shutil.rmtree(pending)
    make_private_directory(pending)
    save_private_key(pending / _KEY_FILE, generate_tls_key())
    save_private_key(pending / SIGNING_FILE, generate_signing_key())
    write_private(mark, token_sha256.encode())


async def _send_token(plan: EnrolmentPlan, token: EnrolmentToken, root: bytes) -> Enrolment:
    """Send the secret over a connection that is verified by the pinned root and the host's name."""
    key = load_signing_key(plan.pending / SIGNING_FILE)
    signing_request = make_request(load_tls_key(plan.pending / _KEY_FILE))
    request = EnrolmentRequest(
        secret=token.secret,
        signing_request=signing_request,
        signing_key=public_signing_key(key),
        software_version=__version__,
        signing_proof=sign(key, Purpose.ENROLMENT, hashlib.sha256(signing_request).digest()),
    )
    message = messages.enrolment_request_to_proto(request)
    async with enrolment_channel(plan.enrolment_address, root) as channel:
        crash_point("enrol:before-send")
        answer = await _call(EnrolmentServiceStub(channel).Enrol(message, timeout=CALL_SECONDS))
    enrolment = messages.enrolment_from_proto(answer)
    if root_digest(enrolment.authority) != token.root_sha256:
        raise IdentityError("hub: it answered with another certificate authority than the token's")
    return enrolment


def _pinned(plan: EnrolmentPlan, chain: list[bytes], token: EnrolmentToken, clock: Clock) -> bytes:
    """Return the root that the token names; the server for members shows its own certificate alone."""
    try:
        root = pinned_root(chain, token.root_sha256, clock.now())
    except IdentityError as error:
        if len(chain) > 1:
            raise
        raise IdentityError(
            f"{plan.enrolment_address} does not take tokens, as a hub's port for members does not: name the"
            " port for enrolment with --enrolment; it is one above that for members unless the operator chose"
            " another"
        ) from error
    _require_named(plan.enrolment_address, chain[0])
    return root


def _require_named(address: str, leaf: bytes) -> None:
    """Refuse a server whose certificate is for other names, which gRPC takes for one that does not answer."""
    names = alternative_names(x509.load_der_x509_certificate(leaf))
    known = [
        *names.get_values_for_type(x509.DNSName),
        *map(str, names.get_values_for_type(x509.IPAddress)),
    ]
    host, _ = split_address(address)
    if host.lower() not in [name.lower() for name in known]:
        raise UsageError(
            f"--hub {host}: the hub's certificate is for {', '.join(known)}: use one of these names, or let"
            f" its operator make the hub with 'trusted-party init --host {host}'"
        )


def _checked(
    plan: EnrolmentPlan, token: EnrolmentToken, enrolment: Enrolment, token_sha256: str
) -> Membership:
    key: ec.EllipticCurvePrivateKey = load_tls_key(plan.pending / _KEY_FILE)
    check_issued(enrolment.certificate, enrolment.authority, key, token.name, token.role)
    return Membership(
        directory=plan.pending,
        name=token.name,
        role=token.role,
        hub=plan.hub,
        enrolment=plan.enrolment_address,
        hub_signing_key=enrolment.hub_signing_key,
        token_sha256=token_sha256,
        tls=TlsIdentity(enrolment.certificate, private_key_pem(key), enrolment.authority),
    )


async def _call(call: Awaitable[T]) -> T:
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise error_from_rpc(error) from None
