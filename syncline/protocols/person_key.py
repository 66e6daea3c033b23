"""A key that numbers persons, which the suppliers of a study share and the hub does not know.

The hub sees in which buckets the persons of a cell are. Buckets follow from the numbers of persons, and the
hub knows who might be among them: who could compute a person's number from an id could look the person up in
every cell. So the numbers are keyed by random bytes of the suppliers alone.

Each supplier's approval names a public key for X25519 beside its commitment. In the opening round the first
supplier of the roster, the *dealer*, draws the key and seals it for each other one; the request that opens
the salt carries what was sealed, which only its addressee can open. It costs no round. With the seals goes
a digest of the key, by which each supplier sees that all were dealt the same one: with two keys a person at
two suppliers would count twice.

What this does not stop is a hub that forges an approval and takes a supplier's place: then the key is dealt
to the hub. The hub decides who is a supplier, so nothing inside a study could stop it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from syncline.errors import ProtocolError
from syncline.protocols.opening import Commitments
from syncline.protocols.transition import PartyId

KEY_BYTES = 32
"""Bytes of a private key, a public key and the persons' key."""

SEALED_BYTES = KEY_BYTES + 16
"""Bytes of a key as it is sealed, which is the key and an authentication tag, and of its digest."""

_KEY_LABEL = b"syncline/person-key/1\x00"
_SEAL_LABEL = b"syncline/person-key-seal/1\x00"
_DIGEST_LABEL = b"syncline/person-key-digest/1\x00"
_ONLY_ONCE = bytes(12)
"""The nonce of a seal: each sealing key seals one message."""


def public_key_of(private_key: bytes) -> bytes:
    """Return the X25519 public key (32 bytes) of a private key (32 bytes)."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A supplier of a study with its private key (32 bytes), and what all parties committed to."""

    party: PartyId
    private_key: bytes = field(repr=False)
    commitments: Commitments

    @property
    def deals(self) -> bool:
        """Whether this supplier draws the key: it is the first of the roster."""
        return self.party == self.commitments.suppliers[0]

    def dealt(self) -> dict[PartyId, bytes]:
        """Return the key sealed for each other supplier, and its digest by the own name (48 bytes each).

        There is nothing where this supplier does not deal.
        """
        if not self.deals:
            return {}
        others, key = self.commitments.suppliers[1:], self._own_key()
        return {self.party: _digest(key), **{name: self.sealed(key, name) for name in others}}

    def sealed(self, key: bytes, other: PartyId) -> bytes:
        """Return a key as only the supplier ``other`` can open it (48 bytes); each pair seals one."""
        return self._box(other).encrypt(_ONLY_ONCE, key, None)

    def key(self, sealed: Mapping[PartyId, bytes]) -> bytes:
        """Return the persons' key (32 bytes), of what the dealer ``sealed``.

        Raises
        ------
        ProtocolError
            Where nothing was sealed for this supplier, or by another than the dealer, or for others, or
            another key than the one whose digest all suppliers read.
        """
        if set(sealed) != set(self.commitments.suppliers):
            raise ProtocolError("the key that numbers persons was not dealt to the suppliers of the study")
        dealer = self.commitments.suppliers[0]
        key = self._own_key() if self.deals else self._unsealed(dealer, sealed[self.party])
        if not hmac.compare_digest(_digest(key), sealed[dealer]):
            raise ProtocolError(f"supplier {dealer!r} did not deal one key that numbers persons to all")
        return key

    def _unsealed(self, dealer: PartyId, box: bytes) -> bytes:
        try:
            return self._box(dealer).decrypt(_ONLY_ONCE, box, None)
        except InvalidTag:
            raise ProtocolError(
                f"the key that numbers persons was not sealed by supplier {dealer!r}, who deals it"
            ) from None

    def _own_key(self) -> bytes:
        """Return the key that this supplier deals, the same each time it is asked."""
        return hmac.digest(self.private_key, _KEY_LABEL + self.commitments.digest, "sha256")

    def _box(self, other: PartyId) -> ChaCha20Poly1305:
        """Return what seals one message between this supplier and another one."""
        own = X25519PrivateKey.from_private_bytes(self.private_key)
        try:
            shared = own.exchange(X25519PublicKey.from_public_bytes(self.commitments.public_key(other)))
        except ValueError:
            raise ProtocolError(f"supplier {other!r} named no public key") from None
        context = _SEAL_LABEL + self.commitments.digest
        return ChaCha20Poly1305(HKDF(SHA256(), KEY_BYTES, None, context).derive(shared))


def _digest(key: bytes) -> bytes:
    """Return the SHA-384 (48 bytes) by which a key is told from others; it says nothing else of it."""
    return hashlib.sha384(_DIGEST_LABEL + key).digest()
