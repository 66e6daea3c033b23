"""What ``audit verify`` of every party does alike: a file checked by a fingerprint, and a verdict told."""

from __future__ import annotations

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


def tell_verdict(verdict: chain.AuditFinding, file: Path | None, *, as_json: bool) -> None:
    """Print what a check found; raise where the chain does not hold."""
    if as_json:
        print_json({"entries": verdict.entries, "head": verdict.head, "first_bad": verdict.first_bad})
    elif verdict.first_bad is None:
        say(f"{chain.counted_entries(verdict.entries)}, unbroken; the last one's hash is {verdict.head}")
    if verdict.first_bad is not None:
        raise chain.broken_record(verdict.first_bad, file)
