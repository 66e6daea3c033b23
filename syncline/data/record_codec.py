"""One codec for frozen dataclasses: their own annotations say how they are laid out in bytes.

States, models, memories and questions are kept and sent in this form. It is strict, and each value has one
form: what is decoded encodes to the same bytes, and equal values to equal ones. It holds data only. Anything
that is not exactly a record of this version is a WireError, before more memory is taken than its bytes
justify.

=====================================  ====================================================================
annotation                             bytes
=====================================  ====================================================================
``int``                                varint of at most 512 bits
``float``                              its eight bytes
``bool``, ``X | None``                 a byte, 0 or 1; then the value
``str``, ``bytes``                     length, then UTF-8 or the bytes
an enumeration                         the place of the member
``tuple[X, ...]``, ``tuple[X, Y]``     number of members, then these
``frozenset[X]``, ``Mapping[X, Y]``    number of members, then these, increasing by the bytes of X
``NDArray[np.int64]`` and the like     dtype, dimensions, sizes, cells: whole numbers as narrow as all fit
a dataclass                            number of its fields, then these in their order
``A | B`` of dataclasses               the name of the class, then the record; or a name out of ``unions``
=====================================  ====================================================================

Fields that are not given to the constructor (``init=False``) are not kept: the constructor makes them anew.
In front stand the name of the kind, its version, and eight bytes of the SHA-256 of the layout: a field that
was added, taken away, renamed or given another type is noticed even where nobody raised the version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from syncline.data import record_shapes as shapes
from syncline.data.record_bytes import MalformedRecord, RecordLimits, RecordReader, RecordWriter, reject
from syncline.data.record_scalars import SCALARS, enumerated
from syncline.errors import WireError

__all__ = ["RecordCodec", "RecordLimits", "StandIn"]

T = TypeVar("T")
Kind = TypeVar("Kind")
Form = TypeVar("Form")

_MAGIC = b"SYR1"
_LAYOUT_BYTES = 8


@dataclass(frozen=True, slots=True)
class StandIn(Generic[Kind, Form]):
    """Lay values of ``kind`` out as records of ``form``, for a type that is no dataclass or needs a context.

    ``to`` makes a record of a value, and ``back`` the value of a record; ``back`` may refuse with any error
    that a constructor may raise.
    """

    kind: type[Kind]
    form: type[Form]
    to: Callable[[Kind], Form]
    back: Callable[[Form], Kind]


class RecordCodec(Generic[T]):
    """Encode and decode values of one annotated type.

    Parameters
    ----------
    kind
        The dataclass, or any other type of the table above.
    name, version
        What a record says in front that it is.
    unions
        Closed tables of records by name, for annotations that name no dataclass: a protocol or a base class.
    stand_ins
        What stands for types that cannot be laid out by themselves.
    """

    def __init__(
        self,
        kind: type[T],
        name: str,
        version: int,
        *,
        unions: Mapping[Any, Mapping[str, type]] | None = None,
        stand_ins: tuple[StandIn[Any, Any], ...] = (),
        limits: RecordLimits | None = None,
    ) -> None:
        self._kind, self._name, self._version = kind, name, version
        self._unions = {} if unions is None else unions
        self._stand_ins = {one.kind: one for one in stand_ins}
        self._limits = RecordLimits() if limits is None else limits

    def encode(self, value: T) -> bytes:
        """Return the bytes of a value; raise ValueError, naming the field, where it is not as annotated."""
        shape, layout = self._laid_out
        out = RecordWriter(self._limits)
        out.data += _MAGIC
        try:
            out.blob(self._name.encode())
            out.natural(self._version)
            out.data += layout
            shape.put(value, out, 0)
            return out.finished()
        except MalformedRecord as fault:
            raise ValueError(f"{self._name}: {fault}") from fault.__cause__

    def decode(self, data: bytes) -> T:
        """Return the value of the bytes; raise WireError, naming the field, where they are not one."""
        shape, layout = self._laid_out
        try:
            reader = RecordReader(bytes(data), self._limits)
            self._require_front(reader, layout)
            value: T = shape.take(reader, 0)
            if reader.left:
                reject("there are bytes after its end")
        except MalformedRecord as fault:
            raise WireError(f"{self._name}: {fault}") from fault.__cause__
        return value

    def _require_front(self, reader: RecordReader, layout: bytes) -> None:
        start = reader.take(len(_MAGIC))
        if reader.passed(start) != _MAGIC or reader.blob() != self._name.encode():
            reject("these bytes are something else")
        if (version := reader.natural()) != self._version:
            reject(f"this is version {version}, where this version of Syncline reads {self._version}")
        start = reader.take(_LAYOUT_BYTES)
        if reader.passed(start) != layout:
            reject("its fields are not those that this version of Syncline reads")

    @cached_property
    def _laid_out(self) -> tuple[shapes.Shape, bytes]:
        """The shape, and what names its layout."""
        shape = _Compiler(self._unions, self._stand_ins).shape(self._kind)
        return shape, hashlib.sha256(shape.words({}).encode()).digest()[:_LAYOUT_BYTES]


class _Compiler:
    """Make shapes of annotations; a type that cannot be laid out is a TypeError."""

    def __init__(
        self, unions: Mapping[Any, Mapping[str, type]], stand_ins: Mapping[type, StandIn[Any, Any]]
    ) -> None:
        self._unions, self._stand_ins = unions, stand_ins
        self._records: dict[type, shapes.Shape] = {}

    def shape(self, hint: Any) -> shapes.Shape:  # Any: an annotation is a type, an alias or a union
        hint = getattr(hint, "__supertype__", hint)
        if hint in self._unions:
            return self._union(self._unions[hint])
        if hint in SCALARS:
            return SCALARS[hint]
        if isinstance(hint, type) and issubclass(hint, Enum):
            return enumerated(hint)
        if hint in self._stand_ins or is_dataclass(hint):
            return self._record(hint)
        return self._composed(hint, get_origin(hint), get_args(hint))

    def _composed(self, hint: Any, origin: Any, inner: tuple[Any, ...]) -> shapes.Shape:
        if origin in (Union, UnionType):
            return self._alternatives(inner)
        if origin is tuple:
            return self._tuple(inner)
        if origin is frozenset:
            return shapes.Collection(self.shape(inner[0]))
        if origin is np.ndarray:
            return shapes.ArrayShape(np.dtype(get_args(inner[1])[0]))
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return shapes.Collection(self.shape(inner[0]), self.shape(inner[1]))
        raise TypeError(f"{hint!r} cannot be part of a record")

    def _tuple(self, inner: tuple[Any, ...]) -> shapes.Shape:
        if len(inner) == 2 and inner[1] is Ellipsis:
            return shapes.Sequence(self.shape(inner[0]))
        return shapes.TupleShape(tuple(self.shape(one) for one in inner))

    def _alternatives(self, inner: tuple[Any, ...]) -> shapes.Shape:
        present = tuple(one for one in inner if one is not NoneType)
        if len(present) == 1:
            return shapes.Optional(self.shape(present[0]))
        found = self._union({one.__name__: one for one in present})
        return found if len(present) == len(inner) else shapes.Optional(found)

    def _union(self, table: Mapping[str, type]) -> shapes.Shape:
        if not all(is_dataclass(kind) for kind in table.values()):
            raise TypeError(f"a union of {', '.join(table)} is not one of dataclasses")
        return shapes.Union({name: (kind, self._record(kind)) for name, kind in table.items()})

    def _record(self, kind: type) -> shapes.Shape:
        if kind in self._records:
            return self._records[kind]
        if kind in self._stand_ins:
            own = self._stand_ins[kind]
            return shapes.Instead(kind, self._record(own.form), (own.to, own.back))
        found = self._records[kind] = shapes.Record(kind)
        hints = get_type_hints(kind)
        found.fields = {one.name: self.shape(hints[one.name]) for one in fields(kind) if one.init}
        return found
