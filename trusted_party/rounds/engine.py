"""Keep a driver running for each study that has not ended, from the hub's start until it stops."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from syncline.compute.child import ChildDied, ChildFailed
from syncline.compute.serve import locate
from syncline.errors import (
    Contradiction,
    StorageError,
    SynclineError,
    defect_reference,
    defect_sentence,
    public_words,
)
from syncline.study.lifecycle import StudyState
from syncline.wire.messages import StudyId
from trusted_party.datastore.event_log import log_warning
from trusted_party.datastore.studies import StudyMoved, studies_in
from trusted_party.rounds.driver import DriverPorts, StudyDriver
from trusted_party.studies.changes import ANY_STUDY, about_study

LIVING = tuple(state for state in StudyState if not state.is_final)


@dataclass(frozen=True, slots=True)
class EnginePace:
    """How often a study is looked at where nothing happens, and after a fault of the disk, in seconds.

    Where the disk has failed the same study for ``give_up_seconds`` on end, the study ends.
    """

    look_seconds: float = 1.0
    retry_seconds: float = 5.0
    give_up_seconds: float = 86_400.0


class Engine:
    """Start, watch and stop the drivers."""

    def __init__(self, ports: DriverPorts, pace: EnginePace = EnginePace()) -> None:
        self._ports = ports
        self._pace = pace
        self._drivers: dict[StudyId, asyncio.Task[None]] = {}
        self._faulty_since: dict[StudyId, float] = {}

    async def run(self) -> None:
        """Drive all living studies until cancelled."""
        try:
            with self._ports.changes.watch(ANY_STUDY) as changed:
                while True:
                    changed.clear()
                    living = await self._ports.database.read(
                        lambda transaction: studies_in(transaction, LIVING)
                    )
                    self._attend(living)
                    await changed.wait()
        finally:
            for task in self._drivers.values():
                task.cancel()
            await asyncio.gather(*self._drivers.values(), return_exceptions=True)

    def _attend(self, living: list[StudyId]) -> None:
        self._drivers = {study: task for study, task in self._drivers.items() if not task.done()}
        for study_id in living:
            if study_id not in self._drivers:
                self._drivers[study_id] = asyncio.create_task(self._drive(study_id))

    async def _drive(self, study_id: StudyId) -> None:
        driver = StudyDriver(self._ports, study_id)
        with contextlib.suppress(ChildDied):
            await self._ports.computation.warm_up()  # while the suppliers decide
        with self._ports.changes.watch(about_study(study_id), ANY_STUDY) as changed:
            while True:
                changed.clear()
                if await self._advance(driver, study_id):
                    continue
                if driver.ended:
                    return
                await self._wait(changed)

    async def _advance(self, driver: StudyDriver, study_id: StudyId) -> bool:
        """Make one step; a fault of the disk is waited out, and the step made again, but not for ever."""
        try:
            done = await self._step(driver, study_id)
        except StudyMoved:
            return True
        except StorageError as fault:
            log_warning("storage_fault", study=study_id, reason=str(fault))
            await self._wait_out(driver, study_id)
            return True
        self._faulty_since.pop(study_id, None)
        return done

    async def _wait_out(self, driver: StudyDriver, study_id: StudyId) -> None:
        now = self._ports.clock.monotonic()
        lasted = now - self._faulty_since.setdefault(study_id, now)
        if lasted > self._pace.give_up_seconds:
            with contextlib.suppress(StudyMoved, StorageError):
                await driver.fail(
                    "the hub's disk could not be used for too long: its operator finds the cause in the log"
                )
        await self._ports.clock.sleep(self._pace.retry_seconds)

    async def _wait(self, changed: asyncio.Event) -> None:
        """Wait for a change, but no longer than until the next look."""
        try:
            async with self._ports.clock.deadline(self._pace.look_seconds):
                await changed.wait()
        except TimeoutError:
            return

    async def _step(self, driver: StudyDriver, study_id: StudyId) -> bool:
        """Make one step; any fault but the disk's ends the study with a sentence."""
        try:
            return await driver.advance()
        except (StudyMoved, StorageError):
            raise
        except Contradiction as lie:
            await driver.fail(str(lie), told=lie.public)
        except ChildFailed as defect:
            await driver.fail(_reported("child_failed", study_id, defect.kind, defect.place))
        except SynclineError as error:
            await driver.fail(public_words(error))
        except Exception as defect:
            await driver.fail(_reported("driver_failed", study_id, type(defect).__name__, locate(defect)))
        return True


def _reported(event: str, study_id: StudyId, kind: str, place: str) -> str:
    """Log a defect with its class and place, and return the sentence that is all others hear of it."""
    log_warning(event, study=study_id, reference=defect_reference(kind, place), kind=kind, place=place)
    return defect_sentence(kind, place)
