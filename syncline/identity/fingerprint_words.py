"""Fingerprints as words that two people can compare by telephone.

Each 16 bits become one word of five letters, consonant and vowel in turn: "lusab". The scheme is that of
proquints (D. S. Wilkerson, 2009, arXiv:0901.4016). Six words are 96 bits, beyond what an impostor can search
for.
"""

from __future__ import annotations

WORDS = 6
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"


def fingerprint_words(fingerprint: str) -> str:
    """Return the first 96 bits of a hexadecimal fingerprint as six words, joined by hyphens."""
    data = bytes.fromhex(fingerprint)
    if len(data) < 2 * WORDS:
        raise ValueError(f"a fingerprint of {len(data)} bytes is too short to be compared")
    return "-".join(_word(int.from_bytes(data[2 * place : 2 * place + 2])) for place in range(WORDS))


def _word(bits: int) -> str:
    return (
        _CONSONANTS[bits >> 12]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )
