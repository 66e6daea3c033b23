"""What ``audit verify`` of every party does alike: a file checked by a fingerprint, and a verdict told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from syncline.cli.named_data import check_named_data
from syncline.cli.table import print_json
from syncline.cli.terminal import say
from syncline.durable import audit as chain
from syncline.errors import IdentityError, UsageError
from syncline.identity.key_pin import KeyPin

Exported = Annotated[
    Path | None, typer.Argument(help="An exported file; without it, this home's own record.")
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="The fingerprint of the party whose record FILE is, in digits or words; needs no home.",
    ),
]

BY_KEY = "give the fingerprint of the party that wrote it as --key"


def verified_by(file: Path | None, fingerprint: str) -> chain.AuditFinding:
    """Check an exported record of another party, whose fingerprint was learnt by a way that is trusted.

    Raises
    ------
    UsageError
        There is no file, or it is no export, or the fingerprint is none.
    IdentityError
        The file is signed by another key, or does not say by which.
    """
    pin = KeyPin.parse(fingerprint, "--key")
    if file is None:
        raise UsageError("--key: name the exported FILE that it is the key of")
    check_named_data("FILE", str(file))
    named = chain.require_export(file)
    if named is None:
        raise IdentityError(f"FILE {file}: does not name the key that signed it: have it exported again")
    if not pin.matches(named):
        raise IdentityError(
            f"FILE {file}: names another key than --key: ask its party for the fingerprint, or for the file"
        )
    return chain.verify_export(file, Ed25519PublicKey.from_public_bytes(named))


def verified_by_own(file: Path, own: Ed25519PublicKey) -> chain.AuditFinding:
    """Check an exported record of the home whose key is ``own``; refuse one that names another key."""
    named = chain.require_export(file)
    if named is not None and named != own.public_bytes_raw():
        raise IdentityError(f"FILE {file}: is another party's record: {BY_KEY}")
    return chain.verify_export(file, own)


@contextmanager
def or_by_key(file: Path | None) -> Iterator[None]:
    """Where there is no home to check a ``file`` by, say that a fingerprint does."""
    try:
        yield
    except UsageError as error:
        if file is None:
            raise
        raise UsageError(f"FILE {file}: {BY_KEY}; {error}") from error


def tell_verdict(verdict: chain.AuditFinding, file: Path | None, *, as_json: bool) -> None:
    """Print what a check found; raise where the chain does not hold."""
    if as_json:
        print_json({"entries": verdict.entries, "head": verdict.head, "first_bad": verdict.first_bad})
    elif verdict.first_bad is None:
        say(f"{chain.counted_entries(verdict.entries)}, unbroken; the last one's hash is {verdict.head}")
    if verdict.first_bad is not None:
        raise chain.broken_record(verdict.first_bad, file)
