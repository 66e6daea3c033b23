"""Questions that have no message of their own travel as their kind and the record of their fields."""

from __future__ import annotations

from functools import cache

from syncline.data.record_codec import RecordCodec, RecordLimits
from syncline.errors import WireError
from syncline.questions.question import Question
from syncline.questions.table import QUESTIONS
from syncline.wire.gen.syncline.v1 import protocol_pb2 as pb

LIMITS = RecordLimits(depth=8, items=1 << 22, size=64 << 20)
"""What a question may take: values inside each other, members of all its lists together, and bytes."""


def coded_question_to_proto(question: Question) -> pb.CodedQuestion:
    """Return the message of a question."""
    return pb.CodedQuestion(kind=question.kind, body=_codec(type(question)).encode(question))


def coded_question_from_proto(message: pb.CodedQuestion) -> Question:
    """Return the question of a message; raise WireError where it is none of this version."""
    entry = QUESTIONS.get(message.kind)
    if entry is None:
        raise WireError("question.kind: not a question of this version")
    return _codec(entry.load()).decode(message.body)


@cache
def _codec(kind: type[Question]) -> RecordCodec[Question]:
    return RecordCodec(kind, kind.kind, kind.version, limits=LIMITS)
