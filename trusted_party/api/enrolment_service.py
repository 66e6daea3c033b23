"""What may be called without a client certificate: a token or a proof of possession speaks for the caller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from syncline.errors import IdentityError, SynclineError
from syncline.identity.tokens import hash_secret
from syncline.wire import enrolment as convert
from syncline.wire.enrolment_messages import Enrolment
from syncline.wire.gen.syncline.v1 import enrolment_pb2 as pb
from syncline.wire.gen.syncline.v1.enrolment_pb2_grpc import EnrolmentServiceServicer
from trusted_party.api.attempts import OF_ADDRESS, OF_TOKEN, Attempts
from trusted_party.api.gate import CallContext, Gate, answering
from trusted_party.api.porch import Porch
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
    porch: Porch
    attempts: Attempts
    refused: SparseWarning

    async def Enrol(self, request: pb.EnrolRequest, context: CallContext) -> pb.EnrolResponse:
        """Exchange a token for a certificate."""
        async with answering(context), self._counted(context):
            asked = convert.enrolment_request_from_proto(request)
            token = hash_secret(asked.secret).hex()
            self.attempts.require("token", token, OF_TOKEN)
            try:
                issued = await self.enrolments.enrol(asked)
            except SynclineError:
                self.attempts.refused("token", token)
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

    async def Renew(self, request: pb.RenewRequest, context: CallContext) -> pb.RenewResponse:
        """Replace a certificate."""
        async with answering(context), self._counted(context):
            renewal = await self.enrolments.renew(convert.renewal_request_from_proto(request))
            await self.gate.refresh()
            return convert.renewal_to_proto(renewal)

    @asynccontextmanager
    async def _counted(self, context: CallContext) -> AsyncIterator[None]:
        """Refuse an address that was refused too often, and count and log what is refused."""
        address = self.porch.address_of(context.peer())
        self.attempts.require("address", address, OF_ADDRESS)
        try:
            yield
        except SynclineError as error:
            self.attempts.refused("address", address)
            if isinstance(error, IdentityError):
                self.refused.note(address=address, reason=str(error))
            raise
