"""The fit as a chain of phases: each asks a round's questions and turns the answers into the next phase.

A phase is a frozen value that can be packed and unpacked, so that the hub may stop after any round and go
on from it.
"""
