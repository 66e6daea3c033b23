"""Every decoder of messages, found by its name, and what else crosses a pipe or outlives a process."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

import syncline.wire
from syncline.compute.events import parse_event
from syncline.compute.frames import encode_frame, read_frame
from syncline.compute.serve import EVENT_PREFIX
from syncline.compute.work_limits import WorkLimits
from syncline.data.blob import pack, unpack
from syncline.data.section import canonical_json, parse_canonical
from syncline.wire.exchange import MemoryCodec, ReplyCodec, RequestCodec
from syncline.wire.messages import PayloadRef
from syncline.wire.varint import decode_varints, encode_varints
from tests.fuzz.target import Target

GOLDEN = Path(__file__).parents[1] / "golden"
_DEPTH = 6


def targets() -> Iterator[Target]:
    """Yield a target for each decoder."""
    yield from _decoders()
    for name, codec in (("request", RequestCodec()), ("reply", ReplyCodec()), ("memory", MemoryCodec())):
        yield Target(name, lambda name=name: [*_golden(name), *_filled(_kind_of(name))], codec.decode)
    yield Target("frame", _frames, _read_frame)
    yield Target(
        "event", lambda: [f'{EVENT_PREFIX}{{"event": "progress", "rounds": 3}}\n'.encode()], parse_event
    )
    yield Target("work_limits", lambda: [canonical_json(WorkLimits().to_json())], _read_limits)
    yield Target("blob", _blobs, unpack)
    yield Target("varints", _varints, lambda content: decode_varints("values", content, 1 << 20))


def _decoders() -> Iterator[Target]:
    for module in pkgutil.iter_modules(syncline.wire.__path__):
        if module.name == "gen":
            continue
        loaded = importlib.import_module(f"syncline.wire.{module.name}")
        for name, function in vars(loaded).items():
            if not (inspect.isfunction(function) and name.endswith("_from_proto")):
                continue
            if function.__module__ == loaded.__name__ and (target := _decoder(module.name, name, function)):
                yield target


def _decoder(module: str, name: str, function: Any) -> Target | None:  # Any: of a signature of its own
    hints = typing.get_type_hints(function)
    hints.pop("return")
    kind = hints.get("message")
    if not (isinstance(kind, type) and issubclass(kind, Message)):
        return None
    given = {"field": "field", "name": "column", "ref": PayloadRef.of(b"x")}
    others = {parameter: given[parameter] for parameter in hints if parameter != "message"}

    def read(content: bytes) -> object:
        try:
            message = kind.FromString(content)
        except DecodeError:
            return None  # which gRPC answers itself
        return function(message=message, **others)

    return Target(f"{module}.{name.strip('_')}", lambda: _filled(kind), read)


def _kind_of(name: str) -> type[Message]:
    from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

    return {"request": pb.Request, "reply": pb.Reply, "memory": pb.Memory}[name]


def _golden(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(GOLDEN.glob(f"{name}_*.bin"))]


def _filled(kind: type[Message]) -> list[bytes]:
    """Return messages of a kind with something in each field, each alternative once."""
    found = {_fill(kind(), choice, 0).SerializeToString(deterministic=True) for choice in range(16)}
    return sorted(found)


def _fill(message: Message, choice: int, depth: int) -> Message:
    descriptor: Any = message.DESCRIPTOR
    for oneof in descriptor.oneofs:
        _set(message, oneof.fields[choice % len(oneof.fields)], choice, depth)
    for field in descriptor.fields:
        if field.containing_oneof is None:
            _set(message, field, choice, depth)
    return message


def _set(message: Message, field: FieldDescriptor, choice: int, depth: int) -> None:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
        getattr(message, field.name)[_value(key, choice)] = _value(value, choice)
        return
    if field.message_type is not None:
        if depth < _DEPTH:
            inner = getattr(message, field.name)
            _fill(inner.add() if field.is_repeated else inner, choice, depth + 1)
            if not field.is_repeated:
                inner.SetInParent()
        return
    value = _value(field, choice)
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)


def _value(field: FieldDescriptor, choice: int) -> str | bytes | bool | int | float:
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return "name"
        case FieldDescriptor.TYPE_BYTES:
            return bytes([choice]) * (64 if choice % 2 else 32)
        case FieldDescriptor.TYPE_BOOL:
            return True
        case FieldDescriptor.TYPE_DOUBLE | FieldDescriptor.TYPE_FLOAT:
            return 0.5
    return 1


def _frames() -> list[bytes]:
    return [b"".join(encode_frame({"op": "x", "n": 1}, blobs)) for blobs in ([], [b"one", b""])]


def _read_frame(content: bytes) -> object:
    reader, place = read_frame(), 0
    wanted = next(reader)
    while True:
        piece = content[place : place + wanted]
        if len(piece) < wanted:
            return None
        place += wanted
        try:
            wanted = reader.send(piece)
        except StopIteration as end:
            return end.value


def _read_limits(content: bytes) -> object:
    return WorkLimits.from_json(parse_canonical(content, "limits"))


def _blobs() -> Sequence[bytes]:
    import numpy as np

    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.zeros(3, np.bool_), "c": np.zeros((0, 4))}
    return [pack({}, {}), pack({"n": 1, "names": ["x"]}, arrays)]


def _varints() -> list[bytes]:
    import numpy as np

    return [encode_varints(np.array([0, 1, 127, 128, 1 << 40, (1 << 63) - 1]))]
