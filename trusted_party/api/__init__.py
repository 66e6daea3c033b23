"""What others may call: three gRPC services on two servers, each call guarded.

A method does four things: it lets the caller in, reads the message, calls one function of an inner room, and
renders the result. Protobuf and gRPC appear in no other room of the hub; no rule about studies stands here.
"""

import syncline.wire  # noqa: F401  # before gRPC, always: see the head of that package
