"""Who takes part and what they decided: enrolment, presence, submissions, decisions, replies, status.

Each module holds one thing that a member may do, as a function of domain values on the datastore; the
services in ``api`` call them and the engine in ``rounds`` acts on what they leave behind. No gRPC, no
computing.
"""
