"""What parties of a trial commit to: each supplier has a private key that follows from its name."""

from __future__ import annotations

import hashlib

from syncline.protocols.opening import HUB, Commitments, Occasion
from syncline.protocols.person_key import KeyHolder, public_key_of
from syncline.protocols.transition import PartyId


def private_key_of(party: str) -> bytes:
    """Return the private key of a supplier."""
    return hashlib.sha256(b"private key of " + party.encode()).digest()


def commitment_of(occasion: Occasion, party: str, contribution: bytes) -> bytes:
    """Return what a party commits to."""
    public_key = b"" if party == HUB else public_key_of(private_key_of(party))
    return occasion.commitment(party, contribution, public_key)


def sealed_by_dealer(commitments: Commitments) -> dict[PartyId, bytes]:
    """Return the key that numbers persons as the first supplier seals it for each other one."""
    dealer = commitments.suppliers[0]
    return KeyHolder(dealer, private_key_of(dealer), commitments).dealt()
