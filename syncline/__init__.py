"""Syncline: organisations that may not pool their records build one synthetic data set together.

This package is the shared core and the researcher's Python API. It knows neither the supplier's agent nor the
hub. Importing it is light: everything heavy is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.version import __version__

if TYPE_CHECKING:
    from syncline.study.table_validation import validate
    from syncline.synthesizers.synthesizer import Synthesizer

__all__ = ["Synthesizer", "__version__", "validate"]


def __getattr__(name: str) -> object:
    if name == "Synthesizer":
        from syncline.synthesizers.synthesizer import Synthesizer

        return Synthesizer
    if name == "validate":
        from syncline.study.table_validation import validate

        return validate
    raise AttributeError(f"module 'syncline' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names, those not loaded yet too: what an editor or a notebook completes."""
    return sorted(__all__)
