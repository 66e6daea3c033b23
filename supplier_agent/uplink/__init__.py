"""The one outbound connection to the hub: attaching, heartbeats, transfers, renewal of the certificate.

Here alone do gRPC and protobuf appear. What never lives here: a decision about a study, a computation, a
listening port. Everything that arrives is decoded strictly by `syncline.wire` before it is looked at.
"""

import syncline.wire  # noqa: F401  # before gRPC, always: see the head of that package
