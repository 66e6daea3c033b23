"""Requests, replies and memories as bytes: the payloads that cross the wire or outlive a process."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import numpy as np
from google.protobuf.message import DecodeError, Message

from syncline.errors import WireError
from syncline.protocols.asking import Memory, Reply, Request
from syncline.protocols.in_process import Hops
from syncline.protocols.opening import SaltDraw
from syncline.questions.asked import MOST_REMEMBERED, Asked
from syncline.questions.table import QUESTIONS
from syncline.questions.tree_paths import LevelSplits, TreePath, TreePaths
from syncline.wire import strict
from syncline.wire.answers import answer_from_proto, answer_to_proto
from syncline.wire.codebooks import MAX_COLUMNS, codebook_from_proto, codebook_to_proto
from syncline.wire.comparisons import candidate_memory, candidate_memory_to_proto
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb
from syncline.wire.message_layout import require_few_parts
from syncline.wire.messages import MAX_PAYLOAD_BYTES
from syncline.wire.openings import (
    MAX_PEOPLE,
    commitments_from_proto,
    commitments_to_proto,
    opening_from_proto,
    opening_to_proto,
    openings_from_proto,
    openings_to_proto,
)
from syncline.wire.questions import (
    MAX_SETS,
    question_from_proto,
    question_to_proto,
    rank_column_from_proto,
    rank_column_to_proto,
)

MAX_QUESTIONS = 16
MAX_ROUNDS = 10_000
MAX_LEVELS = 64

M = TypeVar("M", bound=Message)


def _parse(kind: type[M], field: str, data: bytes) -> M:
    if len(data) > MAX_PAYLOAD_BYTES:
        raise WireError(f"{field}: {len(data)} bytes are more than the {MAX_PAYLOAD_BYTES} allowed")
    require_few_parts(kind, field, data)
    try:
        return kind.FromString(data)
    except DecodeError:
        raise WireError(f"{field}: the bytes are not a message of this kind") from None


class RequestCodec:
    """Requests as bytes; the same request always gives the same bytes."""

    def encode(self, value: Request) -> bytes:
        """Return the bytes of a request."""
        message = pb.Request(round=value.round, questions=[question_to_proto(q) for q in value.questions])
        if value.codebook is not None:
            message.codebook.CopyFrom(codebook_to_proto(value.codebook))
        if value.commitments is not None:
            message.commitments.CopyFrom(commitments_to_proto(value.commitments))
        if value.openings is not None:
            message.openings.CopyFrom(openings_to_proto(value.openings))
        return message.SerializeToString(deterministic=True)

    def decode(self, data: bytes) -> Request:
        """Return the request of the bytes; raise WireError naming the field that does not read."""
        message = _parse(pb.Request, "request", data)
        strict.few("request.questions", len(message.questions), MAX_QUESTIONS)
        codebook = codebook_from_proto(message.codebook) if message.HasField("codebook") else None
        questions = tuple(question_from_proto(question) for question in message.questions)
        return Request(
            strict.natural("request.round", message.round, MAX_ROUNDS),
            questions,
            codebook,
            commitments_from_proto(message.commitments) if message.HasField("commitments") else None,
            openings_from_proto(message.openings) if message.HasField("openings") else None,
        )


class ReplyCodec:
    """Replies as bytes."""

    def encode(self, value: Reply) -> bytes:
        """Return the bytes of a reply."""
        message = pb.Reply(round=value.round, answers=[answer_to_proto(answer) for answer in value.answers])
        if value.opening is not None:
            message.opening.CopyFrom(opening_to_proto(value.opening))
        return message.SerializeToString(deterministic=True)

    def decode(self, data: bytes) -> Reply:
        """Return the reply of the bytes; raise WireError naming the field that does not read."""
        message = _parse(pb.Reply, "reply", data)
        strict.few("reply.answers", len(message.answers), MAX_QUESTIONS)
        answers = tuple(answer_from_proto(answer) for answer in message.answers)
        opening = opening_from_proto(message.opening) if message.HasField("opening") else None
        return Reply(strict.natural("reply.round", message.round, MAX_ROUNDS), answers, opening)


class MemoryCodec:
    """A supplier's memory as bytes; no bytes at all are the memory before the first round."""

    def encode(self, value: Memory) -> bytes:
        """Return the bytes of a memory."""
        asked = value.asked
        message = pb.Memory(
            rounds_answered=value.round + 1,
            paths=_paths_to_proto(asked.paths),
            counted_sets=sorted(asked.counted),
            closed=asked.closed,
            searched=[rank_column_to_proto(asked.searched[name]) for name in sorted(asked.searched)],
            people=value.people,
            own=dict(asked.own),
        )
        if asked.candidate is not None:
            message.candidate_memory.CopyFrom(candidate_memory_to_proto(asked.candidate))
        if asked.codebook is not None:
            message.codebook.CopyFrom(codebook_to_proto(asked.codebook))
        if value.commitments is not None:
            message.commitments.CopyFrom(commitments_to_proto(value.commitments))
        if value.openings is not None:
            message.openings.CopyFrom(openings_to_proto(value.openings))
        return message.SerializeToString(deterministic=True)

    def decode(self, data: bytes) -> Memory:
        """Return the memory of the bytes; raise WireError naming the field that does not read."""
        message = _parse(pb.Memory, "memory", data)
        strict.few("memory.counted_sets", len(message.counted_sets), MAX_SETS)
        codebook = codebook_from_proto(message.codebook) if message.HasField("codebook") else None
        rounds = strict.natural("memory.rounds_answered", message.rounds_answered, MAX_ROUNDS)
        told = candidate_memory(message.candidate_memory) if message.HasField("candidate_memory") else None
        strict.few("memory.searched", len(message.searched), MAX_COLUMNS)
        searched = [rank_column_from_proto(column) for column in message.searched]
        return Memory(
            rounds - 1,
            Asked(
                codebook,
                _paths(message.paths),
                frozenset(message.counted_sets),
                {column.name: column for column in searched},
                message.closed,
                told,
                _remembered(message),
            ),
            commitments_from_proto(message.commitments) if message.HasField("commitments") else None,
            openings_from_proto(message.openings) if message.HasField("openings") else None,
            strict.natural("memory.people", message.people, MAX_PEOPLE),
        )


def _remembered(message: pb.Memory) -> dict[str, bytes]:
    """Return what questions remember in a form of their own, by kinds that there are."""
    strict.few("memory.own", len(message.own), len(QUESTIONS))
    if not message.own.keys() <= QUESTIONS.keys():
        raise WireError("memory.own: not a question of this version")
    for data in message.own.values():
        strict.few("memory.own", len(data), MOST_REMEMBERED)
    return {kind: message.own[kind] for kind in sorted(message.own)}


class DrawCodec:
    """What the hub keeps of a study's salt as bytes."""

    def encode(self, value: SaltDraw) -> bytes:
        """Return the bytes of a draw."""
        message = pb.Draw(
            commitments=commitments_to_proto(value.commitments), openings=openings_to_proto(value.openings)
        )
        return message.SerializeToString(deterministic=True)

    def decode(self, data: bytes) -> SaltDraw:
        """Return the draw of the bytes; raise where a party did not open what it had committed to."""
        message = _parse(pb.Draw, "draw", data)
        return SaltDraw(commitments_from_proto(message.commitments), openings_from_proto(message.openings))


HOPS: Hops[Request, Reply, Memory] = Hops(RequestCodec(), ReplyCodec(), MemoryCodec())
"""Every hop of a study between hub and suppliers, for the driver in one process."""


def _paths_to_proto(paths: TreePaths) -> pb.TreePaths:
    trees = [
        pb.TreePath(
            target=target,
            n_nodes=path.n_nodes,
            opened=path.opened,
            levels=[
                pb.LevelSplits(
                    node=splits.node.tolist(),
                    predictor=splits.predictor.tolist(),
                    left=splits.left.tolist(),
                    first_child=splits.first_child,
                )
                for splits in path.levels
            ],
        )
        for target, path in sorted((paths.trees or {}).items())
    ]
    return pb.TreePaths(visit_order=paths.order, levels=paths.level + 1, closed=paths.closed, trees=trees)


def _paths(message: pb.TreePaths) -> TreePaths:
    strict.few("memory.visit_order", len(message.visit_order), MAX_COLUMNS)
    strict.few("memory.trees", len(message.trees), MAX_COLUMNS)
    order = tuple(message.visit_order)
    level = strict.natural("memory.levels", message.levels, MAX_LEVELS + 1) - 1
    targets = [strict.natural("memory.target", tree.target, max(len(order) - 1, 0)) for tree in message.trees]
    if any(a >= b for a, b in pairwise(targets)):
        raise WireError("memory.trees: the trees are not in the order of their targets")
    trees = {target: _path(tree, target) for target, tree in zip(targets, message.trees, strict=True)}
    return TreePaths(order, level, message.closed, trees or None)


def _path(message: pb.TreePath, target: int) -> TreePath:
    strict.few("memory.levels", len(message.levels), MAX_LEVELS + 1)
    levels, n_nodes = [], 1
    for splits in message.levels:
        levels.append(_splits(splits, target, n_nodes))
        n_nodes += 2 * len(splits.node)
    if message.n_nodes != n_nodes:
        raise WireError(f"memory.n_nodes: expected {n_nodes} nodes, got {message.n_nodes}")
    opened = tuple(message.opened)
    if any(a >= b for a, b in pairwise(opened)) or any(node >= n_nodes for node in opened):
        raise WireError("memory.opened: expected nodes of the tree in increasing order")
    return TreePath(tuple(levels), n_nodes, opened)


def _splits(message: pb.LevelSplits, target: int, n_nodes: int) -> LevelSplits:
    if not len(message.node) == len(message.predictor) == len(message.left):
        raise WireError("memory.node: the parts of a split differ in length")
    if message.first_child != n_nodes:
        raise WireError(f"memory.first_child: expected {n_nodes}, got {message.first_child}")
    if any(a >= b for a, b in pairwise(message.node)) or any(node >= n_nodes for node in message.node):
        raise WireError("memory.node: expected nodes of the tree in increasing order")
    if any(place >= target for place in message.predictor):
        raise WireError("memory.predictor: a split uses a column that is not before its target")
    return LevelSplits(
        np.array(message.node, np.int64),
        np.array(message.predictor, np.int64),
        np.array(message.left, np.uint64),
        message.first_child,
    )
