"""An agent that computes rightly and sends rudely: early, twice, late, out of order and for old attempts.

Its answers come from the real computing child's code, so that a study with it must release the same table.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass, field

from supplier_agent.tasks.child import AgentChild
from supplier_agent.uplink.hub_client import HubClient
from syncline.data.document import parse_document
from syncline.data.section import build
from syncline.errors import ProtocolError
from syncline.identity.signatures import Purpose, sign
from syncline.protocols.opening import Occasion
from syncline.study.participation import AS_ASKED
from syncline.study.policy import Policy
from syncline.version import ALGORITHM_VERSION, __version__
from syncline.wire.messages import (
    CHUNK_BYTES,
    Attachment,
    Chunk,
    Decision,
    Event,
    Heartbeat,
    PayloadRef,
    Proposal,
    StudyEnded,
    SupplierDecision,
    TaskOffer,
    TaskReply,
    decision_digest,
)
from syncline.wire.refusals import PeerUnreachable
from tests.commitments import commitment_of, private_key_of
from tests.faults.small_study import SmallStudy
from tests.faults.world import World

CONTRIBUTION = bytes(range(16))
"""What it commits to and opens, so that its part in the salt does not change."""

SILENT_IN_ROUND, SILENT_SECONDS = 1, 10.0
"""In this round it falls silent until the hub has given it up and offers the task a second time."""


@dataclass
class RudeAgent:
    """Speak for the supplier ``name`` of a world."""

    world: World
    study: SmallStudy
    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    attempts: dict[int, int] = field(default_factory=dict)
    replies: list[TaskReply] = field(default_factory=list)
    specification: bytes = b""
    memory: bytes = b""
    ended: bool = False

    def __post_init__(self) -> None:
        self.member = self.world.membership(self.name)
        policy = self.world.agent(self.name).policy.read_text(encoding="utf-8")
        self.policy = build(Policy, parse_document(policy, "policy"), "policy").to_document()
        self.child = AgentChild()

    async def run(self) -> None:
        """Attach again and again, as another process each time, until the study has ended."""
        while not self.ended:
            client = HubClient(self.member.hub, self.member.tls)
            try:
                await self._attached(client)
            except _FellSilent:
                await asyncio.sleep(SILENT_SECONDS)
            except PeerUnreachable:
                await asyncio.sleep(0.1)
            finally:
                await client.close()

    async def _attached(self, client: HubClient) -> None:
        instance = secrets.token_hex(8)
        beats = asyncio.create_task(self._beat(client, instance))
        try:
            async for event in client.attach(Attachment(instance, __version__, ALGORITHM_VERSION, ()), print):
                await self._take(client, event)
                if self.ended:
                    return
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def _beat(self, client: HubClient, instance: str) -> None:
        while True:
            await asyncio.sleep(1)
            await client.heartbeat(Heartbeat(instance, ()))

    async def _take(self, client: HubClient, event: Event) -> None:
        match event:
            case Proposal():
                self.specification = event.specification
                for _ in range(2):
                    await client.decide(self._approval(event))
            case TaskOffer():
                await self._offered(client, event)
            case StudyEnded():
                await self._submit(client, self.replies[-1], "after the end")
                self.ended = True

    def _approval(self, event: Proposal) -> SupplierDecision:
        commitment = commitment_of(
            Occasion(event.study_id, event.specification_sha256), self.name, CONTRIBUTION
        )
        of = event.study_id, event.specification_sha256, Decision.APPROVE, ""
        digest = decision_digest(*of, AS_ASKED, commitment.hex())
        signature = sign(self.member.signing_key(), Purpose.STUDY_DECISION, digest)
        return SupplierDecision(*of, signature, AS_ASKED, commitment.hex())

    async def _offered(self, client: HubClient, offer: TaskOffer) -> None:
        again = offer.round in self.attempts
        self.attempts[offer.round] = offer.attempt
        if not again:
            self.replies.append(TaskReply(offer.task_id, offer.attempt, await self._answer(offer)))
        if offer.round == SILENT_IN_ROUND and not again:
            raise _FellSilent
        reply = self.replies[-1]  # of the first attempt, even where this offer is the second
        await self._send_chunks(client, reply)
        await asyncio.gather(*(self._submit(client, reply, "in time") for _ in range(3)))
        for old in self.replies[:-1]:
            await self._submit(client, old, "late")

    async def _answer(self, offer: TaskOffer) -> PayloadRef:
        assert offer.request.inline is not None
        header = {
            "op": "respond",
            "flow": "summaries",
            "person": None,
            "supplier": self.name,
            "source": str(self.world.table(self.study, self.name)),
            "policy": self.policy,
            "study_id": offer.study_id,
            "contribution": CONTRIBUTION.hex(),
            "private_key": private_key_of(self.name).hex(),
            "candidate": None if offer.candidate is None else offer.candidate.sha256,
        }
        blobs = [self.specification, offer.request.inline, self.memory]
        _, (reply, self.memory) = await asyncio.to_thread(self.child.handle, header, blobs)
        self._content = reply
        return PayloadRef.of(reply)

    async def _send_chunks(self, client: HubClient, reply: TaskReply) -> None:
        """Send a large reply: unannounced, incomplete, then backwards and twice."""
        ref = reply.reply
        if ref.inline is not None:
            return
        count = -(-ref.size // CHUNK_BYTES)
        await self._refused(client.write_chunks(self._chunks(reply, [0])))
        assert await client.find_missing(reply.task_id, ref) == list(range(count))
        await client.write_chunks(self._chunks(reply, [count - 1]))
        await self._refused(client.submit(reply))
        assert await client.find_missing(reply.task_id, ref) == list(range(count - 1))
        backwards = [index for index in reversed(range(count)) for _ in range(2)]
        await asyncio.gather(*(client.write_chunks(self._chunks(reply, backwards)) for _ in range(2)))
        self.outcomes["large"] += 1

    async def _chunks(self, reply: TaskReply, indices: list[int]):
        for index in indices:
            data = self._content[index * CHUNK_BYTES : (index + 1) * CHUNK_BYTES]
            yield Chunk(reply.task_id, reply.reply.sha256, index, data)

    async def _submit(self, client: HubClient, reply: TaskReply, when: str) -> None:
        self.outcomes[f"{when}: {(await client.submit(reply)).value}"] += 1

    async def _refused(self, call) -> None:
        try:
            await call
        except ProtocolError:
            self.outcomes["refused"] += 1


class _FellSilent(Exception):
    """The agent leaves without a word."""
