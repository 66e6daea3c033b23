"""How a value of each annotated type is laid out in bytes: one shape for each kind of type.

Every value takes a byte at least, so no length can promise more members than there are bytes. ``words`` says
all that decides the layout, of records the names of their fields, so that another layout is never read by
this one. Nothing is read but data: the only code that runs is the constructor of a dataclass that an
annotation names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Protocol

import numpy as np

from syncline.data.record_bytes import MalformedRecord, RecordReader, RecordWriter, reject
from syncline.errors import SynclineError

DTYPES = ("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f8")
"""What an array may hold, by the byte that says so."""

_MAX_DIMENSIONS = 4
_MAX_CELLS = 1 << 40
_REFUSALS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    SynclineError,
    TypeError,
    ValueError,
)
"""What a constructor raises where the values of its fields do not go together."""


class Shape(Protocol):
    """The layout of one type; a value is Any, because an annotation and not the checker decides its type."""

    def words(self, seen: dict[int, int]) -> str:
        """Say what decides the layout; ``seen`` numbers the records that were described."""
        ...

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append a value; raise MalformedRecord where it is not of the type."""
        ...

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take a value; raise MalformedRecord where the bytes are not one."""
        ...


class Optional:
    """A value or None."""

    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def words(self, seen: dict[int, int]) -> str:
        """Say what may be missing."""
        return f"{self._inner.words(seen)}?"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append whether there is a value, and the value."""
        out.natural(int(value is not None))
        if value is not None:
            self._inner.put(value, out, depth)

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take a value where there is one."""
        return self._inner.take(data, depth) if data.natural(1) else None


class Sequence:
    """A tuple of any length of values of one type."""

    def __init__(self, inner: Shape) -> None:
        self._inner = inner

    def words(self, seen: dict[int, int]) -> str:
        """Say what the members are."""
        return f"[{self._inner.words(seen)}]"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the members behind their number."""
        if not isinstance(value, tuple):
            reject("expected a tuple")
        depth = out.enter(depth)
        out.begin(len(value))
        for member in value:
            self._inner.put(member, out, depth)

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take the members."""
        depth, take = data.enter(depth), self._inner.take
        return tuple([take(data, depth) for _ in range(data.begin())])


class TupleShape:
    """A tuple of so many values, each of its own type."""

    def __init__(self, inner: tuple[Shape, ...]) -> None:
        self._inner = inner

    def words(self, seen: dict[int, int]) -> str:
        """Say what the values are."""
        return f"({','.join(shape.words(seen) for shape in self._inner)})"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the values behind their number."""
        if not isinstance(value, tuple) or len(value) != len(self._inner):
            reject(f"expected {len(self._inner)} values")
        depth = out.enter(depth)
        out.begin(len(value))
        for shape, member in zip(self._inner, value, strict=True):
            shape.put(member, out, depth)

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take the values."""
        depth = data.enter(depth)
        if data.begin() != len(self._inner):
            reject(f"expected {len(self._inner)} values")
        return tuple([shape.take(data, depth) for shape in self._inner])


class Collection:
    """A frozen set, or a mapping: its members increase by their bytes, or those of their keys."""

    def __init__(self, key: Shape, value: Shape | None = None) -> None:
        self._key, self._value = key, value
        self._type: Any = frozenset if value is None else Mapping

    def words(self, seen: dict[int, int]) -> str:
        """Say what the members are."""
        return f"{{{self._key.words(seen)}{'' if self._value is None else ':' + self._value.words(seen)}}}"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the members behind their number."""
        if not isinstance(value, self._type):
            reject(f"expected a {self._type.__name__}")
        depth = out.enter(depth)
        out.begin(len(value))
        for content, key in sorted(self._coded(value, out, depth), key=lambda pair: pair[0]):
            out.data += content
            if self._value is not None:
                self._value.put(value[key], out, depth)

    def _coded(self, value: Any, out: RecordWriter, depth: int) -> list[tuple[bytes, Any]]:
        """Return each key with its bytes, for which the end of ``out`` is used."""
        coded, begun = [], len(out.data)
        for key in value:
            self._key.put(key, out, depth)
            coded.append((bytes(out.data[begun:]), key))
            del out.data[begun:]
        return coded

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take the members; each stands once, and behind those before it."""
        depth, before = data.enter(depth), b""
        keys: list[Any] = []
        values: list[Any] = []
        for _ in range(data.begin()):
            start = data.at
            keys.append(self._key.take(data, depth))
            own = data.passed(start)
            if own <= before:
                reject("a member stands twice or out of order")
            before = own
            if self._value is not None:
                values.append(self._value.take(data, depth))
        found = frozenset(keys) if self._value is None else dict(zip(keys, values, strict=True))
        if len(found) != len(keys):
            reject("a member stands twice")
        return found


class ArrayShape:
    """An array of one dtype, with its shape; whole numbers take the fewest bytes that hold all of them."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype.newbyteorder("<")
        if self._dtype.str not in DTYPES:
            raise TypeError(f"an array of {dtype} cannot be part of a record")
        wide = self._dtype.itemsize if self._dtype.kind in "iu" else 0
        self._narrow = [np.dtype(f"<{self._dtype.kind}{size}") for size in (1, 2, 4) if size < wide]

    def words(self, seen: dict[int, int]) -> str:
        """Name the dtype."""
        return f"array({self._dtype.str})"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append dtype, shape and cells."""
        if not isinstance(value, np.ndarray) or value.dtype.newbyteorder("<") != self._dtype:
            reject(f"expected an array of {self._dtype.name}")
        if value.ndim > _MAX_DIMENSIONS:
            reject(f"an array has more than {_MAX_DIMENSIONS} dimensions")
        held = self._held(value)
        out.natural(DTYPES.index(held.str))
        out.natural(value.ndim)
        for size in value.shape:
            out.natural(size)
        out.data += np.ascontiguousarray(value).astype(held, copy=False).tobytes()

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take an array that nobody can write to."""
        code = data.byte()
        held = next((d for d in (*self._narrow, self._dtype) if DTYPES.index(d.str) == code), None)
        if held is None:
            reject(f"expected an array of {self._dtype.name}")
        shape = [data.natural(_MAX_CELLS) for _ in range(data.natural(_MAX_DIMENSIONS))]
        if prod(max(size, 1) for size in shape) > _MAX_CELLS:
            reject("an array has too many cells")
        start = data.take(prod(shape) * held.itemsize)
        flat = np.frombuffer(data.passed(start), held)
        if held.kind == "b" and (flat.view(np.uint8) > 1).any():
            reject("a truth value is neither 0 nor 1")
        if self._held(flat) != held:
            reject("an array takes more bytes than it need")
        cells = flat.astype(self._dtype, copy=False).reshape(shape)
        cells.flags.writeable = False
        return cells

    def _held(self, value: Any) -> np.dtype[Any]:
        """Return the narrowest dtype of the kind that holds all cells."""
        if not self._narrow or not value.size:
            return self._narrow[0] if self._narrow else self._dtype
        least, most = int(value.min()), int(value.max())
        for dtype in self._narrow:
            bounds = np.iinfo(dtype)
            if bounds.min <= least and most <= bounds.max:
                return dtype
        return self._dtype


class Record:
    """A dataclass, field by field; its fields are set once all records of a codec are known."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self.fields: dict[str, Shape] = {}

    def words(self, seen: dict[int, int]) -> str:
        """Name the fields and say what they hold; a record that was described is only numbered."""
        if id(self) in seen:
            return f"#{seen[id(self)]}"
        seen[id(self)] = len(seen)
        return f"<{','.join(f'{name}={shape.words(seen)}' for name, shape in self.fields.items())}>"

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the number of fields, and each field."""
        if type(value) is not self._kind:
            reject(f"expected a {self._kind.__name__}")
        depth = out.enter(depth)
        out.natural(len(self.fields))
        for name, shape in self.fields.items():
            try:
                shape.put(getattr(value, name), out, depth)
            except MalformedRecord as fault:
                fault.path.append(name)
                raise

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take each field, and construct the dataclass, which checks itself."""
        start, outer, depth = data.at, depth, data.enter(depth)
        if data.natural() != len(self.fields):
            reject(f"expected {len(self.fields)} fields")
        own = {}
        for name, shape in self.fields.items():
            try:
                own[name] = shape.take(data, depth)
            except MalformedRecord as fault:
                fault.path.append(name)
                raise
        value = constructed(lambda: self._kind(**own))
        if any(getattr(value, name) is not given for name, given in own.items()):
            require_same(self, value, data, start, outer)  # the constructor changed a field
        return value


class Union:
    """One of the records of a closed table, behind its name there."""

    def __init__(self, table: Mapping[str, tuple[type, Shape]]) -> None:
        self._table = dict(sorted(table.items()))
        self._names = {kind: name for name, (kind, _) in table.items()}

    def words(self, seen: dict[int, int]) -> str:
        """Name the records and describe each."""
        return "|".join(f"{name}{shape.words(seen)}" for name, (_, shape) in self._table.items())

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append the name of the record, and the record."""
        name = self._names.get(type(value))
        if name is None:
            reject(f"expected one of {', '.join(self._table)}")
        out.blob(name.encode())
        self._table[name][1].put(value, out, depth)

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take the record that is named."""
        name = data.blob().decode("utf-8", "replace")
        if name not in self._table:
            reject(f"expected one of {', '.join(self._table)}")
        return self._table[name][1].take(data, depth)


class Instead:
    """A type that is laid out as the record that stands for it."""

    def __init__(
        self, kind: type, inner: Shape, way: tuple[Callable[[Any], Any], Callable[[Any], Any]]
    ) -> None:
        self._kind, self._inner = kind, inner
        self._to, self._back = way

    def words(self, seen: dict[int, int]) -> str:
        """Describe what stands for it."""
        return self._inner.words(seen)

    def put(self, value: Any, out: RecordWriter, depth: int) -> None:
        """Append what stands for the value."""
        if not isinstance(value, self._kind):
            reject(f"expected a {self._kind.__name__}")
        self._inner.put(constructed(lambda: self._to(value)), out, out.enter(depth))

    def take(self, data: RecordReader, depth: int) -> Any:
        """Take what stands for a value, and return the value."""
        start = data.at
        form = self._inner.take(data, data.enter(depth))
        value = constructed(lambda: self._back(form))
        require_same(self, value, data, start, depth)
        return value


def constructed(make: Callable[[], Any]) -> Any:
    """Return what is made of fields that were read; what a constructor refuses is rejected without its words.

    Its words may hold values, and what is wrong with bytes that nobody wrote by hand helps nobody.
    """
    try:
        return make()
    except _REFUSALS as error:
        raise MalformedRecord("the values of its fields do not go together") from error


def require_same(shape: Shape, value: Any, data: RecordReader, start: int, depth: int) -> None:
    """Raise MalformedRecord unless a value that was read since ``start`` has these very bytes."""
    again = RecordWriter(data.limits)
    constructed(lambda: shape.put(value, again, depth))
    if again.data != data.passed(start):
        reject("its bytes are not those that this version of Syncline writes")
