"""Plain values as YAML on one line, for drafts that a person reads and edits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]{1,15}(\.[0-9]{1,15})?")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def flow(value: object) -> str:
    """Return mappings, sequences and texts in the flow style of YAML; texts are quoted where they need be."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(str(key))}: {flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _scalar(str(value))


def _key(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if text[:1].isdigit() else _scalar(text)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
