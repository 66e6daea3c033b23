"""Drive one study: look at what the database says, do the one thing that follows, look again.

Nothing is remembered between two looks, so that a restarted hub goes on exactly where the last commit
left it. Whatever computes runs in the child; whatever waits for the disk runs in a thread.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from syncline.clock import Clock
from syncline.compute.frames import Header
from syncline.durable.crash_points import crash_point
from syncline.identity.signatures import Purpose
from syncline.protocols.opening import CONTRIBUTION_BYTES
from syncline.study.flow import STEPS, DataFlow, sends_rows
from syncline.study.lifecycle import StudyState
from syncline.study.participation import flows_of
from syncline.study.sections import shown_period
from syncline.study.spec import StudySpec
from syncline.wire.messages import StudyId, candidate_digest
from syncline.wire.people_sentence import people_sentence
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.own_requests import RequestRef
from trusted_party.datastore.parties import PartyState, drop_party
from trusted_party.datastore.shipments import Shipment, shipments_of
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import StudyRow, change_state, set_reason
from trusted_party.datastore.tasks import Task, TaskState, task_ids_of
from trusted_party.rounds import roster
from trusted_party.rounds.load import require_load, require_request
from trusted_party.rounds.roster import Fail, Go, Party, Pause, QuorumState, RosterVerdict, Standing, Wait
from trusted_party.rounds.transition import (
    ComputedStep,
    Drawn,
    Finished,
    FittedDigests,
    Opened,
    SaltRecord,
    commit_step,
)
from trusted_party.rounds.view import View, read_view
from trusted_party.studies.changes import ANY_STUDY, Changes, about_study, about_supplier
from trusted_party.studies.disposal import record_deletions
from trusted_party.studies.endings import Endings
from trusted_party.studies.hazard_hold import awaits_word, hold, must_hold
from trusted_party.studies.lost_replies import count_as_declined, lost_replies, require_rows
from trusted_party.studies.presence import Presence
from trusted_party.studies.specifications import Specifications
from trusted_party.studies.vault import Vault, new_seed
from trusted_party.synthesis.computation import Computation

_BY_DECISION = {
    PartyState.WAITING: Standing.OPEN,
    PartyState.APPROVED: Standing.DONE,
    PartyState.REFUSED: Standing.REFUSED,
}
_BY_TASK = {
    TaskState.OPEN: Standing.OPEN,
    TaskState.ANSWERED: Standing.DONE,
    TaskState.DECLINED: Standing.REFUSED,
}


ROWS_DAYS = 30
"""How long rows that suppliers sent are kept at most; their study fails then."""

_DAY_US = 86_400 * 1_000_000


Sign: TypeAlias = Callable[[Purpose, bytes], bytes]
"""Sign a digest with the hub's key."""


@dataclass(frozen=True, slots=True)
class DriverPorts:
    """What a driver works with; wired by the command ``serve``."""

    database: Store
    vault: Vault
    audit: HubAudit
    clock: Clock
    changes: Changes
    presence: Presence
    computation: Computation
    endings: Endings
    publish: Callable[[StudyRow, StudySpec], Awaitable[bool]]
    discard: Callable[[StudyRow], None]
    specifications: Specifications
    sign: Sign
    most_rows: int
    rows_days: int = ROWS_DAYS


class StudyDriver:
    """Bring one study forward."""

    def __init__(self, ports: DriverPorts, study_id: StudyId) -> None:
        self._ports = ports
        self._study_id = study_id
        self.ended = False
        self._rows_gone = False

    async def look(self) -> View:
        """Read the study, its roster and the open round's tasks."""
        return await self._ports.database.read(lambda transaction: read_view(transaction, self._study_id))

    async def advance(self) -> bool:
        """Do what follows from the study's state; return whether something was done."""
        view = await self.look()
        spec = await self._ports.specifications.read(view.study.specification)
        match view.study.state:
            case StudyState.AWAITING_APPROVAL:
                approvals = [
                    self._party(view, party.name, _BY_DECISION[party.state], party.reason)
                    for party in view.parties
                ]
                return await self._apply(
                    view, spec, roster.judge_approvals(approvals, self._quorum(view, spec))
                )
            case StudyState.READY:
                await self._start(view, spec)
                return True
            case StudyState.RUNNING | StudyState.PAUSED if self._rows_too_old(view):
                await self.fail(
                    f"suppliers' rows were kept for {self._ports.rows_days} days without an end of the study"
                )
                return True
            case StudyState.PAUSED if awaits_word(view.study):
                if not self._quorum(view, spec).late:
                    return False
                await self.fail(f"nobody let the study go on: {view.study.reason}")
                return True
            case StudyState.RUNNING | StudyState.PAUSED:
                answers = [
                    self._party(view, task.supplier, _BY_TASK[task.state], task.reason) for task in view.tasks
                ]
                quorum = self._quorum(view, spec)
                return await self._apply(view, spec, roster.judge_answers(answers, quorum))
            case StudyState.RELEASING | StudyState.AWAITING_RELEASE:
                if view.study.state is StudyState.AWAITING_RELEASE and not self._rows_gone:
                    await self._forget_all(view.study)  # people may take long, and nothing reads rows now
                    self._rows_gone = True
                return await self._ports.publish(view.study, spec)
            case _:
                await self._forget_all(view.study)
                await asyncio.to_thread(self._ports.discard, view.study)
                self.ended = True
                return False

    async def fail(self, reason: str, told: str | None = None) -> None:
        """End the study because a step cannot be made; suppliers are told ``told``, or that alone."""
        view = await self.look()
        if not view.study.state.is_final:
            await self._change(
                view,
                lambda transaction: self._ports.endings.end(
                    transaction, view.study, StudyState.FAILED, reason, told=told
                ),
            )

    def _party(self, view: View, name: str, standing: Standing, reason: str) -> Party:
        if standing is not Standing.OPEN:
            return Party(name, standing, reason)
        if name in view.banned:
            return Party(name, Standing.REFUSED, "it was banned by the hub's operator")
        return Party(name, Standing.LOST if self._ports.presence.lost(name) else Standing.OPEN)

    def _quorum(self, view: View, spec: StudySpec) -> QuorumState:
        waited = to_us(self._ports.clock.now()) - view.study.moved_us
        deadline = spec.quorum.deadline
        return QuorumState(
            spec.quorum.min_suppliers,
            spec.quorum.then,
            shown_period(deadline),
            waited > deadline.total_seconds() * 1e6,
        )

    async def _apply(self, view: View, spec: StudySpec, verdict: RosterVerdict) -> bool:
        study, endings = view.study, self._ports.endings
        match verdict:
            case Fail(reason, told):
                await self._change(
                    view, lambda db: endings.end(db, study, StudyState.FAILED, reason, told=told)
                )
            case Pause(reason):
                told = people_sentence(reason)  # as it is kept: a longer one would be news at every look
                if (study.state, study.reason) == (StudyState.PAUSED, told):
                    return False
                await self._change(view, lambda db: endings.pause(db, study, told))
            case Wait(reason) if study.state is StudyState.AWAITING_APPROVAL:
                so_far = people_sentence(reason)
                if study.reason == so_far:
                    return False
                await self._change(view, lambda db: set_reason(db, study.id, so_far))
            case _ if study.state is StudyState.PAUSED:
                await self._change(view, lambda db: endings.resume(db, study))
            case Go(without):
                await self._go(view, spec, without)
            case _:
                return False
        return True

    async def _go(self, view: View, spec: StudySpec, without: Sequence[str]) -> None:
        if view.study.state is StudyState.RUNNING:
            await self._step(view, spec)
            return

        def ready(transaction: Transaction) -> None:
            for name in without:
                drop_party(transaction, view.study.id, name)
                self._ports.audit.append(
                    transaction, "supplier_left_out", {"study": view.study.id, "supplier": name}
                )
            change_state(transaction, view.study, StudyState.READY)

        await self._change(view, ready)

    async def _start(self, view: View, spec: StudySpec) -> None:
        """Ask all suppliers to open what they committed to; the hub's own contribution is in the state."""
        study = view.study
        header: Header = {"op": "start", "study_id": study.id, "commitments": view.commitments()}
        own = secrets.token_bytes(CONTRIBUTION_BYTES)
        await self._commit(view, await self._compute(header, [study.specification, own], 0), ())

    async def _step(self, view: View, spec: StudySpec) -> None:
        """Compute what follows from a round that all have answered, and commit it."""
        study = view.study
        flows = flows_of(spec, {party.name: party.participation for party in view.parties})
        fits = study.draw_sha256 is not None and not study.compares
        senders = frozenset(sends_rows(flows, [task.supplier for task in view.tasks]) if fits else ())
        answered = [task for task in view.tasks if task.state is TaskState.ANSWERED]
        if await self._replies_lost(view, answered):
            return
        arrived = [self._shipment(flows, task) for task in answered if task.supplier in senders]
        shipments = [
            shipment
            for shipment in (*view.shipments, *arrived)
            if not (study.compares and STEPS[flows[shipment.supplier]].compares_at_home)
        ]
        counted = [task for task in answered if task.supplier not in senders]
        sizes = {task.supplier: task.reply_size for task in counted}
        require_load(sizes | {one.supplier: one.size for one in shipments}, study.round)
        kept = {"seed": new_seed(spec), **await asyncio.to_thread(view.kept, self._ports.vault)}
        arriving = await asyncio.to_thread(view.arrived, self._ports.vault, counted, shipments)
        header: Header = {
            "op": "step",
            "round": study.round,
            "kept": list(kept),
            "parties": [task.supplier for task in counted],
            "rows": [shipment.supplier for shipment in shipments],
            "flows": {name: flow.value for name, flow in flows.items()},
            "most_rows": self._ports.most_rows,
        }
        blobs = [study.specification, *kept.values(), *arriving]
        step = await self._compute(header, blobs, study.round + 1)
        if must_hold(study, spec, step.hazards):
            await self._change(
                view, lambda transaction: hold(transaction, self._ports.endings, study, step.hazards)
            )
            return
        await self._commit(view, step, arrived)
        await asyncio.to_thread(self._forget, study, [t for t in view.tasks if t.supplier not in senders])

    async def _replies_lost(self, view: View, answered: Sequence[Task]) -> bool:
        """Tell whether replies are gone; their suppliers then count as having declined."""
        vault, audit = self._ports.vault, self._ports.audit
        await asyncio.to_thread(require_rows, vault, view.shipments)
        lost = await asyncio.to_thread(lost_replies, vault, answered)
        if lost:
            await self._change(view, lambda transaction: count_as_declined(transaction, audit, lost))
        return bool(lost)

    def _shipment(self, flows: Mapping[str, DataFlow], task: Task) -> Shipment:
        flow, now_us = flows[task.supplier], to_us(self._ports.clock.now())
        sha256, size = task.reply_sha256 or "", task.reply_size
        return Shipment(task.study_id, task.supplier, task.id, flow.value, sha256, size, now_us)

    def _rows_too_old(self, view: View) -> bool:
        now_us = to_us(self._ports.clock.now())
        limit = self._ports.rows_days * _DAY_US
        return any(now_us - shipment.kept_us > limit for shipment in view.shipments)

    async def _compute(self, header: Header, blobs: Sequence[bytes], following_round: int) -> ComputedStep:
        answer, returned = await self._ports.computation.call(self._study_id, header, blobs)
        return ComputedStep.from_answer(answer, returned, following_round)

    async def _commit(self, view: View, step: ComputedStep, arrived: Sequence[Shipment]) -> None:
        ports, study = self._ports, view.study
        following = await asyncio.to_thread(self._store, study, step)
        crash_point("round:stored")
        now_us = to_us(ports.clock.now())
        await self._change(
            view,
            lambda transaction: commit_step(
                transaction, ports.audit, study, arrived, step.hazards, following, now_us
            ),
        )
        log_event("round_merged" if view.tasks else "study_started", study=study.id, round=study.round)

    def _store(self, study: StudyRow, step: ComputedStep) -> Opened | Finished:
        """Keep what is new, and return it by its digests."""
        rounds, model, new = self._ports.vault.study(study.id), self._ports.vault.model(study.id), step.new
        fitted = None
        if "result" in new:
            fitted = FittedDigests(model.put(new["result"]).hex(), model.put(new["seed"]).hex())
        if step.done:
            said = model.put(new["assessment"]).hex() if "assessment" in new else None
            return Finished(step.stage, fitted, said)
        for blob in (new["request"], *step.own.values()):
            require_request(len(blob), step.round)
        state, request = (rounds.put(new[name]).hex() for name in ("state", "request"))
        drawn = None if fitted is None else self._signed(study, fitted, step.candidate_sha256)
        salt = None
        if "draw" in new:
            salt = SaltRecord(model.put(new["draw"]).hex(), json.dumps(step.drawn, sort_keys=True))
        own = {name: RequestRef(rounds.put(blob).hex(), len(blob)) for name, blob in step.own.items()}
        size = len(new["request"])
        return Opened(step.round, step.stage, state, request, size, step.expected, drawn, salt, own)

    def _signed(self, study: StudyRow, fitted: FittedDigests, candidate_sha256: str) -> Drawn:
        digest = candidate_digest(study.id, study.specification_sha256, candidate_sha256)
        return Drawn(fitted, candidate_sha256, self._ports.sign(Purpose.CANDIDATE, digest))

    def _forget(self, study: StudyRow, merged: Sequence[Task]) -> None:
        """Delete what the last commit does not name any more."""
        for task in merged:
            self._ports.vault.reply(task.id).clear()
        crash_point("round:forgotten")

    async def _forget_all(self, study: StudyRow) -> None:
        """Delete the payloads of a study that has ended, rows among them; model and seed stay."""
        ports = self._ports
        tasks, rows = await ports.database.read(
            lambda transaction: (task_ids_of(transaction, study.id), shipments_of(transaction, study.id))
        )
        await asyncio.to_thread(ports.vault.forget_study, study.id, tasks)
        if rows:
            crash_point("rows:deleted")
            now_us = to_us(ports.clock.now())
            await ports.database.write(
                lambda transaction: record_deletions(transaction, ports.audit, rows, now_us)
            )

    async def _change(self, view: View, write: Callable[[Transaction], None]) -> None:
        await self._ports.database.write(write)
        crash_point("study:changed")
        suppliers = [about_supplier(party.name) for party in view.parties]
        self._ports.changes.notify(about_study(self._study_id), ANY_STUDY, *suppliers)
