"""A section of a document: a frozen model that types its own text and explains what is wrong in one sentence.

Documents arrive as text (:mod:`syncline.data.document`) or as canonical JSON, and become models derived from
:class:`Section`. Unknown keys are errors that name the nearest known one. :func:`build` turns the first thing
wrong into a :class:`~syncline.errors.DocumentError` such as ``study.yaml: synthesizer.min_leef is not a known
key; did you mean min_leaf?``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from syncline.errors import DocumentError

MAX_CANONICAL_BYTES = 4 * 1024 * 1024
"""The largest canonical document that is read, in bytes."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,19}")
_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?")
_PERCENT = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")
_FLOAT_LIMIT = 1 << 1023  # a larger integer may be none of a float's
_NO_LIST = "must be a list, such as [a, b]"
_SAYINGS = {
    "missing": "is missing",
    "list_type": _NO_LIST,
    "tuple_type": _NO_LIST,
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "string_type": "must be text",
}


class WholeSentence(ValueError):
    """A fault that already names its field, so that no path is put before it; it may be several faults."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return self.sentences[0]


class Section(BaseModel):
    """A frozen part of a document that refuses unknown keys by their nearest known one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any) -> Any:  # Any: whatever the document holds here
        if isinstance(value, Mapping):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in known:
                    text = f"{shown(str(key))} is not a known key; {nearest(str(key), known)}"
                    raise PydanticCustomError("key", "{text}", {"text": text, "key": key})
        return value


SectionT = TypeVar("SectionT", bound=Section)
EnumT = TypeVar("EnumT", bound=StrEnum)


def build(model: type[SectionT], content: object, name: str) -> SectionT:
    """Make a ``model`` of ``content``, or say in one sentence what is wrong in the document ``name``."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise DocumentError(f"{name}: {explain(error, content)}") from None


def explain(error: ValidationError, content: object) -> str:
    """Return the first fault of ``error``, found in ``content``, as one sentence."""
    return sentences(error.errors(include_url=False)[0], content)[0]


def sentences(details: ErrorDetails, content: object) -> tuple[str, ...]:
    """Return what is wrong at one place of ``content``, in sentences."""
    if details["type"] == "key":
        return (".".join(filter(None, [_path(details["loc"], content), details["msg"]])),)
    fault = details.get("ctx", {}).get("error")
    if isinstance(fault, WholeSentence):
        return fault.sentences
    return (f"{_path(details['loc'], content) or 'the document'} {_saying(details, fault)}",)


def nearest(word: str, known: Iterable[str]) -> str:
    """Suggest the known word nearest to ``word``, or list the known ones."""
    words = list(known)
    close = difflib.get_close_matches(word, words, n=1)
    if close:
        return f"did you mean {shown(close[0])}?"
    listed = ", ".join(shown(name) for name in words[:12])
    return f"known are {listed}{', ...' if len(words) > 12 else ''}"


def unknown_word(word: str, known: Sequence[str]) -> str:
    """Say that a value is none of the known words; one that is not even near to one is not repeated.

    Who names the wrong file is told what is wrong, and not what stands in it.
    """
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f"{shown(word)!r} is not known; did you mean {close[0]}?"
    return f"must be {known[0]}" if len(known) == 1 else f"must be one of {', '.join(known)}"


def shown(word: str) -> str:
    """Return ``word`` fit for a message: one line, printable, at most 64 characters."""
    printable = "".join(char if char.isprintable() else "?" for char in word)
    return printable if len(printable) <= 64 else printable[:61] + "..."


def canonical_json(value: object) -> bytes:
    """Return ``value`` as JSON with sorted keys, without white space, in UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_canonical(content: bytes, name: str) -> object:
    """Read JSON of at most ``MAX_CANONICAL_BYTES``; the caller checks that it is canonical."""
    if len(content) > MAX_CANONICAL_BYTES:
        raise DocumentError(f"{name}: larger than {MAX_CANONICAL_BYTES} bytes")
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise DocumentError(f"{name}: not canonical JSON") from None


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _path(location: tuple[int | str, ...], content: object) -> str:
    """Write ``location`` as a path, with list items that have a name shown by it."""
    path = ""
    for part in location:
        content = _inside(content, part)
        if isinstance(part, str):
            path += f".{part}" if path else part
        else:
            named = content.get("name") if isinstance(content, Mapping) else None
            path += f"[{shown(named) if isinstance(named, str) else part}]"
    return path


def _inside(content: object, part: int | str) -> object:
    if isinstance(part, int) and isinstance(content, (list, tuple)) and part < len(content):
        return content[part]
    return content.get(part) if isinstance(content, Mapping) else None


def _saying(details: ErrorDetails, fault: object) -> str:
    if isinstance(fault, ValueError):
        return str(fault)
    return _SAYINGS.get(details["type"]) or f"is not valid: {details['msg']}"


def _to_integer(value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("must be a whole number")


def _to_number(value: object) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _FLOAT_LIMIT:
        return float(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and (share := _PERCENT.fullmatch(value.strip())):
        raise ValueError(f"must be a finite number: write {value.strip()} as {float(share[1]) / 100:g}")
    raise ValueError("must be a finite number")


def _to_switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError("must be true or false")


def word_of(enum: type[EnumT]) -> BeforeValidator:
    """Return the validator of a field that holds one word of ``enum``."""

    def to_word(value: object) -> EnumT:
        text = str(value)
        try:
            return enum(text)
        except ValueError:
            raise ValueError(unknown_word(text, list(enum))) from None

    return BeforeValidator(to_word)


Integer = Annotated[int, BeforeValidator(_to_integer)]
"""A whole number, written as text or given as one."""

Number = Annotated[float, BeforeValidator(_to_number)]
"""A finite number, written as text or given as one."""

Switch = Annotated[bool, BeforeValidator(_to_switch)]
"""``true`` or ``false``, and no other spelling."""
