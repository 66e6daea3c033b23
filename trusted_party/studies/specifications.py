"""The specifications that the hub works with, parsed once each and never on the event loop."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from syncline.data.section import sha256_hex
from syncline.study.spec import StudySpec

KEPT_BYTES = 2 << 20
"""Canonical bytes of the specifications that stay parsed: several hundred usual ones, two of the largest."""


class Specifications:
    """Parse specifications, one at a time in a thread, and keep those that were used last."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[str, tuple[StudySpec, int]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def read(self, canonical: bytes) -> StudySpec:
        """Return the specification of these bytes; raise DocumentError where they are none."""
        digest = sha256_hex(canonical)
        if digest not in self._kept:
            async with self._turn:
                if digest not in self._kept:
                    self._keep(digest, await asyncio.to_thread(_parsed, canonical), len(canonical))
        self._kept.move_to_end(digest)
        return self._kept[digest][0]

    def _keep(self, digest: str, spec: StudySpec, size: int) -> None:
        self._kept[digest] = spec, size
        total = sum(kept for _, kept in self._kept.values())
        while total > self._kept_bytes and len(self._kept) > 1:
            _, (_, dropped) = self._kept.popitem(last=False)
            total -= dropped


def _parsed(canonical: bytes) -> StudySpec:
    spec = StudySpec.from_canonical(canonical)
    assert spec.digest  # computed here, and kept with the specification
    return spec
