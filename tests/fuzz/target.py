"""One reader under the law: bytes in, a value or an error of the catalogue out, within memory and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from syncline.errors import SynclineError

SECONDS = 10.0
"""Processor time that one small input may take."""


class LawBroken(AssertionError):
    """A reader raised something else, or took too long."""


@dataclass(frozen=True)
class Target:
    """A reader.

    Attributes
    ----------
    name
        What its part of the corpus is called.
    seeds
        Makes valid inputs to begin with.
    read
        Takes bytes; raises what it has to say of them.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], object]

    def check(self, content: bytes) -> None:
        """Read ``content``; raise LawBroken unless the law holds."""
        begun = time.process_time()
        try:
            self.read(content)
        except SynclineError:
            pass
        except Exception as error:
            raise LawBroken(f"{self.name}: {type(error).__name__}: {error}") from error
        if time.process_time() - begun > SECONDS:
            raise LawBroken(f"{self.name}: {len(content)} bytes took more than {SECONDS:.0f} s")
