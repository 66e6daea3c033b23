from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class EnrolRequest(_message.Message):
    __slots__ = ("secret", "signing_request", "signing_key", "software_version", "signing_proof")
    SECRET_FIELD_NUMBER: _ClassVar[int]
    SIGNING_REQUEST_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEY_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    SIGNING_PROOF_FIELD_NUMBER: _ClassVar[int]
    secret: bytes
    signing_request: bytes
    signing_key: bytes
    software_version: str
    signing_proof: bytes
    def __init__(self, secret: _Optional[bytes] = ..., signing_request: _Optional[bytes] = ..., signing_key: _Optional[bytes] = ..., software_version: _Optional[str] = ..., signing_proof: _Optional[bytes] = ...) -> None: ...

class EnrolResponse(_message.Message):
    __slots__ = ("certificate", "authority", "name", "role", "hub_address", "hub_signing_key")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    HUB_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    HUB_SIGNING_KEY_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    authority: bytes
    name: str
    role: str
    hub_address: str
    hub_signing_key: bytes
    def __init__(self, certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ..., name: _Optional[str] = ..., role: _Optional[str] = ..., hub_address: _Optional[str] = ..., hub_signing_key: _Optional[bytes] = ...) -> None: ...

class RenewRequest(_message.Message):
    __slots__ = ("certificate", "signing_request", "proof")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    SIGNING_REQUEST_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    signing_request: bytes
    proof: bytes
    def __init__(self, certificate: _Optional[bytes] = ..., signing_request: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...

class RenewResponse(_message.Message):
    __slots__ = ("certificate", "authority")
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    certificate: bytes
    authority: bytes
    def __init__(self, certificate: _Optional[bytes] = ..., authority: _Optional[bytes] = ...) -> None: ...
