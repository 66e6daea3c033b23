"""Nobody chooses who is held out: every party commits to random bytes, and only then are any of them opened.

The salt decides which persons no model sees. Who could choose it, or try many, could hold out the one person
that it is after. So each supplier draws a *contribution* of 16 bytes when it approves a study and sends a
hash of it, its *commitment*, with a public key (:mod:`syncline.protocols.person_key`); the hub names all
commitments, its own among them, in the opening round; suppliers answer with their contributions; and the next
request carries them all. The salt is a keyed hash of all.

Why no party can steer it: when the first contribution is opened, all others are fixed, so what a party knows
when it chooses its own says nothing of the salt (SHA-256 hides 128 random bits and binds to them). This holds
for each supplier by itself, whatever the hub and all other suppliers agree on, because a supplier opens only
where its own commitment stands in the list, and once. What is left to who sees the contributions first is to
end the study; then nothing was counted, and another needs another approval. See decision 0031.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from syncline.errors import ProtocolError
from syncline.protocols.transition import PartyId

CONTRIBUTION_BYTES = 16
"""Random bytes of each party."""

COMMITMENT_BYTES = 64
"""Bytes of a supplier's commitment: a SHA-256, and the public key that it covers."""

_HASH_BYTES = 32

HUB = PartyId("(hub)")
"""The hub among the parties; no supplier of a study can have this name."""

_COMMITMENT_LABEL = b"syncline/commitment/1\x00"
_COMMITMENTS_LABEL = b"syncline/commitments/1\x00"
_SALT_LABEL = b"syncline/salt/1\x00"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a commitment is about: one study, by its id and the digest of its specification."""

    study_id: str
    specification_sha256: str

    def commitment(self, party: str, contribution: bytes, public_key: bytes = b"") -> bytes:
        """Return what commits ``party`` to its ``contribution``: a SHA-256 (32 bytes), then its public key.

        A supplier has a public key of 32 bytes, the hub has none.
        """
        if len(contribution) != CONTRIBUTION_BYTES:
            raise ProtocolError(f"a contribution to the salt has {CONTRIBUTION_BYTES} bytes")
        words = (
            self.study_id.encode(),
            self.specification_sha256.encode(),
            party.encode(),
            contribution,
            public_key,
        )
        return hashlib.sha256(_COMMITMENT_LABEL + _framed(*words)).digest() + public_key


@dataclass(frozen=True, slots=True)
class Openings:
    """What every party opened (16 bytes each); ``percent`` is the holdout where it follows from counts.

    ``sealed`` is the key that numbers persons, sealed for each supplier but the one who deals it, and by the
    name of that one the key's digest.
    """

    by_party: Mapping[PartyId, bytes] = field(repr=False)
    percent: int = 0
    sealed: Mapping[PartyId, bytes] = field(default_factory=dict, repr=False)

    @property
    def salt(self) -> bytes:
        """The study's salt (32 bytes): HMAC-SHA256 over all contributions in the order of the names."""
        parts = (_framed(name.encode(), self.by_party[name]) for name in sorted(self.by_party))
        return hmac.digest(_SALT_LABEL, b"".join(parts), "sha256")


@dataclass(frozen=True, slots=True)
class Commitments:
    """What every party of the roster committed to (64 bytes each), and the hub (32 bytes)."""

    occasion: Occasion
    by_party: Mapping[PartyId, bytes]

    def __post_init__(self) -> None:
        if HUB not in self.by_party or len(self.by_party) < 2:
            raise ProtocolError("the commitments are those of the hub and of at least one supplier")

    @property
    def suppliers(self) -> tuple[PartyId, ...]:
        """The roster, in the order of the names."""
        return tuple(sorted(name for name in self.by_party if name != HUB))

    @property
    def digest(self) -> bytes:
        """SHA-256 (32 bytes) over the occasion and all commitments, in the order of the names."""
        words = [self.occasion.study_id.encode(), self.occasion.specification_sha256.encode()]
        for name in sorted(self.by_party):
            words += [name.encode(), self.by_party[name]]
        return hashlib.sha256(_COMMITMENTS_LABEL + _framed(*words)).digest()

    def public_key(self, party: PartyId) -> bytes:
        """Return the public key (32 bytes) of a supplier of the roster."""
        return self.by_party[party][_HASH_BYTES:]

    def require_own(self, party: str, contribution: bytes, public_key: bytes) -> None:
        """Raise unless ``party`` finds what it committed to itself, before it opens anything."""
        own = self.by_party.get(PartyId(party))
        if own != self.occasion.commitment(party, contribution, public_key):
            _refuse("the commitment that this supplier made stands not among those that the hub names")

    def require_opened(self, openings: Openings) -> None:
        """Raise, naming a party, unless every party opened what it committed to."""
        if set(openings.by_party) != set(self.by_party):
            _refuse("not every party opened its contribution to the salt, or one did that made no commitment")
        for name in sorted(openings.by_party):
            self.require_faithful(name, openings.by_party[name])

    def require_faithful(self, party: PartyId, contribution: bytes) -> None:
        """Raise, naming ``party``, unless it opened what it committed to."""
        own = self.by_party[party]
        if own != self.occasion.commitment(party, contribution, own[_HASH_BYTES:]):
            who = "the hub" if party == HUB else f"supplier {party!r}"
            _refuse(f"{who} opened another contribution to the salt than it had committed to")


@dataclass(frozen=True, slots=True)
class SaltDraw:
    """What a study's salt was drawn from: all commitments, and what was opened as they said."""

    commitments: Commitments
    openings: Openings

    def __post_init__(self) -> None:
        self.commitments.require_opened(self.openings)


def _framed(*words: bytes) -> bytes:
    """Return words one after the other, each behind its length, so that no two lists give the same bytes."""
    return b"".join(len(word).to_bytes(4, "big") + word for word in words)


def _refuse(problem: str) -> NoReturn:
    raise ProtocolError(problem)
