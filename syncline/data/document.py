"""Read a YAML 1.2 document as plain mappings, lists and text, and nothing else.

Every scalar arrives as the text that was written: ``no``, ``010`` and ``1e-6`` mean what the field that they
fill says, never what a YAML reader guesses. Documents come from strangers, so what a plain document does not
need is refused with its line: anchors and aliases (which expand without bound), tags, duplicate keys, keys
that are not text, a second document, deep nesting, more values than a schema needs, more than 1 MiB. The
reader walks the parser's events with a stack of its own, so nesting cannot exhaust the interpreter's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from syncline.errors import DocumentError

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

Node: TypeAlias = "str | list[Node] | dict[str, Node]"

MAX_BYTES = 1024 * 1024
"""The largest document that is read, in bytes of UTF-8."""

_QUOTED = re.compile(r"('[^'\w]'|'<[a-z ]+>')|(?<!\w)['\"](?!<)[^'\"]{2,}['\"](?!\w)")
"""What a YAML parser's complaint quotes: a sign or the name of a token, or else text of the document."""

MAX_DEPTH = 16
"""The deepest nesting of mappings and lists."""

MAX_KEYS = 20_000
"""The most keys of one mapping: the code list of a large classification fits."""

MAX_NODES = 100_000
"""The most keys and values: a column of 65,000 categories fits, and the slowest document takes seconds."""


def read_file(path: Path) -> str:
    """Return the text of the document at ``path``, at most ``MAX_BYTES`` of UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise DocumentError(
            f"{path}: cannot be read: {error.strerror}; check its kind and permissions"
        ) from None
    try:
        return _checked_size(content, str(path)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None


def parse_document(text: str, name: str) -> Node:
    """Parse ``text``, the document called ``name`` in messages, into mappings, lists and text."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    _checked_size(text.encode("utf-8", "surrogatepass"), name)
    try:
        return _Builder(name).build(YAML(typ="safe", pure=True).parse(text))
    except (YAMLError, ValueError) as error:
        raise DocumentError(f"{name}: {_syntax_sentence(error)}") from None


def _checked_size(content: bytes, name: str) -> bytes:
    if len(content) > MAX_BYTES:
        raise DocumentError(f"{name}: larger than {MAX_BYTES // 1024} KiB; a document of this kind is small")
    return content


def _syntax_sentence(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "it holds a character that YAML does not allow"
    where = f"line {mark.line + 1}: " if mark is not None else ""
    return f"{where}not valid YAML: {_QUOTED.sub(lambda quoted: quoted[1] or '...', problem)}"


class _Builder:
    """Build one tree of nodes from parser events, refusing what a plain document does not need."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[list[Node] | dict[str, Node]] = []
        self._nodes = 0
        self._keys: list[str | None] = []  # for each open container: the mapping key that awaits its value
        self._root: Node | None = None

    def build(self, events: Iterable[Event]) -> Node:
        for event in events:
            self._take(event)
        if self._root is None:
            raise DocumentError(f"{self._name}: the document is empty")
        return self._root

    def _take(self, event: Event) -> None:
        from ruamel.yaml import events

        self._refuse_references(event)
        match event:
            case events.DocumentStartEvent():
                if self._root is not None:
                    self._fail(event, "a second document begins; keep one document in a file")
            case events.MappingStartEvent():
                self._begin(event, {})
            case events.SequenceStartEvent():
                self._begin(event, [])
            case events.ScalarEvent():
                self._add(event, event.value)
            case events.MappingEndEvent() | events.SequenceEndEvent():
                self._open.pop()
                self._keys.pop()

    def _refuse_references(self, event: Event) -> None:
        from ruamel.yaml import events

        if isinstance(event, events.AliasEvent) or getattr(event, "anchor", None) is not None:
            self._fail(event, "anchors (&) and aliases (*) are not allowed; write the value out")
        if getattr(event, "ctag", None) is not None:
            self._fail(event, "tags (!) are not allowed; every value is plain text")

    def _begin(self, event: Event, container: list[Node] | dict[str, Node]) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._fail(event, f"nested deeper than {MAX_DEPTH} levels")
        self._add(event, container)
        self._open.append(container)
        self._keys.append(None)

    def _add(self, event: Event, node: Node) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail(event, f"more than {MAX_NODES} keys and values; a document of this kind has fewer")
        if not self._open:
            self._root = node
            return
        container, key = self._open[-1], self._keys[-1]
        if isinstance(container, list):
            container.append(node)
        elif key is not None:
            container[key] = node
            self._keys[-1] = None
        else:
            self._keys[-1] = self._checked_key(event, node, container)

    def _checked_key(self, event: Event, key: Node, mapping: dict[str, Node]) -> str:
        if not isinstance(key, str):
            self._fail(event, "a key must be text, not a list or a mapping")
        if key in mapping:
            self._fail(event, f"the key {key[:64]!r} is given twice; keep one")
        if len(mapping) >= MAX_KEYS:
            self._fail(event, f"more than {MAX_KEYS} keys in one mapping; no code list is so long")
        return key

    def _fail(self, event: Event, problem: str) -> NoReturn:
        line = event.start_mark.line + 1
        raise DocumentError(f"{self._name}: line {line}: {problem}")
