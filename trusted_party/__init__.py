"""The trusted party: the hub that suppliers and researchers dial, which merges answers and makes releases.

Rooms, from the outside in: ``cli`` wires everything, ``api`` answers calls, ``rounds`` drives studies and
``release`` publishes them, ``studies`` holds who takes part and what they decided, ``synthesis`` runs the
child process that computes, ``datastore`` keeps it all. The daemon never loads numpy, pyarrow or pandas:
whatever computes on answers is the child's work.
"""
