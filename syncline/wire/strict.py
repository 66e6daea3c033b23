"""Strict reading of message fields: a reader returns a checked value or raises WireError naming the field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import TypeVar

from syncline.errors import IdentityError, WireError
from syncline.identity.peer import check_name

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PEM_MOST = 16 << 10
MAX_SENTENCE = 1000
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of characters that control or turn a line, or break it."""
N = TypeVar("N", bound=int)
E = TypeVar("E")


def identifier(field: str, value: str) -> str:
    """Return a name or id: 1 to 64 letters, digits, dots, underscores and hyphens."""
    if not _IDENTIFIER.fullmatch(value):
        raise WireError(f"{field}: expected 1 to 64 letters, digits, '.', '_' or '-'")
    return value


def party_name(field: str, value: str) -> str:
    """Return the name of a supplier or a person, by the rule for certificates."""
    try:
        return check_name(value)
    except IdentityError as error:
        raise WireError(f"{field}: {error}") from None


def sentence(field: str, value: str, most: int = MAX_SENTENCE) -> str:
    """Return a text for people: at most ``most`` characters, none that controls or turns the line."""
    if len(value) > most:
        raise WireError(f"{field}: {len(value)} characters are more than the {most} allowed")
    if any(unicodedata.category(char) in UNSEEN for char in value):
        raise WireError(f"{field}: control and format characters are not allowed")
    return value


def octets(field: str, value: bytes, exactly: int) -> bytes:
    """Return bytes of a fixed length, such as a key or a signature."""
    if len(value) != exactly:
        raise WireError(f"{field}: expected {exactly} bytes, got {len(value)}")
    return value


def bounded(field: str, value: bytes, most: int) -> bytes:
    """Return 1 to ``most`` bytes."""
    if not 1 <= len(value) <= most:
        raise WireError(f"{field}: expected 1 to {most} bytes, got {len(value)}")
    return value


def pem(field: str, value: bytes) -> bytes:
    """Return PEM text of a plausible size; its content is checked by those who parse it."""
    if not bounded(field, value, _PEM_MOST).startswith(b"-----BEGIN "):
        raise WireError(f"{field}: expected PEM")
    return value


def digest(field: str, value: bytes) -> str:
    """Return a SHA-256 digest as lower-case hexadecimal."""
    return octets(field, value, 32).hex()


def natural(field: str, value: int, most: int) -> int:
    """Return an integer from 0 to ``most``."""
    if not 0 <= value <= most:
        raise WireError(f"{field}: {value} is not between 0 and {most}")
    return value


def choice(field: str, value: N, known: Mapping[N, E]) -> E:
    """Return the domain value of an enum; zero and unknown numbers are refused."""
    if value not in known:
        raise WireError(f"{field}: unknown value {value}")
    return known[value]


def few(field: str, count: int, most: int) -> None:
    """Refuse a list of more than ``most`` entries."""
    if count > most:
        raise WireError(f"{field}: {count} entries are more than the {most} allowed")
