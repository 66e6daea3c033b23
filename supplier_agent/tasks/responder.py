"""Answer a round: fetch the request, compute in a child, commit, and only then let it be sent.

The transaction that records the reply also moves the memory and writes the audit entry. Whatever happens
before it leaves no trace but stored bytes that nobody refers to; whatever happens after it sends the same
reply.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from supplier_agent.consent.study_record import ConsentState, StudyRecord, known_study, set_notes, set_salt
from supplier_agent.datasets.catalogue import Dataset, find_preparation, list_datasets
from supplier_agent.event_log import EventLog
from supplier_agent.tasks.child_pool import ChildPool
from supplier_agent.tasks.journal import microseconds
from supplier_agent.tasks.offers import ComputeAnswer, Refuse, receive_offer
from supplier_agent.tasks.policy_client import AnswerTerms
from supplier_agent.tasks.public_reason import public_reason
from supplier_agent.tasks.round_record import (
    Decline,
    RoundState,
    decline_round,
    find_memory,
    find_round,
    finish_round,
    set_memory,
)
from syncline.clock import Clock
from syncline.compute.child import ChildDied, ChildFailed
from syncline.compute.frames import Json
from syncline.compute.serve import locate
from syncline.durable.audit import FieldValue
from syncline.durable.audit_table import AuditLog
from syncline.durable.database import Database
from syncline.durable.payloads import PayloadStore
from syncline.errors import (
    DataError,
    DocumentError,
    IdentityError,
    PolicyRefusal,
    PolicyUnreadable,
    ProtocolError,
    StorageError,
    SynclineError,
    WireError,
    WorkLimitReached,
    defect_sentence,
)
from syncline.identity.signatures import Purpose, verify
from syncline.wire.messages import MAX_PAYLOAD_BYTES, DeclineKind, TaskOffer, candidate_digest
from syncline.wire.people_sentence import people_sentence

POLICY_WAITS = "policy cannot be read: work waits until it can"
POLICY_PAUSE_SECONDS = 2.0

Fetch = Callable[[PayloadStore], Awaitable[None]]
"""Brings the request's bytes into the store given."""


class AskTerms(Protocol):
    """Asks what the policy of now says to an approved study, for one round; raises what it forbids."""

    def __call__(
        self, study: StudyRecord, number: int, datasets: list[Dataset], *, compares: bool
    ) -> Awaitable[AnswerTerms]:
        """Ask; ``compares`` tells whether the round is about the study's synthetic table."""
        ...


_KINDS: tuple[tuple[type[SynclineError], DeclineKind], ...] = (
    (PolicyRefusal, DeclineKind.POLICY),
    (DocumentError, DeclineKind.POLICY),
    (WorkLimitReached, DeclineKind.POLICY),
    (DataError, DeclineKind.DATA),
    (ProtocolError, DeclineKind.PROTOCOL),
    (WireError, DeclineKind.PROTOCOL),
)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a child gave: reply, next memory and, for the audit, what was asked and how rows were prepared.

    ``person`` is the column by which persons were told apart; ``forget_request`` says that the request holds
    a synthetic table that nobody released yet. ``salt`` is the study's, of the round that opened it;
    ``notes`` say what the synthetic rows of a reply do not show of the real ones, and stay here.
    """

    reply: bytes
    memory: bytes
    questions: list[FieldValue]
    preparation_sha256: str | None
    person: str | None
    forget_request: bool = False
    salt: bytes | None = field(default=None, repr=False)
    notes: tuple[dict[str, Json], ...] = field(default=(), repr=False)


class Responder:
    """Turn offers into committed replies and refusals."""

    def __init__(
        self,
        database: Database,
        payloads: PayloadStore,
        audit: AuditLog,
        children: ChildPool,
        terms: AskTerms,
        clock: Clock,
        log: EventLog,
        hub_key: bytes,
    ) -> None:
        self._log = log
        self._hub_key = hub_key
        self._database = database
        self._payloads = payloads
        self._audit = audit
        self._children = children
        self._terms = terms
        self._clock = clock
        self._turns: dict[str, asyncio.Lock] = {}

    async def take(self, offer: TaskOffer, fetch: Fetch) -> Refuse | None:
        """Bring an offer to its end in the journal; a refusal that has no row there is returned instead."""
        now_us = microseconds(self._clock)
        verdict = await self._database.write(
            lambda connection: receive_offer(connection, self._audit, offer, now_us)
        )
        if isinstance(verdict, Refuse):
            return verdict
        if isinstance(verdict, ComputeAnswer):
            await self._answer(offer, fetch)
        return None

    async def _answer(self, offer: TaskOffer, fetch: Fetch) -> None:
        store = study_payloads(self._payloads, offer.study_id)
        async with self._turns.setdefault(offer.study_id, asyncio.Lock()):
            if not await self._database.read(lambda connection: _is_open(connection, offer)):
                return
            try:
                await self._answer_open(offer, fetch, store)
            except SynclineError:
                raise
            except Exception as defect:
                await self._decline(offer, _defect(type(defect).__name__, locate(defect)))

    async def _answer_open(self, offer: TaskOffer, fetch: Fetch, store: PayloadStore) -> None:
        """Answer or decline a round that is open; what is nobody's fault is raised, to be tried again."""
        try:
            _require_seal(offer, self._hub_key)
            await fetch(store)
        except (ProtocolError, WireError) as error:
            await self._decline(offer, _declined(error))
            return
        dataset = None
        try:
            study, terms = await self._agree(offer)
            dataset = terms.dataset
            await self._commit(offer, await self._compute(offer, study, terms, store), store)
        except StorageError:
            raise
        except SynclineError as error:
            await self._decline(offer, _declined(error, dataset))

    async def _agree(self, offer: TaskOffer) -> tuple[StudyRecord, AnswerTerms]:
        """Return the study and the terms on which the policy of now lets the round be answered.

        While the policy cannot be read the round waits: a slip of a key must not end a study.
        """
        said = ""
        while True:
            study, datasets = await self._database.read(
                lambda connection: (known_study(connection, offer.study_id), list_datasets(connection))
            )
            try:
                compares = offer.candidate is not None
                terms = await self._terms(study, offer.round, datasets, compares=compares)
                return study, terms
            except PolicyUnreadable as error:
                if str(error) != said:
                    said = str(error)
                    self._log.warning(POLICY_WAITS, study=offer.study_id, round=offer.round, reason=said)
            await self._clock.sleep(POLICY_PAUSE_SECONDS)

    async def _compute(
        self, offer: TaskOffer, study: StudyRecord, terms: AnswerTerms, store: PayloadStore
    ) -> Answered:
        memory_sha256 = await self._database.read(lambda connection: find_memory(connection, offer.study_id))
        request = await asyncio.to_thread(store.get, bytes.fromhex(offer.request.sha256))
        memory = await self._load_memory(offer.study_id, memory_sha256)
        header: dict[str, Json] = {
            "op": "respond",
            "supplier": terms.supplier,
            "source": terms.source,
            "policy": terms.policy,
            "flow": terms.flow,
            "person": terms.person,
            "study_id": offer.study_id,
            "contribution": None if study.contribution is None else study.contribution.hex(),
            "private_key": None if study.private_key is None else study.private_key.hex(),
            "candidate": None if offer.candidate is None else offer.candidate.sha256,
        }
        preparation = await self._database.read(
            lambda connection: find_preparation(connection, terms.preparation)
        )
        blobs = [study.specification, request, memory, *([preparation] if preparation else [])]
        answer, results = await self._children.call(study.study_id, header, blobs, terms.limits)
        if len(results) != 2:
            raise ProtocolError("the computing process did not give a reply and a memory")
        person = answer.get("person")
        told = None if person is None else str(person)
        forget = answer.get("forget_request") is True
        salt = answer.get("salt")
        return Answered(
            results[0],
            results[1],
            _questions(answer),
            terms.preparation,
            told,
            forget,
            None if salt is None else bytes.fromhex(str(salt)),
            tuple(note for note in _list(answer.get("notes")) if isinstance(note, dict)),
        )

    async def _load_memory(self, study_id: str, sha256: str | None) -> bytes:
        if sha256 is None:
            return b""
        return await asyncio.to_thread(memories(self._payloads, study_id).get, bytes.fromhex(sha256))

    async def _commit(self, offer: TaskOffer, answered: Answered, store: PayloadStore) -> None:
        if len(answered.reply) > MAX_PAYLOAD_BYTES:
            raise ProtocolError(
                f"the answer takes {len(answered.reply)} bytes, more than the {MAX_PAYLOAD_BYTES} of a reply:"
                " ask for fewer columns at a time"
            )
        memory_store = memories(self._payloads, offer.study_id)
        reply_sha256 = (await asyncio.to_thread(store.put, answered.reply)).hex()
        memory_sha256 = (await asyncio.to_thread(memory_store.put, answered.memory)).hex()
        before = await self._database.write(
            partial(self._record, offer, answered, reply_sha256, memory_sha256)
        )
        if before is not None and before != memory_sha256:
            await asyncio.to_thread(memory_store.delete, bytes.fromhex(before))
        if answered.forget_request:
            await asyncio.to_thread(store.delete, bytes.fromhex(offer.request.sha256))

    def _record(
        self,
        offer: TaskOffer,
        answered: Answered,
        reply_sha256: str,
        memory_sha256: str,
        connection: sqlite3.Connection,
    ) -> str | None:
        """Record reply, memory and audit entry in one transaction; return the memory before."""
        if known_study(connection, offer.study_id).state is not ConsentState.APPROVED:
            raise PolicyRefusal("the approval was withdrawn while the answer was computed")
        before = find_memory(connection, offer.study_id)
        now_us, size = microseconds(self._clock), len(answered.reply)
        finish_round(connection, offer.study_id, offer.round, reply_sha256, size, now_us)
        set_memory(connection, offer.study_id, offer.round, memory_sha256)
        if answered.salt is not None:
            set_salt(connection, offer.study_id, answered.salt)
        if answered.notes:
            set_notes(connection, offer.study_id, answered.notes)
        self._audit.append(
            connection,
            "round-answered",
            {
                "study": offer.study_id,
                "round": offer.round,
                "specification_sha256": offer.specification_sha256,
                "request_sha256": offer.request.sha256,
                "reply_sha256": reply_sha256,
                "reply_bytes": size,
                "questions": answered.questions,
                "preparation_sha256": answered.preparation_sha256,
                "person_column": answered.person,
                "candidate_sha256": None if offer.candidate is None else offer.candidate.sha256,
            },
        )
        return before

    async def _decline(self, offer: TaskOffer, declined: Decline) -> None:
        def write(connection: sqlite3.Connection) -> None:
            now_us = microseconds(self._clock)
            decline_round(connection, offer.study_id, offer.round, declined, now_us)
            self._audit.append(
                connection,
                "round-declined",
                {
                    "study": offer.study_id,
                    "round": offer.round,
                    "request_sha256": offer.request.sha256,
                    "kind": declined.kind,
                    "reason": declined.reason,
                },
            )

        await self._database.write(write)
        self._log.warning(
            "round declined",
            study=offer.study_id,
            round=offer.round,
            kind=declined.kind,
            reason=declined.detail,
        )


def _require_seal(offer: TaskOffer, hub_key: bytes) -> None:
    """Raise unless the hub signed the candidate that an offer names, if it names one."""
    if offer.candidate is None:
        return
    digest = candidate_digest(offer.study_id, offer.specification_sha256, offer.candidate.sha256)
    try:
        verify(hub_key, Purpose.CANDIDATE, digest, offer.candidate.signature)
    except IdentityError:
        raise ProtocolError("the candidate is not signed by the hub") from None


def study_payloads(payloads: PayloadStore, study_id: str) -> PayloadStore:
    """Return the store of one study's requests and replies."""
    return payloads.scope(f"study {study_id}")


def memories(payloads: PayloadStore, study_id: str) -> PayloadStore:
    """Return the store of what one study remembers from round to round."""
    return payloads.scope(f"memory {study_id}")


def _is_open(connection: sqlite3.Connection, offer: TaskOffer) -> bool:
    """Tell whether the round still waits for its answer: another offer of it may have come first."""
    known = find_round(connection, offer.study_id, offer.round)
    return known is not None and known.state is RoundState.RECEIVED


def _declined(error: SynclineError, dataset: str | None = None) -> Decline:
    """Return why a round is not answered, for others and for this supplier."""
    if isinstance(error, ChildDied):
        sentence = (
            "the computing process was killed at every attempt, perhaps for want of memory:"
            " the supplier's log says more"
        )
        return Decline(DeclineKind.INTERNAL.value, sentence, people_sentence(str(error)))
    if isinstance(error, ChildFailed):
        return _defect(error.kind, error.place)
    kinds = (kind for known, kind in _KINDS if isinstance(error, known))
    kind = next(kinds, DeclineKind.INTERNAL)
    return Decline(kind.value, public_reason(error, dataset), people_sentence(str(error)))


def _defect(kind: str, place: str) -> Decline:
    """Return how a defect of the software is told: by its reference, with class and place for this side."""
    sentence = defect_sentence(kind, place)
    return Decline(DeclineKind.INTERNAL.value, sentence, people_sentence(f"{sentence} ({kind} {place})"))


def _questions(answer: Mapping[str, Json]) -> list[FieldValue]:
    """Keep of a child's header what the audit states: kinds, columns and numbers of cells."""
    asked = answer.get("questions")
    if not isinstance(asked, list):
        return []
    return [
        {
            "kind": str(item.get("kind")),
            "columns": [str(name) for name in _list(item.get("columns"))],
            "cells": _count(item.get("cells")),
        }
        for item in asked
        if isinstance(item, dict)
    ]


def _list(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list) else []


def _count(value: Json) -> int:
    return value if isinstance(value, int) else 0
