"""Who gets a certificate: a one-time token buys the first, proof of possession each next one.

A token is consumed and the certificate issued in one transaction. A repeated call with the same token and
the same request gets the same certificate, so that an answer which was lost on the way costs nobody a new
token.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.errors import IdentityError, UsageError
from syncline.identity.authority import CertificateAuthority, verify_issued
from syncline.identity.certificate_request import requested_key
from syncline.identity.peer import PeerIdentity, PeerRole, check_name, fingerprint
from syncline.identity.renewal import verify_possession
from syncline.identity.signatures import Purpose, verify
from syncline.identity.tokens import TOKEN_LIFETIME, EnrolmentTicket, hash_secret, invite
from syncline.wire.enrolment_messages import EnrolmentRequest, Renewal, RenewalRequest
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.invitations import (
    Invitation,
    awaits_use,
    find_invitation,
    is_replaced,
    put_invitation,
    use_invitation,
)
from trusted_party.datastore.members import (
    Certificate,
    MemberStanding,
    find_certificate,
    find_member,
    list_members,
    put_certificate,
    put_member,
    revoke_certificates,
)
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.store import Store, Transaction

GRACE = dt.timedelta(days=30)
"""How long after its expiry a certificate may still be replaced."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with the name and role in it."""

    certificate: bytes
    name: str
    role: PeerRole


class Enrolments:
    """Invite, enrol and renew at one hub."""

    def __init__(
        self, database: Store, authority: CertificateAuthority, audit: HubAudit, clock: Clock
    ) -> None:
        self._database = database
        self._authority = authority
        self._audit = audit
        self._clock = clock

    def invite(
        self, name: str, role: PeerRole, lifetime: dt.timedelta = TOKEN_LIFETIME
    ) -> tuple[str, dt.datetime]:
        """Keep a ticket; return the token's text and when it ends; for commands, which have no event loop."""
        check_name(name)
        token, ticket = invite(name, role, self._authority.root_sha256, self._clock.now(), lifetime)

        def write(transaction: Transaction) -> None:
            _refuse_role(transaction, name, role)
            _refuse_enrolled(transaction, name)
            put_invitation(transaction, ticket)
            self._audit.append(
                transaction, "invited", {"name": name, "role": role, "seconds": int(lifetime.total_seconds())}
            )

        self._database.write_now(write)
        return token.text(), ticket.expires_at

    def awaits(self, name: str) -> bool:
        """Tell whether a token for this name is out, which a new invitation makes void."""
        now = self._clock.now()
        return self._database.read_now(lambda transaction: awaits_use(transaction, name, now))

    async def enrol(self, request: EnrolmentRequest) -> Issued:
        """Exchange a token for a certificate."""
        now = self._clock.now()
        verify(request.signing_key, Purpose.ENROLMENT, request.request_digest, request.signing_proof)

        def write(transaction: Transaction) -> Issued:
            invitation = find_invitation(transaction, hash_secret(request.secret))
            if invitation is None:
                raise IdentityError(
                    "token: it is not one of this hub's: ask the hub's operator for a new one"
                )
            return self._redeem(transaction, invitation, request, now)

        issued = await self._database.write(write)
        crash_point("enrolment:before-answer")
        return issued

    def _redeem(
        self,
        transaction: Transaction,
        invitation: Invitation,
        request: EnrolmentRequest,
        now: dt.datetime,
    ) -> Issued:
        ticket = invitation.ticket
        key = requested_key(request.signing_request)
        asked = hashlib.sha256(bytes.fromhex(fingerprint(key)) + request.signing_key).digest()
        if invitation.certificate is not None and invitation.used_by_sha256 == asked:
            _check_lifetime(ticket, now)
            return Issued(invitation.certificate, ticket.name, ticket.role)
        if not ticket.used and is_replaced(transaction, ticket):
            raise IdentityError(
                "token: it was replaced by a later invitation: use that one, or ask the hub's operator for a"
                " new one"
            )
        ticket.check(request.secret, now)
        _refuse_role(transaction, ticket.name, ticket.role)
        _refuse_shared_key(transaction, ticket.name, request.signing_key)
        pem = self._authority.issue(request.signing_request, ticket.name, ticket.role, now)
        revoke_certificates(transaction, ticket.name)
        put_member(transaction, ticket.name, ticket.role, request.signing_key, to_us(now))
        self._remember(transaction, pem, "enrolled")
        use_invitation(transaction, ticket.secret_sha256, asked, pem)
        return Issued(pem, ticket.name, ticket.role)

    async def renew(self, request: RenewalRequest) -> Renewal:
        """Issue the next certificate to the holder of a current, or lately expired, one."""
        now = self._clock.now()
        verify_issued(request.certificate, self._authority.root_pem)
        verify_possession(request.certificate, request.signing_request, request.proof)
        peer = PeerIdentity.from_pem(request.certificate)
        if now > peer.not_after + GRACE:
            raise IdentityError(
                f"certificate of {peer.name}: expired more than {GRACE.days} days ago: enrol again"
            )

        def write(transaction: Transaction) -> bytes:
            known = find_certificate(transaction, peer.fingerprint)
            member = find_member(transaction, peer.name)
            if (
                known is None
                or known.revoked
                or member is None
                or member.standing is not MemberStanding.ACTIVE
            ):
                raise IdentityError(
                    f"{peer.name}: this certificate is revoked or unknown to this hub: enrol again"
                )
            pem = self._authority.issue(request.signing_request, peer.name, peer.role, now)
            self._remember(transaction, pem, "renewed")
            return pem

        pem = await self._database.write(write)
        crash_point("renewal:before-answer")
        return Renewal(pem, self._authority.root_pem)

    def _remember(self, transaction: Transaction, pem: bytes, event: str) -> None:
        peer = PeerIdentity.from_pem(pem)
        known = find_certificate(transaction, peer.fingerprint)
        if known is not None and (known.revoked or known.name != peer.name):
            raise IdentityError("signing request: its key was revoked or belongs to another: make a new one")
        put_certificate(
            transaction, Certificate(peer.fingerprint, peer.name, pem, to_us(peer.not_after), revoked=False)
        )
        fields = {"name": peer.name, "role": peer.role.value, "fingerprint": peer.fingerprint}
        self._audit.append(transaction, event, fields)


def _refuse_enrolled(transaction: Transaction, name: str) -> None:
    """Refuse to invite a name that is in use: who gets hold of the token would take the member's place."""
    member = find_member(transaction, name)
    if member is not None and member.standing is MemberStanding.ACTIVE:
        raise UsageError(
            f"{name}: enrolled as {member.role} already; evict it first with"
            f" 'trusted-party suppliers evict {name}', or use another name"
        )


def _refuse_shared_key(transaction: Transaction, name: str, signing_key: bytes) -> None:
    """Refuse the signing key of another member: a signature speaks for one name."""
    for member in list_members(transaction):
        if (
            member.name != name
            and member.standing is MemberStanding.ACTIVE
            and member.signing_key == signing_key
        ):
            raise IdentityError("signing key: it belongs to another member: make a new one")


def _refuse_role(transaction: Transaction, name: str, role: PeerRole) -> None:
    member = find_member(transaction, name)
    if member is None:
        return
    if member.standing is MemberStanding.BANNED:
        raise IdentityError(f"{name}: this name is banned; a ban is not lifted, use another name")
    if member.role is not role:
        raise UsageError(f"{name}: enrolled as {member.role} already; use another name for the role {role}")


def _check_lifetime(ticket: EnrolmentTicket, now: dt.datetime) -> None:
    if now > ticket.expires_at:
        raise IdentityError("token: it has expired: ask the hub's operator for a new one")
