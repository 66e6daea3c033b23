"""Messages of the EnrolmentService."""

from __future__ import annotations

from syncline.wire import strict
from syncline.wire.enrolment_messages import Enrolment, EnrolmentRequest, Renewal, RenewalRequest
from syncline.wire.gen.syncline.v1 import enrolment_pb2 as pb


def enrolment_request_to_proto(value: EnrolmentRequest) -> pb.EnrolRequest:
    """Render a request to enrol."""
    return pb.EnrolRequest(
        secret=value.secret,
        signing_request=value.signing_request,
        signing_key=value.signing_key,
        software_version=value.software_version,
        signing_proof=value.signing_proof,
    )


def enrolment_request_from_proto(message: pb.EnrolRequest) -> EnrolmentRequest:
    """Read a request to enrol."""
    return EnrolmentRequest(
        secret=strict.octets("secret", message.secret, 32),
        signing_request=strict.pem("signing_request", message.signing_request),
        signing_key=strict.octets("signing_key", message.signing_key, 32),
        software_version=strict.sentence("software_version", message.software_version, 64),
        signing_proof=strict.octets("signing_proof", message.signing_proof, 64),
    )


def enrolment_to_proto(value: Enrolment) -> pb.EnrolResponse:
    """Render what the hub gives to a side that enrolled."""
    return pb.EnrolResponse(
        certificate=value.certificate,
        authority=value.authority,
        name=value.name,
        role=value.role,
        hub_address=value.hub_address,
        hub_signing_key=value.hub_signing_key,
    )


def enrolment_from_proto(message: pb.EnrolResponse) -> Enrolment:
    """Read what the hub gave."""
    return Enrolment(
        certificate=strict.pem("certificate", message.certificate),
        authority=strict.pem("authority", message.authority),
        name=strict.party_name("name", message.name),
        role=strict.identifier("role", message.role),
        hub_address=strict.sentence("hub_address", message.hub_address, 300),
        hub_signing_key=strict.octets("hub_signing_key", message.hub_signing_key, 32),
    )


def renewal_request_to_proto(value: RenewalRequest) -> pb.RenewRequest:
    """Render a request for a new certificate."""
    return pb.RenewRequest(
        certificate=value.certificate, signing_request=value.signing_request, proof=value.proof
    )


def renewal_request_from_proto(message: pb.RenewRequest) -> RenewalRequest:
    """Read a request for a new certificate; an ECDSA signature over P-256 has at most 72 bytes."""
    return RenewalRequest(
        certificate=strict.pem("certificate", message.certificate),
        signing_request=strict.pem("signing_request", message.signing_request),
        proof=strict.bounded("proof", message.proof, 72),
    )


def renewal_to_proto(value: Renewal) -> pb.RenewResponse:
    """Render a new certificate."""
    return pb.RenewResponse(certificate=value.certificate, authority=value.authority)


def renewal_from_proto(message: pb.RenewResponse) -> Renewal:
    """Read a new certificate."""
    return Renewal(
        certificate=strict.pem("certificate", message.certificate),
        authority=strict.pem("authority", message.authority),
    )
