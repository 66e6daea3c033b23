"""What one side of a TLS connection shows, and whom it trusts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """What one side shows and whom it trusts: PEM bytes of leaf, private key and the authority's root."""

    certificate: bytes
    private_key: bytes
    authority: bytes

    def __repr__(self) -> str:
        """Show that there is an identity, never its key."""
        return "TlsIdentity(...)"
