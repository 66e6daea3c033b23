"""Granting a release to researchers besides its own: a token with an end, and what it opens.

A fetch needs both: the certificate of the very researcher who is named, and the secret of the token that
they were given last. Whoever has no grant hears the same sentence whether the release exists, the secret is
another's, or neither: a stranger learns nothing. A researcher who has one knows of the release, and hears
what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from syncline.durable.audit import FieldValue
from syncline.errors import IdentityError, SynclineError, UsageError
from syncline.identity.access_token import AccessToken, hash_access_secret
from syncline.identity.peer import PeerRole
from syncline.wire.messages import ReleaseId
from syncline.wire.refusals import UnknownObject
from syncline.wire.release_messages import ReleaseRequest
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.grants import Grant, drop_grant, find_grant, put_grant, short_id
from trusted_party.datastore.members import MemberStanding, find_member
from trusted_party.datastore.moments import from_us
from trusted_party.datastore.store import Transaction
from trusted_party.release.naming import require_release, require_standing_release

_DAY_US = 86_400 * 1_000_000


class AccessVerdict(StrEnum):
    """What is said of a grant and a secret; the audit keeps the word."""

    OPEN = "open"
    NOT_GRANTED = "not_granted"
    MISSING = "missing"
    WRONG = "wrong"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class IssuedGrant:
    """A grant that was made: its token, which nobody can read again, and the grant that it replaced."""

    token: AccessToken
    grant: Grant
    replaced: Grant | None


def until(now_us: int, days: int) -> int:
    """Return the moment so many days from now."""
    return now_us + days * _DAY_US


def grant(
    transaction: Transaction, audit: HubAudit, release_id: ReleaseId, researcher: str, until_us: int
) -> IssuedGrant:
    """Let a researcher fetch a release until a moment; a second grant replaces the first and its token."""
    require_standing_release(transaction, release_id)
    member = find_member(transaction, researcher)
    if (
        member is None
        or member.role is not PeerRole.RESEARCHER
        or member.standing is not MemberStanding.ACTIVE
    ):
        raise UsageError(
            f"{researcher}: no researcher of this name is enrolled; 'trusted-party suppliers list'"
            " shows all members"
        )
    token = AccessToken.make(release_id, researcher)
    made = Grant(release_id, researcher, until_us, token.secret_sha256)
    replaced = find_grant(transaction, release_id, researcher)
    put_grant(transaction, made)
    fields: dict[str, FieldValue] = {
        "release": release_id,
        "researcher": researcher,
        "until_us": until_us,
        "grant": made.short_id,
        "replaces": None if replaced is None else replaced.short_id,
    }
    audit.append(transaction, "release_granted", fields)
    return IssuedGrant(token, made, replaced)


def revoke(transaction: Transaction, audit: HubAudit, release_id: ReleaseId, researcher: str) -> bool:
    """Take a researcher's access away; False where there was none."""
    require_release(transaction, release_id)
    gone = find_grant(transaction, release_id, researcher)
    if gone is None:
        return False
    drop_grant(transaction, gone)
    fields: dict[str, FieldValue] = {"release": release_id, "researcher": researcher, "grant": gone.short_id}
    audit.append(transaction, "release_revoked", fields)
    return True


def living_grant(
    transaction: Transaction, release_id: ReleaseId, name: str, role: PeerRole, now_us: int
) -> Grant | None:
    """Return the grant by which a member may know of a release now."""
    granted = _grant_of(transaction, release_id, name, role)
    return None if granted is None or granted.is_over(now_us) else granted


def opened_grant(
    transaction: Transaction, name: str, role: PeerRole, wanted: ReleaseRequest, now_us: int
) -> tuple[AccessVerdict, Grant | None]:
    """Return the grant that a member's certificate finds, and what its token's secret makes of it."""
    granted = _grant_of(transaction, wanted.release_id, name, role)
    return judge(granted, wanted.access_secret, now_us), granted


def judge(granted: Grant | None, secret: bytes, now_us: int) -> AccessVerdict:
    """Say whether a secret opens a grant now; an empty secret is none."""
    if granted is None:
        return AccessVerdict.NOT_GRANTED
    if secret and not granted.opens(secret):
        return AccessVerdict.WRONG
    if granted.is_over(now_us):
        return AccessVerdict.EXPIRED
    return AccessVerdict.OPEN if secret else AccessVerdict.MISSING


def refusal(verdict: AccessVerdict, release_id: ReleaseId, granted: Grant | None) -> SynclineError:
    """Return the error for who may not fetch; it names a remedy to those who may know of the release."""
    if granted is None or verdict is AccessVerdict.NOT_GRANTED:
        return UnknownObject(f"release {release_id}: no such release")
    if verdict is AccessVerdict.MISSING:
        return IdentityError(
            f"release {release_id}: it was granted to you by an access token: pass it with --token, or ask"
            " the hub's operator for a new one"
        )
    if verdict is AccessVerdict.WRONG:
        return IdentityError(
            f"release {release_id}: this is not the access token that you were given last: ask the hub's"
            " operator for a new one"
        )
    return IdentityError(
        f"release {release_id}: your access ended on {from_us(granted.until_us):%Y-%m-%d %H:%M:%S} UTC: ask"
        " the hub's operator for a new access token"
    )


def note_refusal(
    transaction: Transaction,
    audit: HubAudit,
    name: str,
    role: PeerRole,
    wanted: ReleaseRequest,
    why: AccessVerdict,
) -> None:
    """Write a secret that opened nothing into the audit, by the short id of its hash.

    That id tells the operator whose token it is, where it is one that the hub gave out.
    """
    fields: dict[str, FieldValue] = {
        "release": wanted.release_id,
        "by": name,
        "role": role.value,
        "why": why.value,
        "token": short_id(hash_access_secret(wanted.access_secret)),
    }
    audit.append(transaction, "release_access_refused", fields)


def _grant_of(transaction: Transaction, release_id: ReleaseId, name: str, role: PeerRole) -> Grant | None:
    return find_grant(transaction, release_id, name) if role is PeerRole.RESEARCHER else None
