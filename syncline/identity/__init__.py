"""Who is speaking: keys, certificates, enrolment tokens and signatures.

Here live the rules by which a hub issues certificates and everybody else checks them. Time comes in as an
argument, so that expiry can be tried without waiting. Nothing here opens a network connection, and no private
key, secret or token ever appears in a ``repr``, a log line or an error. Never import numpy, pyarrow, pandas
or gRPC here.
"""
