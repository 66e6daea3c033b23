"""A researcher's study on its way in: read strictly, its signature checked, its suppliers known."""

from __future__ import annotations

import difflib
import hashlib

from syncline.clock import Clock
from syncline.durable.crash_points import crash_point
from syncline.errors import IdentityError, UsageError
from syncline.identity.peer import PeerRole
from syncline.identity.signatures import Purpose, verify
from syncline.study.lifecycle import StudyState
from syncline.study.spec import StudySpec
from syncline.wire.messages import StudyId
from trusted_party.datastore.audit_log import HubAudit
from trusted_party.datastore.event_log import log_event
from trusted_party.datastore.members import Member, MemberStanding, find_member, list_members
from trusted_party.datastore.moments import to_us
from trusted_party.datastore.store import Store, Transaction
from trusted_party.datastore.studies import (
    NewParty,
    NewStudy,
    add_study,
    change_state,
    count_living,
    find_study,
    find_submissions,
)
from trusted_party.studies.specifications import Specifications

MOST_LIVING = 100
"""Studies of one researcher that have not ended: each is looked at every second."""

MOST_ROWS = 10_000_000
"""Rows of one release where the operator does not say: some minutes of the child, some gigabytes."""

_GONE = (StudyState.FAILED, StudyState.CANCELLED)


class Submissions:
    """Take specifications from researchers."""

    def __init__(
        self,
        database: Store,
        audit: HubAudit,
        clock: Clock,
        specifications: Specifications,
        most_rows: int = MOST_ROWS,
    ) -> None:
        self._most_rows = most_rows
        self._specifications = specifications
        self._database = database
        self._audit = audit
        self._clock = clock

    async def submit(
        self, researcher: str, specification: bytes, signature: bytes
    ) -> tuple[StudyId, tuple[str, ...]]:
        """Add a study; return its id and suppliers. The same one again is that study, unless it failed."""
        spec = await self._specifications.read(specification)
        _refuse_too_many_rows(spec, self._most_rows)

        def write(transaction: Transaction) -> tuple[StudyId, bool]:
            member = find_member(transaction, researcher)
            if member is None:
                raise IdentityError(f"{researcher}: no member of this name is enrolled")
            digest = hashlib.sha256(specification).digest()
            verify(member.signing_key, Purpose.STUDY_SPECIFICATION, digest, signature)
            return self._add(transaction, member, spec, specification, signature)

        study_id, is_new = await self._database.write(write)
        crash_point("submission:before-answer")
        if is_new:
            log_event("study_submitted", study=study_id, title=spec.study, researcher=researcher)
        return study_id, spec.supplier_names

    def _add(
        self,
        transaction: Transaction,
        member: Member,
        spec: StudySpec,
        specification: bytes,
        signature: bytes,
    ) -> tuple[StudyId, bool]:
        earlier = find_submissions(transaction, member.name, spec.digest)
        if earlier and earlier[-1].state not in _GONE:
            return earlier[-1].id, False
        _refuse_one_more(transaction, member.name)
        suppliers = [
            _require(transaction, PeerRole.SUPPLIER, "suppliers", name) for name in spec.supplier_names
        ]
        for name in spec.release.approvers:
            _require(transaction, PeerRole.APPROVER, "release.approvers", name)
        new = NewStudy(
            id=_study_id(member.name, spec.digest, len(earlier)),
            name=spec.study,
            researcher=member.name,
            researcher_key=member.signing_key,
            signature=signature,
            specification=specification,
            specification_sha256=spec.digest,
            parties=tuple(
                NewParty(supplier.name, supplier.signing_key, spec.supplier(supplier.name).flow)
                for supplier in suppliers
            ),
        )
        add_study(transaction, new, StudyState.SUBMITTED, to_us(self._clock.now()))
        study = find_study(transaction, new.id)
        assert study is not None
        change_state(transaction, study, StudyState.AWAITING_APPROVAL)
        fields = {"study": new.id, "researcher": member.name, "specification_sha256": spec.digest}
        self._audit.append(transaction, "study_submitted", fields | {"signature": signature.hex()})
        return new.id, True


def _refuse_one_more(transaction: Transaction, researcher: str) -> None:
    if count_living(transaction, researcher) >= MOST_LIVING:
        raise UsageError(
            f"study: {MOST_LIVING} studies of {researcher} have not ended, the most that a hub keeps:"
            " cancel one with 'syncline studies cancel', or wait until one ends"
        )


def _refuse_too_many_rows(spec: StudySpec, most: int) -> None:
    wanted = spec.synthesizer.rows or 0
    if wanted > most:
        raise UsageError(
            f"synthesizer.rows: {wanted} is more than the {most} rows of a release at this hub: ask for fewer"
            " or ask the hub's operator to allow more (serve --most-rows)"
        )


def _study_id(researcher: str, digest: str, earlier: int) -> StudyId:
    """Derive the id from the submission, so that a repeated one finds the same study."""
    return StudyId("s" + hashlib.sha256(f"{researcher}\x00{digest}\x00{earlier}".encode()).hexdigest()[:15])


def _require(transaction: Transaction, role: PeerRole, key: str, name: str) -> Member:
    member = find_member(transaction, name)
    if member is not None and member.role is role and member.standing is MemberStanding.ACTIVE:
        return member
    known = [one.name for one in list_members(transaction, role) if one.standing is MemberStanding.ACTIVE]
    near = difflib.get_close_matches(name, known, 1, cutoff=0.0)
    hint = f"the nearest enrolled name is {near[0]}" if near else f"no {role} is enrolled at this hub"
    raise UsageError(f"{key}: {name} is not an enrolled {role}; {hint}")
