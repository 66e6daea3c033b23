"""Libraries that only some sources need: loaded when one is opened, or named with the remedy."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from syncline.errors import DataError


def load_extra(module: str, extra: str, name: str) -> ModuleType:
    """Import ``module``, which the extra ``extra`` installs; ``name`` is the source that needs it."""
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise DataError(
            f"{name}: reading it needs {package}, which is not installed; pip install syncline[{extra}]"
        ) from None
