"""What may be called without a client certificate: a token or a proof of possession speaks for the caller."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.errors import IdentityError
from syncline.wire import enrolment as convert
from syncline.wire.gen.syncline.v1 import enrolment_pb2 as pb
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import EnrolmentServiceServicer
from syncline.wire.messages import Enrolment
from trusted_party.api.gate import Context, Gate, answering
from trusted_party.datastore.event_log import SparseWarning, log_event
from trusted_party.studies.enrolment import Enrolments


@dataclass(frozen=True, slots=True)
class HubCard:
    """What every new member is told of the hub."""

    authority: bytes
    address: str
    signing_key: bytes


@dataclass(frozen=True, slots=True)
class EnrolmentService(EnrolmentServiceServicer):
    """Serve those who have no certificate, or an expired one."""

    enrolments: Enrolments
    gate: Gate
    card: HubCard
    refused: SparseWarning

    async def Enrol(self, request: pb.EnrolRequest, context: Context) -> pb.EnrolResponse:
        """Exchange a token for a certificate."""
        async with answering(context):
            asked = convert.enrolment_request_from_proto(request)
            try:
                issued = await self.enrolments.enrol(asked)
            except IdentityError as error:
                self.refused.note(peer=context.peer(), reason=str(error))
                raise
            await self.gate.refresh()
            log_event("enrolled", member=issued.name, role=issued.role.value)
            enrolment = Enrolment(
                certificate=issued.certificate,
                authority=self.card.authority,
                name=issued.name,
                role=issued.role,
                hub_address=self.card.address,
                hub_signing_key=self.card.signing_key,
            )
            return convert.enrolment_to_proto(enrolment)

    async def Renew(self, request: pb.RenewRequest, context: Context) -> pb.RenewResponse:
        """Replace a certificate."""
        async with answering(context):
            renewal = await self.enrolments.renew(convert.renewal_request_from_proto(request))
            await self.gate.refresh()
            return convert.renewal_to_proto(renewal)
